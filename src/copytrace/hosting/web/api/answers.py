"""Error responses of routes, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from copytrace.hosting.web.api.schemas import ProblemOut

REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 422, 429})


def answers(success: Any, status: int = 200) -> dict[Any, Any]:  # noqa: ANN401 - a schema or a list of one
    """The responses of a route: success and errors."""
    return {status: success, REFUSALS: ProblemOut}
