"""Metrics for Prometheus, in its text format (version 0.0.4)."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the duration buckets."""


class Metrics:
    """Counts requests and their durations; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._classes: dict[str, list[int]] = {}
        self._sums: defaultdict[str, float] = defaultdict(float)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a completed request."""
        with self._lock:
            self._requests[method, route, status] += 1
            classes = self._classes.setdefault(route, [0] * (len(SECONDS) + 1))
            classes[bisect_left(SECONDS, seconds)] += 1
            self._sums[route] += seconds

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All metrics.

        Args:
            gauges: present values: by name, the description and the value.
        """
        with self._lock:
            lines = [*self._counted(), *self._lasted()]
        for name, (meaning, value) in gauges.items():
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterable[str]:
        name = "copytrace_requests_total"
        yield f"# HELP {name} Completed requests."
        yield f"# TYPE {name} counter"
        for (method, route, status), count in sorted(self._requests.items()):
            yield f'{name}{{method="{method}",route="{route}",status="{status}"}} {count}'

    def _lasted(self) -> Iterable[str]:
        name = "copytrace_request_seconds"
        yield f"# HELP {name} Duration of requests."
        yield f"# TYPE {name} histogram"
        for route, classes in sorted(self._classes.items()):
            total = 0
            for bound, count in zip((*map(str, SECONDS), "+Inf"), classes, strict=True):
                total += count
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'{name}_sum{{route="{route}"}} {self._sums[route]:.6g}'
            yield f'{name}_count{{route="{route}"}} {total}'
