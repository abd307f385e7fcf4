"""A Ray cluster on this machine that all tests of it share: a head that runs nothing, and nodes of one core."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}


class RayCluster:
    """A running cluster; nodes may be added and killed.

    Attributes:
        address: HOST:PORT.
    """

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self.address: str = cluster.address
        self._head = cluster.head_node
        self.nodes: list[Any] = []

    def add_node(self) -> None:
        self.nodes.append(self._cluster.add_node(**NODE))

    def kill_node(self) -> None:
        self._cluster.remove_node(self.nodes.pop(), allow_graceful=False)


@contextmanager
def ray_cluster() -> Iterator[RayCluster]:
    """Start a cluster of a head and two nodes, whose workers can import what tests define."""
    tests = Path(__file__).parent
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(tests), str(tests.parent), os.environ.get("PYTHONPATH", "")]
    )
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args=NODE | {"num_cpus": 0})
    try:
        cluster = RayCluster(started)
        cluster.add_node()
        cluster.add_node()
        yield cluster
    finally:
        import ray

        ray.shutdown()
        started.shutdown()
