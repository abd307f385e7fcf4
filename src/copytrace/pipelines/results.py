"""The pairs found by a search, as a sequence, a table, and HTML for a notebook."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self, TypeVar, overload

from copytrace.errors import ImageError, MissingDependencyError
from copytrace.images import load_thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.images import ImageFile
    from copytrace.reports.notebook import NotebookPicture

_ROWS_AT_ONCE = 4096


class Row(Protocol):
    """A pair among results."""

    def to_dict(self) -> dict[str, Any]:
        """All fields, in the form of JSON."""


AnyRow = TypeVar("AnyRow", bound=Row)


class Shown(NamedTuple):
    """The parts of a pair that a notebook shows: two names with their pictures, the verdict, and the reasons for it."""

    query: str
    query_file: ImageFile | None
    reference: str
    reference_file: ImageFile | None
    verdict: str
    reasons: str


class Results(Sequence[AnyRow]):
    """Pairs by descending probability; an index returns a pair, a slice returns results of the same type."""

    columns: ClassVar[Mapping[str, str]]
    """The columns of the table, and their types: `text`, `number`, `count` or `flag`."""

    @overload
    def __getitem__(self, index: int) -> AnyRow: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> AnyRow | Self:
        if isinstance(index, slice):
            return self._taken(range(len(self))[index])
        return self._row(range(len(self))[index])

    @property
    @abstractmethod
    def copies(self) -> Self:
        """The pairs that are likely copies."""

    @abstractmethod
    def summary(self) -> str:
        """The result in one sentence."""

    @abstractmethod
    def _row(self, position: int) -> AnyRow:
        """A pair."""

    @abstractmethod
    def _taken(self, positions: Sequence[int]) -> Self:
        """Some of the pairs."""

    @abstractmethod
    def _shown(self, position: int) -> Shown:
        """The parts of a pair that a notebook shows."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary per pair, in the form of JSON."""
        return [pair.to_dict() for pair in self]

    def to_rows(self) -> list[dict[str, Any]]:
        """One dictionary of texts and numbers per pair; lists, metadata and positions as JSON."""
        return list(map(_flat, self.to_dicts()))

    def to_arrow(self) -> Any:  # noqa: ANN401 - pyarrow has no type information
        """A `pyarrow.Table` with one row per pair, as in `to_rows`."""
        import pyarrow as pa

        types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "flag": pa.bool_()}
        schema = pa.schema([(name, types[kind]) for name, kind in self.columns.items()])
        batches = []
        for start in range(0, len(self), _ROWS_AT_ONCE):
            some = self[start : start + _ROWS_AT_ONCE]
            batches.append(pa.RecordBatch.from_pylist(some.to_rows(), schema=schema))
        return pa.Table.from_batches(batches, schema)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is optional
        """A `pandas.DataFrame` with one row per pair.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise MissingDependencyError("to_pandas needs pandas: pip install pandas")
        return self.to_arrow().to_pandas()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    def _repr_html_(self) -> str:
        from copytrace.reports.notebook import ROWS, NotebookPair, pairs_table

        pairs = [
            NotebookPair(
                _picture(shown.query, shown.query_file),
                _picture(shown.reference, shown.reference_file),
                shown.verdict,
                shown.reasons,
            )
            for shown in map(self._shown, range(min(ROWS, len(self))))
        ]
        return pairs_table(f"{self.summary()}.", pairs, more=len(self) - len(pairs))


def counted(count: int, singular: str, plural: str) -> str:
    """A number with a noun.

    >>> counted(1, "copy", "copies"), counted(1200, "copy", "copies")
    ('1 copy', '1,200 copies')
    """
    return f"{count:,} {singular if count == 1 else plural}"


def _picture(name: str, file: ImageFile | None) -> NotebookPicture:
    """A picture with a thumbnail, if it can still be read."""
    from copytrace.reports.notebook import SIDE, NotebookPicture

    try:
        return NotebookPicture(name, None if file is None else load_thumbnail(file, SIDE).jpeg)
    except ImageError:
        return NotebookPicture(name, None)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in row.items()
    }
