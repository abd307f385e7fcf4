"""Checks a library, and repairs it as far as possible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import CopytraceError, InputError
from copytrace.images import list_images
from copytrace.library.additions import Addition
from copytrace.library.keypoints import repair_keypoints
from copytrace.library.records import Checked
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors import Choice, Model
    from copytrace.images import ImageFile
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.records import Item
    from copytrace.library.shelf import Shelf
    from copytrace.progress import Progress


def check_library(  # noqa: PLR0917 - passed on by its only caller
    place: Place,
    catalogue: Catalogue,
    shelf: Shelf,
    choice: Choice,
    model: Model,
    workers: int | None,
    progress: Progress,
) -> Checked:
    """Check every file, describe items with lost vectors again, and list those that cannot be described.

    Raises:
        CopytraceError: the catalogue itself is damaged.
    """
    faults = catalogue.faults()
    if faults:
        raise CopytraceError(f"{catalogue.path}: is damaged ({faults[0]}). Restore it from a backup.")
    damaged = shelf.repair(progress)
    if (problem := repair_keypoints(place, catalogue)) is not None:
        damaged.append(Failure(str(place.keypoints), problem))
    lost = {item.id: item for item in catalogue.lost()}
    reasons = _describe_again(catalogue, shelf, list(lost.values()), choice, model, workers, progress)
    still_lost = tuple(
        Failure(item.id, reasons.get(item.id, f"{item.path}: cannot be described again"))
        for item in catalogue.lost()
    )
    return Checked(
        items=catalogue.count() + len(still_lost),
        damaged=tuple(damaged),
        rebuilt=len(lost) - len(still_lost),
        lost=still_lost,
        missing=tuple(
            Failure(item.id, f"{item.path}: does not exist")
            for item in catalogue.items()
            if not _is_there(item)
        ),
    )


def _describe_again(  # noqa: PLR0917 - passed on by its only caller
    catalogue: Catalogue,
    shelf: Shelf,
    lost: list[Item],
    choice: Choice,
    model: Model,
    workers: int | None,
    progress: Progress,
) -> dict[str, str]:
    """Describe items with lost vectors again; return the reasons for failures, by ID."""
    reasons: dict[str, str] = {}
    for source in sorted({item.source for item in lost}):
        items = {item.relative: item for item in lost if item.source == source}
        try:
            images = list(_images_of(source, items))
        except InputError as error:
            reasons.update({item.id: str(error) for item in items.values()})
            continue
        changes = Addition(catalogue, shelf, source, images, choice, model).run(workers, progress)
        ids = {image.name: image.id for image in images}
        reasons.update({ids[failure.name]: failure.reason for failure in changes.failures})
    return reasons


def _images_of(source: str, items: dict[str, Item]) -> Iterator[ImageFile]:
    """The images of a source that were added as these items, under their IDs."""
    for image in list_images(source, ids="path"):
        if image.relative in items:
            yield replace(image, id=items[image.relative].id)


def _is_there(item: Item) -> bool:
    """Whether an item's file, or the tar file that contains it, exists; always true for URLs."""
    tar, ending, _ = item.path.partition(".tar:")
    return "://" in item.path or Path(item.path).exists() or bool(ending and Path(f"{tar}.tar").exists())
