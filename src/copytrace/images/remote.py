"""Finds the images at a URL: below a prefix of an S3 bucket, or in the index pages of a web server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from copytrace.errors import SourceError
from copytrace.images.formats import EXTENSIONS, ending_of
from copytrace.images.remote_bytes import open_source, version_of
from copytrace.images.web_index import linked_files
from copytrace.stores import Address, Store, trouble_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images.list_builder import ImageListBuilder

_AT_ONCE = 64


def find_at(address: Address, found: ImageListBuilder) -> list[str]:
    """Find the images below a URL.

    In S3, everything below the prefix is listed, except hidden files, as in a folder. On a web server, index pages
    are read (as Apache, nginx and `python -m http.server` write them), and the size and time of each image are
    requested.

    Returns:
        The paths of the tar files found.

    Raises:
        SourceError: the URL cannot be listed.
    """
    store = open_source(address)
    if address.kind == "s3":
        paths = _list_bucket(store, found)
    else:
        paths = linked_files(store, found.skips)
        asyncio.run(_ask(store, [path for path in paths if ending_of(path) in EXTENSIONS], found))
        for path in paths:
            if ending_of(path) not in EXTENSIONS:
                found.offer(path)
    return sorted(path for path in paths if ".tar" in path.lower() or path.lower().endswith(".tgz"))


def find_one_at(address: Address, found: ImageListBuilder) -> None:
    """Add the one image that a URL names."""
    asyncio.run(_ask(open_source(address.folder), [address.name], found))


def _list_bucket(store: Store, found: ImageListBuilder) -> list[str]:
    """Offer every object below the prefix; return the paths of possible shards."""
    from obstore import list as list_objects
    from obstore.exceptions import BaseError

    base, others = store.address.key, []
    try:
        for page in list_objects(store.objects, base or None):
            for thing in page:
                path = thing["path"].removeprefix(base).lstrip("/")
                if not path or found.skips(path):
                    continue
                if ending_of(path) not in EXTENSIONS:
                    others.append(path)
                found.offer(path, version=version_of(thing["size"], thing["e_tag"], thing["last_modified"]))
    except (BaseError, OSError) as error:
        raise SourceError(f"{store.address}: cannot be listed: {trouble_of(error).reason}.") from error
    return others


async def _ask(store: Store, paths: Sequence[str], found: ImageListBuilder) -> None:
    """Request the size and time of each image, many at once; offer them in order."""
    from obstore import head_async
    from obstore.exceptions import BaseError

    free = asyncio.Semaphore(_AT_ONCE)

    async def one(path: str) -> str | Exception:
        async with free:
            try:
                meta = await head_async(store.objects, store.key(path))
            except (BaseError, OSError) as error:
                return error
            return version_of(meta["size"], meta["e_tag"], meta["last_modified"])

    for path, answer in zip(paths, await asyncio.gather(*map(one, paths)), strict=True):
        if isinstance(answer, str):
            found.add(path, version=answer)
        else:
            found.fail(path, trouble_of(answer).reason)
