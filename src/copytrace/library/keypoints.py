"""Features of a library's pictures for lookups, kept from first use, or from the time of adding."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from copytrace.errors import InputError
from copytrace.library.picture_rows import ItemPictures, Sources
from copytrace.matching import VERIFIERS
from copytrace.pipelines.keypoint_file import open_keypoints
from copytrace.pipelines.keypoints import find_keypoints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copytrace.engines import Engine
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.records import Item
    from copytrace.progress import Progress
    from copytrace.records import Failure

_AT_ONCE = 1024


def add_keypoints(
    place: Place, catalogue: Catalogue, ids: Iterable[str], *, count: int, engine: Engine, progress: Progress
) -> list[Failure]:
    """Extract the features of items that have none yet.

    Args:
        place: the library.
        catalogue: its catalogue.
        ids: IDs of items, or of images that did not become items.
        count: number of IDs.
        engine: reads the pictures.
        progress: reports progress.

    Returns:
        The pictures that cannot be used.
    """
    verifier, sources, remaining = VERIFIERS[0], Sources(), iter(ids)
    failures: list[Failure] = []
    with (
        open_keypoints(place.keypoints, verifier.layout) as kept,
        progress.task("keypoints", count, "images") as bar,
    ):
        while some := list(islice(remaining, _AT_ONCE)):
            items = [item for item, _ in catalogue.known(some).values()]
            bar.advance(len(some) - len(items), earlier=True)
            pictures = ItemPictures(items, place.keypoints, sources)
            _, failed = find_keypoints(range(len(items)), pictures, kept, verifier, engine=engine, bar=bar)
            failures += failed
    return failures


def drop_keypoints(place: Place, catalogue: Catalogue, removed: Iterable[Item]) -> None:
    """Erase the features of removed items, unless another item has the same file."""
    if place.keypoints.exists():
        digests = {item.content_sha256 for item in removed}
        with open_keypoints(place.keypoints, VERIFIERS[0].layout) as kept:
            kept.drop(digest for digest in digests if not catalogue.has_digest(digest))


def drop_unused(place: Place, catalogue: Catalogue) -> None:
    """Erase the features of files that belong to no item."""
    if place.keypoints.exists():
        with open_keypoints(place.keypoints, VERIFIERS[0].layout) as kept:
            kept.keep_only(catalogue.digests())


def repair_keypoints(place: Place, catalogue: Catalogue) -> str | None:
    """Erase features that belong to no item, and a damaged file; return what is wrong with it, if anything."""
    try:
        drop_unused(place, catalogue)
    except InputError:
        place.keypoints.unlink()
        return "was damaged; lookups extract the features again"
    return None
