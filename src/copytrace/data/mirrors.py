"""Chooses a dataset's mirror: the one that the user names, or the fastest."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from copytrace.data.resolve import open_mirror, require_locations
from copytrace.errors import CopytraceError, DataError
from copytrace.stores import trouble_of

if TYPE_CHECKING:
    from copytrace.data.dataset import Dataset, Mirror
    from copytrace.progress import Progress
    from copytrace.stores import Store

AUTO = "auto"

_ROUNDS = 3
_PATIENCE = 5.0


def choose_mirror(dataset: Dataset, region: str, probe: str, progress: Progress) -> tuple[Mirror, Store]:
    """Choose the mirror to download from.

    Args:
        dataset: lists the mirrors.
        region: the name of one, or `auto`.
        probe: the path of a file that every mirror should have.
        progress: reports the measurements of `auto`.

    Raises:
        DataError: the mirror does not exist, or its address is unknown.
        CopytraceError: no mirror answers.
    """
    require_locations(dataset)
    mirrors = [mirror for mirror in dataset.mirrors if mirror.url]
    if region != AUTO:
        named = [mirror for mirror in mirrors if mirror.name in {region, ""}]
        if not named:
            names = ", ".join(mirror.name for mirror in mirrors)
            raise DataError(f"{dataset.name}: has no mirror '{region}'. Its mirrors: {names}.")
        return named[0], open_mirror(dataset, named[0])
    if len(mirrors) == 1:
        return mirrors[0], open_mirror(dataset, mirrors[0])
    stores = [open_mirror(dataset, mirror) for mirror in mirrors]
    waits = asyncio.run(_measure(stores, probe))
    fastest = min(range(len(mirrors)), key=lambda row: waits[row])
    told = ", ".join(f"{mirror.name} {_told(wait)}" for mirror, wait in zip(mirrors, waits, strict=True))
    if waits[fastest] == float("inf"):
        raise CopytraceError(
            f"{dataset.name}: none of its mirrors responds ({told}). Check your network connection."
        )
    progress.note(f"Region {mirrors[fastest]} responds fastest ({told}).")
    return mirrors[fastest], stores[fastest]


async def _measure(stores: list[Store], probe: str) -> list[float]:
    """The seconds each store takes to answer; infinite for one that does not."""
    return await asyncio.gather(*(_shortest(store, probe) for store in stores))


async def _shortest(store: Store, probe: str) -> float:
    """The shortest of several response times: the first request must connect, and any may be delayed by chance."""
    best = float("inf")
    try:
        async with asyncio.timeout(_PATIENCE):
            for _ in range(_ROUNDS):
                begun = time.perf_counter()
                if not await _answers(store, probe):
                    return float("inf")
                best = min(best, time.perf_counter() - begun)
    except TimeoutError:
        return best
    return best


async def _answers(store: Store, probe: str) -> bool:
    from obstore import head_async
    from obstore.exceptions import BaseError

    try:
        await head_async(store.objects, store.key(probe))
    except (BaseError, FileNotFoundError) as error:
        # A refusal comes as fast as a file would; whether the file exists is found out by the download.
        return not trouble_of(error).passing
    return True


def _told(seconds: float) -> str:
    return "no answer" if seconds == float("inf") else f"{seconds * 1000:.0f} ms"
