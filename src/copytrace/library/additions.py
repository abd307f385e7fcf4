"""Updates a library with the images of a source."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copytrace.engines import LocalEngine
from copytrace.errors import ImageError, StrictError
from copytrace.library.catalogue import now
from copytrace.library.records import Changes, Item
from copytrace.pipelines.chunks import describe_chunk, fingerprint, note_incomplete, split
from copytrace.pipelines.on_device import engine_for
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from copytrace.descriptors import Choice, Model
    from copytrace.images import ImageFile, ImageList
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.shelf import Shelf
    from copytrace.pipelines.chunks import Chunk, Part
    from copytrace.progress import Bar, Progress

_LOOKED_UP_AT_ONCE = 1024


@dataclass
class Addition:
    """Adds the images that a library lacks, and describes others again on request.

    Attributes:
        catalogue: the library's catalogue.
        shelf: its vectors.
        source: where the images come from.
        images: the images.
        choice: the descriptor, in the form that workers load.
        model: the loaded descriptor.
        metadata: the owner's data on images, by ID.
        replace: describe an image again if its file has changed; otherwise it is a failure.
        heirs: items about to be removed, by the digest of their file; a new image with it inherits the metadata.
    """

    catalogue: Catalogue
    shelf: Shelf
    source: str
    images: Collection[ImageFile]
    choice: Choice
    model: Model
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    replace: bool = False
    heirs: Mapping[str, Item] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _failures: list[Failure] = field(default_factory=list)
    _warnings: list[Failure] = field(default_factory=list)

    def run(self, workers: int | None, progress: Progress, *, strict: bool = False) -> Changes:
        """Describe new images in chunks; each finished chunk is added to the library.

        Raises:
            StrictError: `strict`, and an image cannot be used.
        """
        with progress.task(f"describe ({self.model.card.name})", len(self.images), "images") as bar:
            chunks = split(self._to_describe(bar), self.choice, self.model)
            engine = engine_for(self.choice, LocalEngine(workers))
            with closing(engine.map_unordered(describe_chunk, chunks)) as described:
                for chunk, part in described:
                    self._refuse_if(part, strict=strict)
                    self._take(chunk, part)
                    bar.advance(chunk.size)
        note_incomplete(self._warnings, progress)
        return Changes(
            added=self._counts["added"],
            replaced=self._counts["replaced"],
            moved=self._counts["moved"],
            unchanged=self._counts["unchanged"],
            failures=tuple(self._failures),
        )

    def _refuse_if(self, part: Part, *, strict: bool) -> None:
        if strict and part.failures:
            raise StrictError(part.failures[0].name, part.failures[0].reason)
        self._failures.extend(part.failures)
        self._warnings.extend(part.warnings)

    def _to_describe(self, bar: Bar) -> Iterator[ImageFile]:
        """The images without a valid vector; all others are settled here."""
        remaining = iter(self.images)
        while images := list(islice(remaining, _LOOKED_UP_AT_ONCE)):
            known = self.catalogue.known([image.id for image in images])
            new = [
                image for image in images if not self._is_settled(image, *known.get(image.id, (None, False)))
            ]
            bar.advance(len(images) - len(new), earlier=True)
            yield from new

    def _is_settled(self, image: ImageFile, item: Item | None, has_vector: bool) -> bool:  # noqa: FBT001 - of a pair
        """Whether an image need not or must not be described."""
        if item is None or not has_vector:
            return False
        if fingerprint(image) == item.fingerprint and path_of(image) == item.path:
            self._update(item, self._metadata_of(item), "unchanged")
            return True
        if _digest_of(image) == item.content_sha256:
            moved = replace(
                self._new_item(image, item.content_sha256, fingerprint(image)), added_at=item.added_at
            )
            self._update(item, replace(moved, metadata=self._metadata_of(item).metadata), "moved")
            return True
        if not self.replace:
            self._failures.append(Failure(image.name, _why_not_replaced(image, item)))
        return not self.replace

    def _update(self, item: Item, updated: Item, count: str) -> None:
        if updated != item:
            with self.catalogue.writing():
                self.catalogue.update(updated)
        self._counts[count] += 1

    def _metadata_of(self, item: Item) -> Item:
        """The item with the owner's current data."""
        return replace(item, metadata={**item.metadata, **self.metadata.get(item.id, {})})

    def _new_item(self, image: ImageFile, digest: str, mark: str) -> Item:
        return Item(
            id=image.id,
            path=path_of(image),
            source=self.source,
            relative=image.relative,
            content_sha256=digest,
            fingerprint=mark,
            bytes=_size_of(image),
            added_at=now(),
        )

    def _take(self, chunk: Chunk, part: Part) -> None:
        """Add the described images to the library."""
        images = {image.id: image for image in chunk.images}
        known = self.catalogue.known(part.ids)
        items = []
        for row, image_id in enumerate(part.ids):
            item = self._new_item(images[image_id], part.content_sha256[row], part.fingerprints[row])
            earlier = known[image_id][0] if image_id in known else self.heirs.get(item.content_sha256)
            items.append(
                self._metadata_of(replace(item, metadata={} if earlier is None else earlier.metadata))
            )
        self.shelf.put((items, part.vectors, part.bias))
        self._counts["replaced"] += len(known)
        self._counts["added"] += len(part.ids) - len(known)


def gone(catalogue: Catalogue, listed: ImageList) -> list[Item]:
    """The items of a source whose image is no longer there.

    Images in a folder that could not be read may still be there.
    """
    there = {image.relative for image in listed}
    unread = [failure.name for failure in listed.failures]
    items = (item for item in catalogue.of_source(listed.source) if item.relative not in there)
    return [item for item in items if not any(_is_below(item.path, name) for name in unread)]


def path_of(image: ImageFile) -> str:
    """The location of an image: the path of its file, `shard.tar:member`, or its URL."""
    return image.path if image.size is None else image.name


def _why_not_replaced(image: ImageFile, item: Item) -> str:
    if path_of(image) == item.path:
        return "has changed since it was added. To describe it again, add --replace"
    return f"its ID {item.id!r} belongs to {item.path}. To replace that one, add --replace"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _digest_of(image: ImageFile) -> str:
    """The digest of an image's bytes; empty if it cannot be read."""
    try:
        return hashlib.sha256(image.read_bytes()).hexdigest()
    except ImageError:
        return ""


def _size_of(image: ImageFile) -> int | None:
    if image.size is not None or image.version:
        return image.size
    try:
        return Path(image.path).stat().st_size
    except OSError:
        return None
