"""Reads the JSON of a request within limits: a small body, nested no deeper than any request needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ninja.parser import Parser

from copytrace.hosting.services.problems import TooLarge, Unusable

if TYPE_CHECKING:
    from django.http import HttpRequest

LARGEST = 256 << 10
"""Bytes. The longest announcement takes 120,000 with every letter escaped."""

DEEPEST = 4
"""Maximum nesting of lists and objects."""


class BoundedParser(Parser):
    """Ninja's parser with limits."""

    def parse_body(self, request: HttpRequest) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The content of the body.

        Raises:
            TooLarge: it is too large.
            Unusable: it is not JSON, or nested too deeply.
        """
        if len(request.body) > LARGEST:
            raise TooLarge(f"The JSON body has {len(request.body):,} bytes; at most {LARGEST:,} are allowed.")
        try:
            content = json.loads(request.body)
        except RecursionError:
            content, fits = None, False
        except ValueError as error:
            raise Unusable(f"The body is not JSON: {error}") from error
        else:
            fits = _fits(content, DEEPEST)
        if not fits:
            raise Unusable(f"The JSON body is nested too deeply; at most {DEEPEST} levels are allowed.")
        return content


def _fits(content: object, levels: int) -> bool:
    if not isinstance(content, dict | list):
        return True
    children = content.values() if isinstance(content, dict) else content
    return levels > 0 and all(_fits(child, levels - 1) for child in children)
