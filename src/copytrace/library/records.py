"""What a library tells of itself and of what it found."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from copytrace.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.records import Failure

Verdict = Literal["copy", "same_scene", "no_copy"]
"""What a person decided of a picture and an item."""


@dataclass(frozen=True)
class Settings:
    """What a library was created for; it never changes.

    Attributes:
        model: the descriptor, as it is named to load it: a name, or a folder with a network.
        model_name: its name in descriptor sets.
        model_sha256: digest of the model's file, or empty.
        quality: the quality at which it is used.
        background_sha256: digest of the background that a bias comes from, or empty.
        dims: dimensions of a vector, without the bias.
        biased: whether each image has a bias.
        threshold: squared distance up to which a pair is called a likely copy; None where none is known.
        threshold_source: where it comes from.
        ids: what IDs are made of: `path` or `stem`.
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


@dataclass(frozen=True)
class Item:
    """An image of a library.

    Attributes:
        id: its ID.
        path: where it lies: an absolute path, `shard.tar:member`, or a URL.
        source: the folder, list, tar file or URL that it was added from.
        relative: its path within the source.
        content_sha256: digest of its bytes.
        fingerprint: changes when the file is moved or replaced.
        bytes: the size of the file; None where that is not known.
        added_at: when it was added, in UTC (ISO 8601).
        metadata: what the owner says of it, such as licence and credit.
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


@dataclass(frozen=True)
class Hit:
    """An item that a picture may be a copy of.

    Attributes:
        id: the item.
        path: where it lies.
        score: minus the squared distance of the vectors, 0 for identical files; higher is more alike.
        likely_copy: whether the score reaches the threshold, or the files are identical.
        identical: whether both files are the same to the last byte; None where the query has no file.
        decision: what a person decided of this picture and this item before.
        metadata: what the owner says of the item.
    """

    id: str
    path: str
    score: float
    likely_copy: bool
    identical: bool | None
    decision: Verdict | None
    metadata: Mapping[str, Any]

    @property
    def uncertain(self) -> bool:
        """Whether a person should decide."""
        return self.decision is None and self.likely_copy and not self.identical


@dataclass(frozen=True)
class Lookup:
    """What a library holds that is like one picture.

    Attributes:
        query: what the picture is called.
        query_sha256: digest of its file; None for a picture or a vector from memory.
        hits: the nearest items, the most alike first.
    """

    query: str
    query_sha256: str | None
    hits: tuple[Hit, ...]

    @property
    def copies(self) -> tuple[Hit, ...]:
        """The hits that are likely copies."""
        return tuple(hit for hit in self.hits if hit.likely_copy)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dictionary for each hit."""
        return [{"query": self.query, **asdict(hit)} for hit in self.hits]

    def to_arrow(self) -> Any:  # noqa: ANN401 - pyarrow has no type information
        """A `pyarrow.Table` with a row for each hit; metadata as JSON."""
        import json

        import pyarrow as pa

        columns = {
            "query": pa.string(),
            "id": pa.string(),
            "path": pa.string(),
            "score": pa.float64(),
            "likely_copy": pa.bool_(),
            "identical": pa.bool_(),
            "decision": pa.string(),
            "metadata": pa.string(),
        }
        rows = [row | {"metadata": json.dumps(row["metadata"])} for row in self.to_dicts()]
        return pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is optional
        """A `pandas.DataFrame` with a row for each hit.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise MissingDependencyError("to_pandas needs pandas: pip install pandas")
        return self.to_arrow().to_pandas()


@dataclass(frozen=True)
class Changes:
    """What an addition or a synchronisation changed.

    Attributes:
        added: images that were not in the library.
        replaced: items whose file has changed, described again.
        moved: items whose file is the same and lies elsewhere now.
        unchanged: items that are as they were.
        removed: items that were removed.
        failures: images that could not be used, and why.
        left_out: pictures of the source that were left out, by kind; see `ImageList`.
    """

    added: int = 0
    replaced: int = 0
    moved: int = 0
    unchanged: int = 0
    removed: int = 0
    failures: tuple[Failure, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Changes) -> Changes:
        """What both changed, one after the other."""
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
    """What a library holds.

    Attributes:
        path: its folder.
        items: images that can be found.
        lost: items without a vector, since a file of the library was lost; see `Library.check`.
        segments: files with vectors.
        open_rows: items that are not in a segment yet.
        removed_rows: vectors in segments whose items were removed.
        bytes: the size of the folder.
        sources: how many items come from each source.
        settings: what it was created for.
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
    """What a check of a library found, and what it did about it.

    Attributes:
        items: items that were checked.
        damaged: files of the library that are missing or damaged, and what is wrong.
        rebuilt: items that were described again, since their vectors were lost.
        lost: items whose vectors are lost and whose image cannot be described again, and why.
        missing: items whose image is no longer at its path.
    """

    items: int
    damaged: tuple[Failure, ...]
    rebuilt: int
    lost: tuple[Failure, ...]
    missing: tuple[Failure, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with the library itself."""
        return not self.damaged and not self.lost
