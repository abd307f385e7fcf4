"""Reads an image from an S3 bucket or a web server."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from copytrace.errors import ImageError
from copytrace.stores import Address, Store, open_store, parse_address, trouble_of

TRIES = 5
"""Attempts per request; the library waits longer between attempts each time."""


def version_of(size: int, etag: str | None, modified: datetime) -> str:
    """What tells an image at a URL from a later one of the same name: its size, ETag and time."""
    # By the protocol, a weak ETag (W/...) never matches, so the time is used instead.
    strong = etag if etag and not etag.startswith("W/") else ""
    return f"{size} {modified.timestamp():.0f} {strong}"


def open_source(address: Address) -> Store:
    """Open the bucket or server of an address.

    S3 requests are signed if the environment names keys or a profile; otherwise they are anonymous.
    """
    signed = any(os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"))
    return open_store(address, sign=signed, tries=TRIES)


@cache
def _root_of(address: Address) -> Store:
    """One store for all images of a bucket or server, since it holds the connections."""
    return open_source(address)


def read_remote(url: str, version: str, max_bytes: int) -> bytes:
    """All bytes of an image, if it is still the version that was listed.

    Raises:
        ImageError: it is missing, was replaced, cannot be read, or has too many bytes.
    """
    from obstore import get
    from obstore.exceptions import BaseError

    address = parse_address(url)
    store = _root_of(Address(address.kind, address.root, ""))
    size, modified, etag = version.split(" ", 2)
    if int(size) > max_bytes:
        raise ImageError(url, f"has {int(size):,} bytes; the limit is {max_bytes:,}")
    unchanged: Any = (
        {"if_match": etag} if etag else {"if_unmodified_since": datetime.fromtimestamp(int(modified), UTC)}
    )
    try:
        return bytes(get(store.objects, address.key, options=unchanged).bytes())
    except (BaseError, OSError) as error:
        raise ImageError(url, trouble_of(error).reason) from error
