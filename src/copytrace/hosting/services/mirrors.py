"""The commands that download a data set from a region, and an address for timing that region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from copytrace.data.commands import s3_commands

if TYPE_CHECKING:
    from copytrace.hosting.models import Dataset, Mirror


def fetch_commands(mirror: Mirror, dataset: Dataset) -> list[str]:
    """Commands that download a data set into a folder of its name; none while the mirror has no address.

    The address contains no shell metacharacters: the check of the challenge file ensures that.
    """
    if not mirror.url:
        return []
    source, target = f"{mirror.url.rstrip('/')}/{dataset.slug}", f"{dataset.slug}/"
    fetch = f"copytrace data get {source}/ -o {target}"
    if not source.startswith("s3://"):
        return [fetch]
    free, signed = (s3_commands(source, target, region=mirror.region, sign=sign) for sign in (False, True))
    return [free["AWS CLI"], signed["AWS CLI"], free["s5cmd"], fetch]


def probe_of(mirror: Mirror) -> str | None:
    """An address in the mirror's region that a browser can time; None if there is no safe one.

    For S3 it is the region's own endpoint, which shows how far away the region is without naming a bucket. The
    address becomes part of the page's security policy, so only plain host names are allowed.
    """
    if mirror.url.startswith("s3://"):
        known = re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]", mirror.region)
        return f"https://s3.{mirror.region}.amazonaws.com/ping" if known else None
    host = urlsplit(mirror.url).netloc
    return f"https://{host}/" if re.fullmatch(r"[a-z0-9.-]+(:[0-9]+)?", host) else None
