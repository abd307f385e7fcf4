"""Moves a library to another model while it serves its present vectors.

New vectors collect in a file of their own. Once every item has one, the library is locked, and one transaction of the
catalogue replaces settings and segments. A killed upgrade leaves the library as it was, and the next one resumes.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from copytrace.descriptors import descriptor_card, kept_model
from copytrace.descriptors.descriptor import DEFAULT_QUALITY
from copytrace.errors import InputError, LockedError
from copytrace.files import lock
from copytrace.library.catalogue import OPEN
from copytrace.library.creation import choice_of
from copytrace.library.keypoints import drop_keypoints
from copytrace.library.library_model import discard_files, keep_files, own_background, settings_of
from copytrace.library.picture_rows import Sources
from copytrace.library.segments import SEALED_AT, discard, new_segment
from copytrace.library.upgraded_rows import DescribedRows, open_upgraded_rows
from copytrace.library.uploads import delete_uploads
from copytrace.pipelines.chunks import describe_chunk, split
from copytrace.pipelines.on_device import engine_for, on_device
from copytrace.records import Failure
from copytrace.search import keep_block
from copytrace.vectors import map_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from copytrace.descriptors import Choice, Model
    from copytrace.engines import Engine
    from copytrace.images import ImageFile
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.records import Item, Settings
    from copytrace.library.upgraded_rows import UpgradedRows
    from copytrace.pipelines.chunks import Chunk, Part
    from copytrace.pipelines.on_device import AskedDevice
    from copytrace.progress import Bar, Progress

FEW = 256
"""At most this many images are described while the library is locked."""
PATIENCE = 60.0
"""Seconds to wait for other processes to finish their changes before the switch."""
_AT_ONCE = 1024


@dataclass(frozen=True)
class Upgraded:
    """The result of an upgrade.

    Attributes:
        model: the library's model now.
        described: number of images described by this call; others were by an interrupted one.
        removed: images that could not be described again and were removed, with reasons.
        changed: whether the library had another model before.
    """

    model: str
    described: int = 0
    removed: tuple[Failure, ...] = ()
    changed: bool = True


class IncompleteUpgradeError(InputError):
    """Images cannot be described again, so the library keeps its present vectors.

    Attributes:
        failures: the images, with reasons.
    """

    def __init__(self, message: str, failures: tuple[Failure, ...]) -> None:
        super().__init__(message)
        self.failures = failures


def upgrade_library(  # noqa: PLR0917 - passed on by its only caller
    place: Place,
    catalogue: Catalogue,
    changing: Callable[[], AbstractContextManager[None]],
    model: str | None,
    quality: str | None,
    background: Path | str | None,
    *,
    drop_missing: bool,
    device: AskedDevice,
    engine: Engine,
    progress: Progress,
) -> Upgraded:
    """Describe all items with another model; see `Library.upgrade`. `changing` locks the library."""
    present = catalogue.settings
    if present.store:
        raise InputError(
            f"{place.folder}: keeps its vectors in Milvus, where they cannot be replaced all at once. Create another "
            "library, with a new collection, and add the images to it: copytrace library create NEW --store ADDRESS"
        )
    choice = on_device(_choice(place, present, model, quality, background), device, progress)
    described_by = kept_model(choice)
    settings = replace(settings_of(choice, described_by, present.ids), keypoints=present.keypoints)
    with lock(place.upgrade, place.folder, "Wait until that upgrade ends."):
        file = place.upgrade / f"{settings.version}.sqlite"
        for other in place.upgrade.glob("*.sqlite"):
            if other != file:
                other.unlink()
        if settings.version == present.version:
            with changing(), catalogue.writing():
                # Its network may lie in another folder now.
                catalogue.change_settings(settings)
            shutil.rmtree(place.upgrade)
            return Upgraded(settings.model_name, changed=False)
        with open_upgraded_rows(file) as rows:
            upgrade = _Upgrade(place, catalogue, settings, choice, described_by, rows, engine, progress)
            while upgrade.describe() > FEW:
                pass
            # Before locking the library: changes should not wait for an upgrade that cannot be completed.
            upgrade.require_complete(drop_missing=drop_missing)
            with _patiently(changing):
                upgrade.describe()
                upgrade.require_complete(drop_missing=drop_missing)
                removed = upgrade.switch()
                shutil.rmtree(place.upgrade)
    return Upgraded(settings.model_name, upgrade.described, removed)


def _choice(
    place: Place, present: Settings, model: str | None, quality: str | None, background: Path | str | None
) -> Choice:
    """The new model. Without a background of its own, it keeps the owner's if that was fitted to it."""
    name = model or present.model
    card = descriptor_card(name)
    if quality is None:
        quality = present.quality if present.quality in card.qualities else DEFAULT_QUALITY
    made_by = (card.name, descriptor_card(name, quality).sha256, quality)
    if background is None and made_by == (present.model_name, present.model_sha256, present.quality):
        background = own_background(place, present)
    return choice_of(name, quality, background)


@contextmanager
def _patiently(changing: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Lock the library, waiting for short changes such as those of a service."""
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as locked:
        while True:
            try:
                locked.enter_context(changing())
            except LockedError:
                if time.monotonic() >= deadline:
                    raise
            else:
                break
            time.sleep(0.05)
        yield


@dataclass
class _Upgrade:
    """An upgrade in progress.

    Attributes:
        place: the library.
        catalogue: its catalogue.
        settings: the library's settings after the upgrade.
        choice: the new model, in the form that workers load.
        model: the new model.
        rows: images described so far.
        engine: describes the others.
        progress: reports progress.
        described: number of images described by this process.
    """

    place: Place
    catalogue: Catalogue
    settings: Settings
    choice: Choice
    model: Model
    rows: UpgradedRows
    engine: Engine
    progress: Progress
    described: int = 0
    _asked: dict[str, str] = field(default_factory=dict)
    _failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    _sources: Sources = field(default_factory=Sources)

    def describe(self) -> int:
        """Describe the items that have no new vector yet; returns the number of those tried."""
        tried = 0
        count = self.catalogue.count() + self.catalogue.count_lost()
        with self.progress.task(f"describe ({self.settings.model_name})", count, "images") as bar:
            chunks = split(self._to_describe(bar), self.choice, self.model)
            engine = engine_for(self.choice, self.engine)
            with closing(engine.map_unordered(describe_chunk, chunks)) as described:
                for chunk, part in described:
                    self._take(chunk, part)
                    tried += chunk.size
                    bar.advance(chunk.size)
        return tried

    def _to_describe(self, bar: Bar) -> Iterator[ImageFile]:
        last = ""
        while some := self.catalogue.digests_after(last, _AT_ONCE):
            last = some[-1][0]
            known = self.rows.known([item_id for item_id, _ in some])
            new = [
                item_id
                for item_id, digest in some
                if known.get(item_id) != digest and (item_id, digest) not in self._failures
            ]
            images = [self._image_of(item) for item, _ in self.catalogue.known(new).values()]
            there = [image for image in images if image is not None]
            digests = dict(some)
            self._asked.update((image.id, digests[image.id]) for image in there)
            bar.advance(len(some) - len(there), earlier=True)
            yield from there

    def _image_of(self, item: Item) -> ImageFile | None:
        """The image of an item, under its ID; None if it is gone, which is noted."""
        file = self._sources.file(item)
        if file is None:
            self._fail(item, "does not exist")
            return None
        return replace(file, id=item.id)

    def _fail(self, item: Item, reason: str) -> None:
        self._failures[item.id, item.content_sha256] = Failure(item.id, f"{item.path}: {reason}")

    def _take(self, chunk: Chunk, part: Part) -> None:
        """Keep new vectors; images that cannot be used or have changed since they were added are failures."""
        asked = {image.id: self._asked.pop(image.id) for image in chunk.images}
        # Other processes may have removed or replaced some; the next round describes the new ones.
        items = {
            item.id: item
            for item, _ in self.catalogue.known(list(asked)).values()
            if item.content_sha256 == asked[item.id]
        }
        reasons = {failure.name: failure.reason for failure in part.failures}
        for image in chunk.images:
            if image.name in reasons and image.id in items:
                self._fail(items[image.id], reasons[image.name])
        good = []
        for row, (item_id, digest) in enumerate(zip(part.ids, part.content_sha256, strict=True)):
            if item_id not in items:
                continue
            if items[item_id].content_sha256 == digest:
                good.append(row)
            else:
                self._fail(items[item_id], "has changed since it was added")
        described = DescribedRows(
            [part.ids[row] for row in good],
            [part.content_sha256[row] for row in good],
            part.vectors[good],
            None if part.bias is None else part.bias[good],
        )
        self.rows.put(described)
        self.described += len(good)
        # An item that was removed just before `put` was erased here too early.
        there = self.catalogue.known(described.ids)
        self.rows.drop(item_id for item_id in described.ids if item_id not in there)

    def _missing(self) -> dict[str, Failure]:
        """The items that cannot be described again, by ID."""
        ids = [item_id for item_id, _ in self._failures]
        return {
            item.id: self._failures[item.id, item.content_sha256]
            for item, _ in self.catalogue.known(ids).values()
            if (item.id, item.content_sha256) in self._failures
        }

    def require_complete(self, *, drop_missing: bool) -> None:
        """Refuse to continue if items would be lost.

        Raises:
            IncompleteUpgradeError: items cannot be described again, and may not be removed; or none can.
        """
        missing = self._missing()
        if not missing:
            return
        total = self.catalogue.count() + self.catalogue.count_lost()
        failures = tuple(missing.values())
        keeps = f"{self.place.folder}: keeps its present model"
        if len(missing) == total:
            raise IncompleteUpgradeError(
                f"{keeps}, since none of its {total:,} images can be read. Check that the disk with them is mounted.",
                failures,
            )
        if not drop_missing:
            raise IncompleteUpgradeError(
                f"{keeps}, since {len(missing):,} of its {total:,} images cannot be described again. Restore their "
                "files, or update the library (copytrace library sync or add --replace); then upgrade again. To "
                "remove these images from the library, add --drop-missing.",
                failures,
            )

    def switch(self) -> tuple[Failure, ...]:
        """Replace the library's settings and vectors; returns the items that it removed. The library is locked."""
        missing = self._missing()
        items = [item for item, _ in self.catalogue.known(list(missing)).values()]
        earlier = [segment.number for segment in self.catalogue.segments()]
        keep_files(self.place, self.settings, self.choice.background)
        with self.catalogue.writing():
            for item in items:
                self.catalogue.remove(item.id)
            for rows in self.rows.batches(SEALED_AT):
                self._write_segment(rows)
            for number in (OPEN, *earlier):
                self.catalogue.lose_segment(number)
            self.catalogue.change_settings(self.settings)
        self.catalogue.refresh()
        for number in earlier:
            discard(self.place, number)
        discard_files(self.place, self.settings)
        delete_uploads(self.place, self.catalogue, items)
        drop_keypoints(self.place, self.catalogue, items)
        return tuple(missing.values())

    def _write_segment(self, rows: DescribedRows) -> None:
        """Enter the new vectors of items as a segment, prepared for lookups."""
        known = self.catalogue.known(rows.ids)
        places = [
            row
            for row, (item_id, digest) in enumerate(zip(rows.ids, rows.content_sha256, strict=True))
            if item_id in known and known[item_id][0].content_sha256 == digest
        ]
        ids = [rows.ids[row] for row in places]
        items = [known[item_id][0] for item_id in ids]
        bias = None if rows.bias is None else rows.bias[places]
        segment = new_segment(self.place, self.catalogue, self.settings, (items, rows.vectors[places], bias))
        self.catalogue.close_segment(segment, ids, OPEN)
        if segment.rows:
            stem = self.place.codes_of(segment.number, segment.sha256)
            keep_block(map_vectors(self.place.segment(segment.number)), stem)
