"""The manifest of a dataset: its files with their sizes and SHA-256.

A Parquet or CSV file with the columns `id`, `path`, `bytes`, `sha256` and `split`, see docs/data.md.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from copytrace.data.paths import first_clash, first_unsafe
from copytrace.errors import DataError
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copytrace.records import BoolArray, IndexArray

ENDINGS = (".parquet", ".csv")
"""File name extensions of manifests."""

_SCHEMA = pa.schema(
    {
        "id": pa.large_string(),
        "path": pa.large_string(),
        "bytes": pa.int64(),
        "sha256": pa.large_string(),
        "split": pa.large_string(),
    }
)
_COLUMNS = ", ".join(_SCHEMA.names)
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a dataset.

    Attributes:
        id: the file's ID in submissions: Q50000.
        path: its path within the dataset, with `/`.
        bytes: its size.
        sha256: its digest, 64 lower-case hexadecimal digits; empty if unknown.
        split: the part of the dataset that it belongs to: references, train, queries ...
    """

    id: str
    path: str
    bytes: int
    sha256: str
    split: str


class Manifest:
    """The files of a dataset, as columns: about 150 bytes of memory each.

    Every path is safe to write below a folder, and no two are the same.
    """

    def __init__(self, table: pa.Table, *, name: str) -> None:
        self._table = table.combine_chunks()
        self.name = name
        """The manifest's name in messages."""

    @property
    def table(self) -> pa.Table:
        """The columns."""
        return self._table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[Entry]:
        for entries in self.batches():
            yield from entries

    def batches(self, size: int = _BATCH) -> Iterator[list[Entry]]:
        """The entries in order, in batches."""
        for start in range(0, len(self), size):
            columns = self._table.slice(start, size).to_pydict()
            yield [Entry(*row) for row in zip(*columns.values(), strict=True)]

    def take(self, rows: IndexArray | BoolArray) -> Manifest:
        """The entries of some rows (k,), or those where a mask (n,) is true."""
        chosen = (
            self._table.filter(pa.array(rows)) if rows.dtype == bool else self._table.take(pa.array(rows))
        )
        return Manifest(chosen, name=self.name)

    @property
    def bytes(self) -> int:
        """The total size of all files."""
        return int(pc.sum(self._table["bytes"]).as_py() or 0)

    @property
    def has_digests(self) -> bool:
        """Whether the files' SHA-256 are known; those of a listing are not."""
        return len(self) == 0 or bool(self._table["sha256"][0].as_py())

    def splits(self) -> dict[str, tuple[int, int]]:
        """The number of files and their total bytes for each split, by name."""
        sums = (
            self._table.group_by("split").aggregate([("bytes", "count"), ("bytes", "sum")]).sort_by("split")
        )
        columns = (sums[name].to_pylist() for name in ("split", "bytes_count", "bytes_sum"))
        return {split: (count, size) for split, count, size in zip(*columns, strict=True)}


def make_manifest(entries: Iterable[Entry], *, name: str) -> Manifest:
    """Make a manifest from entries, checked as if it had been read.

    Raises:
        DataError: a path is not safe, or is repeated.
    """
    rows = list(entries)
    columns = {field.name: [getattr(row, field.name) for row in rows] for field in _SCHEMA}
    return _checked(pa.table(columns, schema=_SCHEMA), name, digests=all(row.sha256 for row in rows))


def read_manifest(path: Path, *, name: str | None = None) -> Manifest:
    """Read a manifest, Parquet or CSV by its extension.

    Args:
        path: the file.
        name: its name in messages, if it is a copy of something else.

    Raises:
        DataError: it is not a manifest, or a row is invalid: a path that could lead out of the folder, a negative
            size, no SHA-256, an ID repeated within a split.
    """
    name = name or str(path)
    try:
        if path.suffix.lower() == ".parquet":
            table = pa.parquet.read_table(path)
        else:
            convert = pa.csv.ConvertOptions(
                column_types={field.name: field.type for field in _SCHEMA}, strings_can_be_null=False
            )
            table = pa.csv.read_csv(path, convert_options=convert)
        missing = [column for column in _SCHEMA.names if column not in table.column_names]
        if missing:
            raise DataError(f"{name}: has no column {', '.join(missing)}; expected {_COLUMNS}.")
        table = table.select(_SCHEMA.names).cast(_SCHEMA)
    except (pa.ArrowException, OSError) as error:
        # A missing file has a reason of its own; Arrow explains what is wrong inside a file.
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError(f"{name}: {os.strerror(error.errno).lower()}.") from error
        raise DataError(
            f"{name}: is not a manifest ({str(error).splitlines()[0]}). Expected Parquet or CSV with {_COLUMNS}."
        ) from error
    return _checked(table, name)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest, Parquet or CSV by its extension.

    Raises:
        DataError: the name has another extension.
    """
    with whole_file(path) as temporary:
        match path.suffix.lower():
            case ".parquet":
                pa.parquet.write_table(manifest.table, temporary, compression="zstd")
            case ".csv":
                pa.csv.write_csv(manifest.table, temporary, pa.csv.WriteOptions(quoting_style="needed"))
            case ending:
                raise DataError(f"{path}: the extension is '{ending}'; expected .parquet or .csv.")


def join(old: Manifest, new: Manifest) -> Manifest:
    """The entries of both; if both have a path, that of `new`.

    Raises:
        DataError: they do not match, as an ID would be repeated within a split.
    """
    kept = old.table.filter(pc.invert(pc.is_in(old.table["path"], value_set=new.table["path"])))
    return _checked(pa.concat_tables([kept, new.table]), new.name)


def _checked(table: pa.Table, name: str, *, digests: bool = True) -> Manifest:
    manifest = Manifest(table, name=name)
    columns = {field.name: _one_chunk(manifest.table[field.name]) for field in _SCHEMA}
    for column, values in columns.items():
        if values.null_count:
            _refuse(name, pc.is_null(values), f"has no {column}")
    if unsafe := first_unsafe(columns["path"]):
        raise DataError(
            f"{name}: row {unsafe[0] + 1}: the path {columns['path'][unsafe[0]].as_py()!r} {unsafe[1]}. "
            "Nothing was downloaded. Ask the manifest's author for a correct one."
        )
    if clash := first_clash(columns["path"]):
        raise DataError(f"{name}: the path {clash}. Each file must have exactly one row.")
    _refuse(name, pc.less(columns["bytes"], 0), "has a negative size")
    _refuse(name, pc.equal(columns["id"], ""), "has an empty id")
    _refuse(name, pc.equal(columns["split"], ""), "has an empty split")
    if digests:
        good = pc.match_substring_regex(columns["sha256"], "^[0-9a-f]{64}$")
        _refuse(name, pc.invert(good), "has no SHA-256 of 64 lower-case hexadecimal digits")
    _refuse_repeated_ids(manifest)
    return manifest


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _refuse(name: str, bad: pa.BooleanArray, what: str) -> None:
    rows = pc.indices_nonzero(bad)
    if len(rows):
        more = f" {len(rows) - 1:,} more rows have the same fault." if len(rows) > 1 else ""
        raise DataError(f"{name}: row {rows[0].as_py() + 1} {what}.{more} Expected {_COLUMNS}.")


def _refuse_repeated_ids(manifest: Manifest) -> None:
    counts = manifest.table.group_by(["split", "id"]).aggregate([("path", "count")])
    repeated = counts.filter(pc.greater(counts["path_count"], 1))
    if repeated.num_rows:
        row = repeated.slice(0, 1).to_pylist()[0]
        raise DataError(
            f"{manifest.name}: the id {row['id']!r} appears {row['path_count']} times in the split "
            f"'{row['split']}'. IDs must be unique within a split."
        )
