"""Records of a library and its results."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from copytrace.matching import VERDICT_COLUMNS, Judged, verdict_json
from copytrace.matching.verdict import POSSIBLE
from copytrace.pipelines.results import Results, Shown, counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from copytrace import matching
    from copytrace.images import ImageFile
    from copytrace.records import Failure

Verdict = Literal["copy", "same_scene", "no_copy"]
"""A person's decision about a picture and an item."""


@dataclass(frozen=True)
class Settings:
    """The settings that a library was created with; only an upgrade changes them, and only those of the model.

    Attributes:
        model: the descriptor to load: a name, or a folder with a network.
        model_name: its name in descriptor sets.
        model_sha256: digest of the model's file, or empty.
        quality: the quality used.
        background_sha256: digest of the background that a bias comes from, or empty.
        dims: dimensions of a vector, without the bias.
        biased: whether each image has a bias.
        threshold: squared distance up to which a pair is called a likely copy; None if unknown.
        threshold_source: origin of the threshold.
        ids: the kind of IDs: `path` or `stem`.
        keypoints: whether the features that lookups compare are extracted when images are added, not on first use.
        store: the address of the Milvus collection with the vectors; empty if they are in the folder.
        store_key: identifies the collection as this library's.
    """

    model: str
    model_name: str
    model_sha256: str
    quality: str
    background_sha256: str
    dims: int
    biased: bool
    threshold: float | None
    threshold_source: str
    ids: Literal["path", "stem"]
    keypoints: bool = False
    store: str = ""
    store_key: str = ""

    @property
    def version(self) -> str:
        """Identifies what makes the vectors: the model's file, its quality and background."""
        made_by = self.model_sha256 or self.model_name, self.quality, self.background_sha256, str(self.dims)
        return hashlib.sha256("\0".join(made_by).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Item:
    """An image of a library.

    Attributes:
        id: its ID.
        path: its location: an absolute path, `shard.tar:member`, or a URL.
        source: the folder, list, tar file or URL that it was added from.
        relative: its path within the source.
        content_sha256: digest of its bytes.
        fingerprint: changes when the file is moved or replaced.
        bytes: size of the file; None if unknown.
        added_at: time of adding, in UTC (ISO 8601).
        metadata: the owner's data on it, such as licence and credit.
    """

    id: str
    path: str
    source: str
    relative: str
    content_sha256: str
    fingerprint: str
    bytes: int | None
    added_at: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Hit(Judged):
    """An item that a picture may be a copy of.

    Attributes:
        id: the item.
        path: its location.
        score: minus the squared distance of the vectors, 0 for identical files; higher is more alike.
        likely_copy: whether the probability reaches the threshold; without verification, whether the score does or
            the files are identical.
        identical: whether both files are the same to the last byte; None if the query has no file.
        decision: a person's earlier decision about this picture and this item.
        metadata: the owner's data on the item.
        judgement: the verdict, its probability and likelihood ratio; None without verification.
        compared: whether the two pictures were compared; without a picture, the verdict is "unclear".
        evidence: the mapping between the pictures and what agrees with it; None without a mapping.
        explanation: the position of each picture in the other, and the likely edits; None without a mapping.
        item: the item itself.
    """

    id: str
    path: str
    score: float
    likely_copy: bool
    identical: bool | None
    decision: Verdict | None
    metadata: Mapping[str, Any]
    judgement: matching.Judgement | None = None
    compared: bool = False
    evidence: matching.Evidence | None = None
    explanation: matching.Explanation | None = None
    item: Item | None = None

    def __repr__(self) -> str:
        score = self.in_words() or f"score {self.score:.4g}"
        return f"<Hit {self.id}: {score}>"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "id": self.id,
            "path": self.path,
            "score": self.score,
            "likely_copy": self.likely_copy,
            **verdict_json(self.judgement, self.evidence, self.explanation),
            "compared": self.compared,
            "identical": self.identical,
            "decision": self.decision,
            "metadata": dict(self.metadata),
        }

    @property
    def uncertain(self) -> bool:
        """Whether a person should decide: the pictures were compared, and the result is neither clearly yes nor no."""
        if self.decision is not None or not self.compared or self.judgement is None:
            return False
        # Pictures that show too little to tell are "unclear", however improbable a copy is.
        possible = self.judgement.verdict == "unclear" and self.judgement.probability >= POSSIBLE
        return possible or self.judgement.verdict in {"probable", "same_scene"}


class FindsPictures(Protocol):
    """Finds the pictures of items where they lie now."""

    def file(self, item: Item) -> ImageFile | None:
        """The picture of an item; None if it is not there any more."""


COLUMNS = {
    "query": "text",
    "id": "text",
    "path": "text",
    "score": "number",
    "likely_copy": "flag",
    **VERDICT_COLUMNS,
    "compared": "flag",
    "decision": "text",
    "metadata": "text",
}
"""The columns of hits in a table, and their types."""


@dataclass(frozen=True, eq=False, repr=False)
class Lookup(Results[Hit]):
    """The result of looking up a picture: a sequence of hits.

    Attributes:
        query: the picture's name.
        query_sha256: digest of its file; None for a picture or a vector from memory.
        hits: most probable copies first; without verification, by descending score.
        verified: whether the pictures were compared. Vectors alone cannot be.
        image: the picture; None for a vector.
        sources: finds the pictures of items.
    """

    columns = COLUMNS

    query: str
    query_sha256: str | None
    hits: tuple[Hit, ...]
    verified: bool = False
    image: ImageFile | None = None
    sources: FindsPictures | None = None

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def copies(self) -> Self:
        """The hits that are likely copies."""
        return replace(self, hits=tuple(hit for hit in self.hits if hit.likely_copy))

    def summary(self) -> str:
        """The result in one sentence."""
        copies = counted(len(self.copies), "likely copy", "likely copies")
        return f"{self.query}: {copies} among {counted(len(self), 'item', 'items')}"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "query": self.query,
            "query_sha256": self.query_sha256,
            "verified": self.verified,
            "hits": [hit.to_dict() for hit in self.hits],
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary per hit."""
        return [{"query": self.query, **hit.to_dict()} for hit in self.hits]

    def _row(self, position: int) -> Hit:
        return self.hits[position]

    def _taken(self, positions: Sequence[int]) -> Self:
        return replace(self, hits=tuple(self.hits[position] for position in positions))

    def _shown(self, position: int) -> Shown:
        hit = self.hits[position]
        file = self.sources.file(hit.item) if self.sources and hit.item else None
        verdict = hit.in_words() or ("likely copy" if hit.likely_copy else "no copy")
        return Shown(self.query, self.image, hit.id, file, verdict, hit.reasons())


@dataclass(frozen=True)
class Changes:
    """The changes of an addition or a synchronisation.

    Attributes:
        added: images that were not in the library.
        replaced: items whose file has changed, described again.
        moved: items whose file is unchanged but has moved.
        unchanged: items that have not changed.
        removed: items that were removed.
        failures: images that could not be used, and why.
        left_out: skipped pictures of the source, by kind; see `ImageList`.
    """

    added: int = 0
    replaced: int = 0
    moved: int = 0
    unchanged: int = 0
    removed: int = 0
    failures: tuple[Failure, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Changes) -> Changes:
        """The combined changes of both, one after the other."""
        return Changes(
            added=self.added + other.added,
            replaced=self.replaced + other.replaced,
            moved=self.moved + other.moved,
            unchanged=self.unchanged + other.unchanged,
            removed=self.removed + other.removed,
            failures=self.failures + other.failures,
            left_out=Counter(self.left_out) + Counter(other.left_out),
        )


@dataclass(frozen=True)
class Stats:
    """Statistics of a library.

    Attributes:
        path: its folder.
        items: number of images that can be found.
        lost: items without a vector because a file of the library was lost; see `Library.check`.
        segments: files with vectors.
        open_rows: items that are not in a segment yet.
        removed_rows: vectors in segments whose items were removed.
        bytes: size of the folder.
        sources: number of items from each source.
        settings: the settings it was created with.
    """

    path: Path
    items: int
    lost: int
    segments: int
    open_rows: int
    removed_rows: int
    bytes: int
    sources: Mapping[str, int]
    settings: Settings


@dataclass(frozen=True)
class Checked:
    """The results of checking and repairing a library.

    Attributes:
        items: number of items checked.
        damaged: missing or damaged files of the library, and what is wrong.
        rebuilt: items described again because their vectors were lost.
        lost: items with lost vectors whose image cannot be described again, and why.
        missing: items whose image is no longer at its path.
    """

    items: int
    damaged: tuple[Failure, ...]
    rebuilt: int
    lost: tuple[Failure, ...]
    missing: tuple[Failure, ...]

    @property
    def sound(self) -> bool:
        """Whether the library itself is sound."""
        return not self.damaged and not self.lost
