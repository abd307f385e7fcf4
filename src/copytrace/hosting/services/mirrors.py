"""The commands by which a participant copies a data set from one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copytrace.hosting.models import Dataset, Mirror


def fetch_commands(mirror: Mirror, dataset: Dataset) -> list[str]:
    """Commands to copy a data set into a folder of its name; none while the mirror has no address.

    The address has no character that a shell would take for its own: the challenge file is judged for that.
    """
    if not mirror.url:
        return []
    source = f"{mirror.url.rstrip('/')}/{dataset.slug}/"
    fetch = f"copytrace data get {source} -o {dataset.slug}/"
    if not source.startswith("s3://"):
        return [fetch]
    return [
        f"aws s3 cp {source} {dataset.slug}/ --recursive --region {mirror.region} --no-sign-request",
        f"aws s3 cp {source} {dataset.slug}/ --recursive --region {mirror.region}",
        f"s5cmd --no-sign-request cp '{source}*' {dataset.slug}/",
        fetch,
    ]
