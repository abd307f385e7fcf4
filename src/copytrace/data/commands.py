"""Commands of other tools that download the same files."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from copytrace.stores import parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.data.dataset import Dataset, Mirror, Split

PLACEHOLDER = "s3://ADDRESS-FROM-THE-ORGANISER"
"""Placeholder if the description does not give the files' location."""


def download_commands(
    dataset: Dataset, mirror: Mirror, splits: Sequence[Split], output: str
) -> dict[str, list[str]]:
    """The commands to type, by name of the tool.

    Args:
        dataset: the dataset to download.
        mirror: the mirror to download from.
        splits: download only these, each with a folder of its own; everything if empty.
        output: the folder to fill.
    """
    base = parse_address(mirror.url or PLACEHOLDER, relative_to=dataset.home)
    folders = [split.folder.strip("/") for split in splits if split.folder] or [""]
    tools: dict[str, list[str]] = {}
    for folder in folders:
        source = str(base.below(folder))
        target = f"{output.rstrip('/')}/{folder}".rstrip("/") + "/"
        for tool, line in _lines(base.kind, source, target, dataset, mirror).items():
            tools.setdefault(tool, []).append(line)
    return tools


def s3_commands(
    source: str, target: str, *, region: str = "", endpoint: str | None = None, sign: bool = False
) -> dict[str, str]:
    """The AWS CLI and s5cmd commands that copy everything below an address in S3.

    >>> s3_commands("s3://bucket/a", "a/")["s5cmd"]
    "s5cmd --no-sign-request cp 's3://bucket/a/*' a/"
    """
    unsigned = [] if sign else ["--no-sign-request"]
    regional = ["--region", region] if region else []
    other = ["--endpoint-url", endpoint] if endpoint else []
    aws = ["aws", "s3", "cp", f"{source}/", target, "--recursive", *unsigned, *regional, *other]
    s5cmd = ["s5cmd", *unsigned, *other, "cp", f"{source}/*", target]
    return {"AWS CLI": shlex.join(aws), "s5cmd": shlex.join(s5cmd)}


def _lines(kind: str, source: str, target: str, dataset: Dataset, mirror: Mirror) -> dict[str, str]:
    if kind == "folder":
        return {"cp": shlex.join(["cp", "-R", f"{source}/.", target])}
    if kind == "http":
        wget = ["wget", "--recursive", "--no-parent", "--no-host-directories", "-P", target, f"{source}/"]
        return {"wget": shlex.join(wget)}
    return s3_commands(source, target, region=mirror.name, endpoint=mirror.endpoint, sign=dataset.sign)
