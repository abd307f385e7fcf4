"""Writes descriptor sets piece by piece; memory does not grow with the number of images."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import numpy as np

from copytrace.errors import DescriptorError
from copytrace.files import whole_file
from copytrace.records import MAX_DIMS
from copytrace.vectors.faults import shown
from copytrace.vectors.hdf5 import create_hdf5
from copytrace.vectors.id_rules import path_problem, repeats, unusable_ids
from copytrace.vectors.text_column import TextColumn
from copytrace.vectors.vectors import blocks, check_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    import h5py

    from copytrace.records import Descriptors, Float32Array

_ROWS_A_CHUNK = 1024
_DIGEST = re.compile("[0-9a-f]{64}")


class DescriptorSetWriter:
    """Writes a descriptor set as vectors arrive; the file appears when the block ends without an error.

    The datasets are the same however the rows are split into appends.
    ::

        with DescriptorSetWriter(Path("set.h5"), model="pdq") as writer:
            writer.append(["Q1", "Q2"], vectors)

    Args:
        path: the file to write.
        model: name of the descriptor.
        model_sha256: digest of the model's file, if it has one.
        copytrace_version: version of copytrace that describes the images.
        quality: quality setting of the descriptor.
        background_sha256: digest of the background that produced the bias, if there is one.
        source: folder, list or URL of the images, if known.
        device: device the descriptor runs on, `cpu` or `cuda`.
        rows: number of vectors, if known in advance; they are then stored contiguously, so they can be mapped.
    """

    def __init__(
        self,
        path: Path,
        *,
        model: str,
        model_sha256: str = "",
        copytrace_version: str = "",
        quality: str = "",
        background_sha256: str = "",
        source: str = "",
        device: str = "",
        rows: int | None = None,
    ) -> None:
        self._path = path
        self._expected = rows
        self._attributes = {
            "model": model,
            "model_sha256": model_sha256,
            "copytrace_version": copytrace_version,
            "quality": quality,
            "background_sha256": background_sha256,
            "source": source,
            "device": device,
        }
        self._texts: dict[str, TextColumn] = {}
        self._datasets: dict[str, h5py.Dataset] = {}
        self._rows = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            temporary = stack.enter_context(whole_file(self._path))
            self._folder = temporary.parent
            self._file = stack.enter_context(create_hdf5(temporary))
            for name, text in self._attributes.items():
                self._file.attrs[name] = text
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._stack.__exit__(kind, error, traceback)
            return
        with self._stack:
            if not self._rows:
                raise DescriptorError(f"{self._path}: not written, because there are no vectors.")
            if self._expected not in (None, self._rows):
                raise DescriptorError(
                    f"{self._path}: not written: got {self._rows:,} vectors, expected {self._expected:,}."
                )
            for name, column in self._texts.items():
                column.write(self._file, name)

    def append(
        self,
        ids: Sequence[str],
        vectors: Float32Array,
        bias: Float32Array | None = None,
        *,
        paths: Sequence[str] | None = None,
        content_sha256: Sequence[str] | None = None,
        fingerprints: Sequence[str] | None = None,
        tiles: Float32Array | None = None,
    ) -> None:
        """Write more rows. Give each optional column in all appends or in none.

        Args:
            ids: n IDs, distinct over all appends (reading refuses a set with repeats).
            vectors: (n, d) finite numbers, with the same d in all appends; d <= 256, or 255 with a bias.
            bias: (n,) finite numbers >= 0.
            paths: paths of the n images, relative to the source, or URLs; 1 to 4096 bytes of UTF-8.
            content_sha256: SHA-256 of the n files' bytes, in 64 lower-case hexadecimal digits.
            fingerprints: short ASCII texts that change when the files change, made without reading them.
            tiles: (n, t, d) finite numbers, the vectors of t parts of each image.

        Raises:
            DescriptorError: the columns do not match each other or earlier appends, or an ID, a path, a digest or a
                number cannot be used. Nothing of this append is written.
        """
        columns = {"vectors": np.asarray(vectors, np.float32)}
        if bias is not None:
            columns["bias"] = np.asarray(bias, np.float32)
        if tiles is not None:
            columns["tiles"] = np.asarray(tiles, np.float32).reshape(-1, tiles.shape[-1])
        optional = {"paths": paths, "content_sha256": content_sha256, "fingerprints": fingerprints}
        texts = {"ids": ids} | {name: column for name, column in optional.items() if column is not None}
        self._check_shapes(texts, columns)
        self._check_content(texts, columns)
        if not self._datasets:
            self._create(texts, columns)
        for name, column in texts.items():
            self._texts[name].append(column)
        for name, values in columns.items() if ids else ():
            self._write(name, values, len(ids))
        self._rows += len(ids)

    def _check_shapes(self, texts: dict[str, Sequence[str]], columns: dict[str, Float32Array]) -> None:
        count, vectors = len(texts["ids"]), columns["vectors"]
        most_dims = MAX_DIMS - ("bias" in columns)
        if vectors.ndim != 2 or len(vectors) != count or not 1 <= vectors.shape[1] <= most_dims:  # noqa: PLR2004 - rows, dims
            raise self._unfit(
                f"the vectors are {vectors.shape}; expected ({count}, 1 to {most_dims}) for {count} IDs"
            )
        if columns.get("bias", np.empty(count)).shape != (count,):
            raise self._unfit(f"the bias is {columns['bias'].shape}; expected ({count},)")
        self._check_tiles(columns)
        for name, column in texts.items():
            if len(column) != count:
                raise self._unfit(f"there are {len(column)} {name} for {count} IDs; expected one each")
        if self._expected is not None and self._rows + count > self._expected:
            raise self._unfit(f"expected {self._expected:,} rows in total")
        if not self._datasets:
            return
        if ("bias" in self._datasets) != ("bias" in columns):
            raise self._unfit("there is a bias in some appends and none in others; expected all or none")
        for name in self._texts.keys() ^ texts.keys():
            raise self._unfit(f"some appends have {name} and others do not; expected all or none")
        if self._datasets["vectors"].shape[1] != vectors.shape[1]:
            before = self._datasets["vectors"].shape[1]
            raise self._unfit(
                f"the vectors have {vectors.shape[1]} dimensions after {before} before; expected one number"
            )

    def _check_tiles(self, columns: dict[str, Float32Array]) -> None:
        """Refuse tiles with other dimensions than the vectors, or with a different number per image."""
        vectors, tiles = columns["vectors"], columns.get("tiles", np.empty((0, columns["vectors"].shape[1])))
        of_each = len(tiles) // max(1, len(vectors))
        if of_each * len(vectors) != len(tiles) or tiles.shape[1] != vectors.shape[1]:
            raise self._unfit(
                f"the tiles are {tiles.shape} for the vectors {vectors.shape}; expected the same number for each image"
            )
        before = self._datasets.get("tiles")
        if self._datasets and (
            ("tiles" in columns) != (before is not None)
            or (
                before is not None
                and len(vectors)
                and len(before) != of_each * (self._expected or self._rows)
            )
        ):
            raise self._unfit("the number of tiles differs between appends; expected the same for each image")

    def _check_content(self, texts: dict[str, Sequence[str]], columns: dict[str, Float32Array]) -> None:
        ids = texts["ids"]
        for row, problem in unusable_ids(ids):
            raise self._unfit(f"the ID {shown(ids[row])} {problem}")
        for row, path in enumerate(texts.get("paths", ())):
            if fault := path_problem(path):
                raise self._unfit(f"the path {shown(path)} of {shown(ids[row])} {fault}")
        for row, digest in enumerate(texts.get("content_sha256", ())):
            if not _DIGEST.fullmatch(digest):
                raise self._unfit(f"the digest {shown(digest)} of {shown(ids[row])} is not a SHA-256")
        check_values(columns["vectors"], ids, str(self._path))
        if not np.isfinite(columns.get("tiles", 0)).all():
            raise self._unfit("a tile is not finite; describe its image again or exclude it")
        bias = columns.get("bias", np.empty(0, np.float32))
        if not (np.isfinite(bias) & (bias >= 0)).all():
            raise self._unfit("a bias is negative or not finite; expected finite numbers, at least 0")

    def _unfit(self, problem: str) -> DescriptorError:
        return DescriptorError(f"{self._path}: cannot add rows: {problem}.")

    def _create(self, texts: dict[str, Sequence[str]], columns: dict[str, Float32Array]) -> None:
        for name in texts:
            self._texts[name] = self._stack.enter_context(TextColumn(self._folder))
        for name, values in columns.items():
            shape = values.shape[1:]
            growing = {"maxshape": (None, *shape), "chunks": (_ROWS_A_CHUNK, *shape)}
            self._datasets[name] = self._file.create_dataset(
                name,
                ((self._expected or 0) * (len(values) // max(1, len(columns["vectors"]))), *shape),
                np.float32,
                **({} if self._expected else growing),
            )

    def _write(self, name: str, values: Float32Array, count: int) -> None:
        """Write the rows of some images: one per image, or one per tile."""
        dataset = self._datasets[name]
        each = len(values) // count
        if not self._expected:
            dataset.resize((self._rows + count) * each, axis=0)
        dataset[self._rows * each : (self._rows + count) * each] = values


def write_descriptors(path: Path, descriptors: Descriptors) -> None:
    """Write a whole descriptor set; `read_descriptors` returns the same.

    Raises:
        DescriptorError: as `DescriptorSetWriter.append`, or the set is empty, or an ID is repeated.
    """
    if len(descriptors.ids) != len(descriptors.vectors):
        counts = f"{len(descriptors.ids):,} IDs and {len(descriptors.vectors):,} vectors"
        raise DescriptorError(f"{path}: not written: got {counts}; expected one ID per vector.")
    for image_id, count in repeats(descriptors.ids)[:1]:
        raise DescriptorError(f"{path}: not written: the ID {shown(image_id)} appears {count} times.")
    with DescriptorSetWriter(
        path,
        model=descriptors.model,
        model_sha256=descriptors.model_sha256,
        copytrace_version=descriptors.copytrace_version,
        quality=descriptors.quality,
        background_sha256=descriptors.background_sha256,
        source=descriptors.source,
        device=descriptors.device,
    ) as writer:
        for start, block in blocks(descriptors.vectors):
            rows = slice(start, start + len(block))
            bias = None if descriptors.bias is None else descriptors.bias[rows]
            paths = None if descriptors.paths is None else descriptors.paths[rows]
            digests = None if descriptors.content_sha256 is None else descriptors.content_sha256[rows]
            writer.append(descriptors.ids[rows], block, bias, paths=paths, content_sha256=digests)
