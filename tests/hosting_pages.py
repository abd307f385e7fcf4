"""The addresses of the host's pages, from its own table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator


def page_addresses(**values: str) -> list[str]:
    """All addresses of pages that accept GET, from the site's own table, with values for parameters."""
    found = []
    for route in _routes(get_resolver("copytrace.hosting.web.pages.routes").url_patterns):
        parameters = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if set(parameters) <= set(values):
            found.append(re.sub(r"<(?:\w+:)?(\w+)>", lambda name: values[name[1]], route))
    return found


def _routes(patterns: Any, start: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = start + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes(pattern.url_patterns, route)
