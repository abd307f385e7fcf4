"""A list that reads and converts only the requested page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet


class Listed:
    """Rows of a query; a function converts those of a page when it is sliced."""

    def __init__(self, rows: QuerySet[Any], show: Callable[[Any], dict[str, Any]]) -> None:
        self._rows = rows
        self._show = show

    def __len__(self) -> int:
        return self._rows.count()

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        return [self._show(row) for row in self._rows[page]]
