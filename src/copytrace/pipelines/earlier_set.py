"""The descriptor set of an earlier run: what is still valid when its images are described again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import DescriptorError
from copytrace.files import REPLACE, is_stream
from copytrace.pipelines.chunks import Part, fingerprint
from copytrace.vectors import is_descriptor_file, open_descriptors, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.descriptors import Model
    from copytrace.images import ImageFile, ImageList
    from copytrace.records import IndexArray
    from copytrace.vectors import Header, StoredDescriptors

_ROWS_AT_ONCE = 1024
GONE = -1


class EarlierSet:
    """An earlier set of the same source and model, with the images that the source has now.

    Args:
        stored: the set.
        images: the present images.

    Attributes:
        rows: (n,) the row of each image in the set; `GONE` for new or changed images.
    """

    def __init__(self, stored: StoredDescriptors, images: ImageList) -> None:
        self._stored = stored
        self._images = images
        self.rows = _find([fingerprint(image) for image in images], stored.fingerprints or [])

    @property
    def kept(self) -> int:
        """The number of unchanged images."""
        return int(np.count_nonzero(self.rows != GONE))

    def new_images(self) -> Iterator[ImageFile]:
        """The images to describe, in order."""
        return (self._images[row] for row in np.flatnonzero(self.rows == GONE).tolist())

    def is_all_there_is(self) -> bool:
        """Whether the unchanged images are the whole set, with the same IDs."""
        ids = [id_ for id_, row in zip(self._images.ids, self.rows.tolist(), strict=True) if row != GONE]
        return len(ids) == len(self._stored) and ids == list(self._stored.ids)

    def count_removed(self) -> int:
        """The number of images of the set that are no longer in the source."""
        if self.kept == len(self._stored):
            return 0
        return len(set(self._stored.paths or ()).difference(image.relative for image in self._images))

    def parts(self) -> Iterator[Part]:
        """The unchanged images with their vectors, in the order of the images."""
        for start in range(0, len(self._images), _ROWS_AT_ONCE):
            rows = self.rows[start : start + _ROWS_AT_ONCE]
            images = self._images[start : start + _ROWS_AT_ONCE]
            kept = [image for image, row in zip(images, rows.tolist(), strict=True) if row != GONE]
            if kept:
                yield self._part(kept, rows[rows != GONE])

    def _part(self, images: Sequence[ImageFile], rows: IndexArray) -> Part:
        stored = self._stored
        vectors = np.empty((len(rows), stored.dims), np.float32)
        count = stored.tiles_per_image
        tiles = None if stored.tiles is None else np.empty((len(rows), count, stored.dims), np.float32)
        digests, fingerprints = np.empty(len(rows), "O"), np.empty(len(rows), "O")
        # Few of these runs are read, since both sides are in the order of their IDs.
        for start in (np.unique(rows // _ROWS_AT_ONCE) * _ROWS_AT_ONCE).tolist():
            run = slice(start, start + _ROWS_AT_ONCE)
            here = np.flatnonzero((rows >= run.start) & (rows < run.stop))
            within = rows[here] - start
            vectors[here] = stored.vectors[run][within]
            if tiles is not None and stored.tiles is not None:
                there = stored.tiles[run.start * count : run.stop * count]
                tiles[here] = there.reshape(-1, count, stored.dims)[within]
            for column, texts in ((digests, stored.content_sha256), (fingerprints, stored.fingerprints)):
                column[here] = np.array((texts or [])[run], "O")[within]
        return Part(
            ids=[image.id for image in images],
            vectors=vectors,
            bias=None if stored.bias is None else stored.bias[rows],
            paths=[image.relative for image in images],
            content_sha256=digests.tolist(),
            fingerprints=fingerprints.tolist(),
            tiles=tiles,
        )


def check_earlier_set(output: Path, source: str, model: Model) -> None:
    """Refuse to refresh a file that is not a set of this source and model.

    Raises:
        DescriptorError: it is something else, contains other images, or was described with another model.
    """
    if is_stream(output) or not output.exists():
        return
    if not is_descriptor_file(output):
        raise DescriptorError(f"{output}: already exists and is not a descriptor set. {REPLACE}")
    header = read_header(output)
    again = "To describe all images again, add --replace."
    if not header.source:
        raise DescriptorError(f"{output}: does not record its source, so it cannot be refreshed. {again}")
    if header.source != source:
        raise DescriptorError(
            f"{output}: contains the images of {header.source}, not of {source}. Name another output. {REPLACE}"
        )
    _require_same_model(output, header, model, again)


@contextmanager
def open_earlier_set(
    output: Path, images: ImageList, model: Model, tiles: int = 0
) -> Iterator[EarlierSet | None]:
    """Open the set at `output` to refresh it; None if there is none.

    Raises:
        DescriptorError: as `check_earlier_set`, or it has a different number of tiles.
    """
    check_earlier_set(output, images.source, model)
    if is_stream(output) or not output.exists():
        yield None
        return
    with open_descriptors(output) as stored:
        if stored.tiles_per_image != tiles:
            raise DescriptorError(
                f"{output}: was described with --tiles {stored.tiles_per_image}. To refresh it, use the same number. "
                "To describe all images again, add --replace."
            )
        yield EarlierSet(stored, images)


def _require_same_model(output: Path, header: Header, model: Model, again: str) -> None:
    card = model.card
    if (header.model, header.quality) != (card.name, card.quality):
        raise DescriptorError(
            f"{output}: was described with the model '{header.model}' (quality '{header.quality}'), not "
            f"'{card.name}' (quality '{card.quality}'). To refresh it, add --model {header.model} "
            f"--quality {header.quality}. {again}"
        )
    if header.model_sha256 != card.sha256:
        raise DescriptorError(
            f"{output}: was described with another file of the model '{card.name}'. {again}"
        )
    if (made_on := header.device or "cpu") != model.device:
        raise DescriptorError(
            f"{output}: was described on the device '{made_on}', not on '{model.device}'. To refresh it, add --device "
            f"{made_on}. {again}"
        )
    if header.background_sha256 != model.background_sha256:
        raise DescriptorError(
            f"{output}: was described with another background. To refresh it, name that one: --background BANK.npz. "
            f"{again}"
        )


def _find(wanted: Sequence[str], there: Sequence[str]) -> IndexArray:
    """(n,) the position of each fingerprint among others, `GONE` if absent."""
    if not there:
        return np.full(len(wanted), GONE, np.int64)
    known, asked = np.array(there, "S"), np.array(wanted, "S")
    order = np.argsort(known, kind="stable")
    places = order[np.minimum(np.searchsorted(known, asked, sorter=order), len(known) - 1)]
    return np.where(known[places] == asked, places, GONE)
