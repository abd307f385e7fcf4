"""Addresses of files: `s3://bucket/prefix`, `https://host/prefix`, or a path on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from copytrace.errors import SourceError

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")


@dataclass(frozen=True)
class Address:
    """The location of a file or a folder.

    Attributes:
        kind: `s3`, `http` (https too) or `folder`.
        root: what a store is opened for: the bucket, the server (`https://host:port`), or "/".
        key: the path below the root, without a leading or trailing slash; no part is `.` or `..`.
    """

    kind: Literal["s3", "http", "folder"]
    root: str
    key: str

    def __str__(self) -> str:
        match self.kind:
            case "s3":
                return f"s3://{self.root}/{self.key}".rstrip("/")
            case "http":
                return f"{self.root}/{quote(self.key)}".rstrip("/")
            case _:
                return f"/{self.key}"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.key.rpartition("/")[2]

    @property
    def folder(self) -> Address:
        """The folder of this address; the root's is the root."""
        return Address(self.kind, self.root, self.key.rpartition("/")[0])

    def below(self, relative: str) -> Address:
        """The address of a path below this one."""
        return Address(self.kind, self.root, "/".join(part for part in (self.key, relative) if part))


def is_remote(text: str) -> bool:
    """Whether a text is a URL rather than a local path.

    >>> is_remote("s3://bucket/photos"), is_remote("C:/photos"), is_remote("photos")
    (True, False, False)
    """
    found = _SCHEME.match(text)
    return found is not None and found[1].lower() != "file"


def parse_address(text: str, *, relative_to: Address | None = None) -> Address:
    """Parse an address.

    Args:
        text: a URL, or a path; a relative path starts at `relative_to`, or at the working folder.
        relative_to: the folder of a description, whose mirrors may be relative.

    Raises:
        SourceError: the URL is of an unsupported kind, or is incomplete.

    >>> str(parse_address("s3://bucket/queries/"))
    's3://bucket/queries'
    >>> str(parse_address("../b", relative_to=parse_address("https://host/data/a")))
    'https://host/data/b'
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _from_path(text, relative_to)
    parts = urlsplit(text)
    match scheme[1].lower():
        case "s3" if parts.netloc:
            # A key may contain ? and #, which have a meaning in web addresses only.
            bucket, _, key = text[scheme.end() :].partition("/")
            return Address("s3", bucket, _plain(key))
        case ("http" | "https") as kind if parts.netloc:
            if parts.query or parts.fragment:
                raise SourceError(
                    f"{text}: file addresses cannot contain ? or #. Remove it and what follows."
                )
            return Address("http", f"{kind}://{parts.netloc}", _plain(unquote(parts.path)))
        case "file":
            return _from_path(unquote(parts.path), None)
    raise SourceError(
        f"{text}: is not a supported address. Expected s3://BUCKET/PREFIX, https://HOST/PREFIX or a folder."
    )


def _from_path(text: str, relative_to: Address | None) -> Address:
    if relative_to is None or text.startswith("/"):
        return Address("folder", "/", _plain(Path(text).expanduser().absolute().as_posix()))
    return Address(relative_to.kind, relative_to.root, _plain(f"{relative_to.key}/{text}"))


def _plain(path: str) -> str:
    """The path without empty parts and `.`, and with `..` resolved; it cannot leave the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
