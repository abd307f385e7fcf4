"""Texts of a column, kept as Arrow read them: building a list of Python strings would take longer than reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator


class ArrowTexts(Sequence[str]):
    """An Arrow array of n strings as a sequence; each becomes a Python string on access.

    >>> import pyarrow as pa
    >>> texts = ArrowTexts(pa.array(["Q1", "Q2", "Q3"]))
    >>> len(texts), texts[-1], texts[:2] == ["Q1", "Q2"], "Q2" in texts
    (3, 'Q3', True, True)
    """

    __hash__ = None  # type: ignore[assignment]  # Like a list, to which it may be equal.

    def __init__(self, array: Any) -> None:  # noqa: ANN401 - pyarrow ships no types
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[str]:
        return iter(self._array.to_pylist())

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> ArrowTexts: ...
    def __getitem__(self, index: int | slice) -> str | ArrowTexts:
        if isinstance(index, slice):
            return ArrowTexts(self._array[index])
        text: str = self._array[index].as_py()
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(list(self))

    def __arrow_array__(self, type: Any = None) -> Any:  # noqa: A002, ANN401 - pyarrow calls it so
        """The array itself, for `pyarrow.array(texts)`."""
        return self._array if type is None else self._array.cast(type)
