"""A Ray cluster on this machine: a head that runs no tasks, and nodes of one core that can be killed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from copytrace.engines import RayEngine
from copytrace.engines.ray import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
_HEAD = _NODE | {"num_cpus": 0, "no_monitor": True, "include_log_monitor": False}


class RayCluster:
    """A running cluster.

    Attributes:
        address: HOST:PORT.
    """

    def __init__(self, cluster: Any) -> None:
        self.address: str = cluster.address
        self._cluster = cluster
        self._nodes = [cluster.add_node(**_NODE) for _ in range(2)]

    def replace_node(self) -> None:
        """Kill a node with everything that runs on it, and add another one."""
        self._cluster.remove_node(self._nodes.pop(), allow_graceful=False)
        self._nodes.append(self._cluster.add_node(**_NODE))


@contextmanager
def ray_cluster() -> Iterator[RayCluster]:
    """Run a cluster until the block ends."""
    os.environ.update(SETTINGS)
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=_HEAD)
    try:
        yield RayCluster(cluster)
    finally:
        ray.shutdown()
        cluster.shutdown()


class Losing(RayEngine):
    """Loses a node after the first result of its first run; another node then joins."""

    def __init__(self, cluster: RayCluster, *, ships: bool = False) -> None:
        super().__init__(address=cluster.address, ships=ships)
        self._cluster: RayCluster | None = cluster

    def map_unordered(self, work: Callable[[Any], Any], tasks: Any, **how: Any) -> Generator[tuple[Any, Any]]:
        for done in super().map_unordered(work, tasks, **how):
            yield done
            if self._cluster is not None:
                self._cluster.replace_node()
                self._cluster = None
