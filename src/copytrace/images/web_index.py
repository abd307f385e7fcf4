"""Finds the files in a web server's folder from its index pages."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import Request, urlopen

from copytrace.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.stores import Store

_MAX_PAGE_BYTES = 256 << 20
_MAX_FOLDERS = 100_000


def linked_files(store: Store, skips: Callable[[str], bool]) -> list[str]:
    """The paths of all files below the store's address, in order; links to other places are ignored.

    Args:
        store: the server.
        skips: whether to skip a path and everything below it.

    Raises:
        SourceError: a page cannot be read, or is not HTML.
    """
    base = str(store.address) + "/"
    files, seen, waiting = set[str](), {""}, [""]
    while waiting:
        folder = waiting.pop()
        for link in _links(urljoin(base, folder)):
            if not link.startswith(base) or urlsplit(link).query:
                continue
            path = link.removeprefix(base)
            if skips(unquote(path).rstrip("/")):
                continue
            if not path.endswith("/"):
                files.add(unquote(path))
            elif path not in seen and len(seen) < _MAX_FOLDERS:
                seen.add(path)
                waiting.append(path)
    return sorted(files)


def _links(url: str) -> list[str]:
    """The absolute targets of a page's links."""
    try:
        with urlopen(Request(url), timeout=60) as page:  # noqa: S310 - the address is http or https
            if page.headers.get_content_type() != "text/html":
                raise SourceError(
                    f"{url}: is not an index page, so its files cannot be listed. Expected a folder that the server "
                    "shows as a page, an image, or a shard (.tar, .tar.gz)."
                )
            text = page.read(_MAX_PAGE_BYTES).decode(page.headers.get_content_charset() or "utf-8", "replace")
    except OSError as error:
        raise SourceError(f"{url}: cannot be read: {error}.") from error
    parser = _Anchors()
    parser.feed(text)
    return [urljoin(url, target) for target in parser.targets]


class _Anchors(HTMLParser):
    """Collects the link targets of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the target of an anchor."""
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]
