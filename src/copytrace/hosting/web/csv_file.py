"""A table as a CSV file for the browser to save."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 500
"""Lines to send at once: the server sends each piece separately."""


def csv_file(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """A response with these lines, as a file of this name."""
    answer = StreamingHttpResponse(_blocks(lines), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    while block := "".join(islice(lines, _BLOCK)):
        yield block
