"""Pages that live at the root of the repository (changelog, security ...) link to each other as pages of the site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

_PAGE_OF_SITE = re.compile(r"\]\(docs/")
_PAGE_OF_REPOSITORY = re.compile(r"\]\((CHANGELOG|CODE_OF_CONDUCT|CONTRIBUTING|SECURITY)\.md")


def site_links(text: str) -> str:
    """Links of a file at the root, as a page of `docs/` that includes it writes them.

    >>> site_links("[one](docs/finding.md#candidates), [two](SECURITY.md)")
    '[one](finding.md#candidates), [two](security.md)'
    """
    text = _PAGE_OF_SITE.sub("](", text)
    return _PAGE_OF_REPOSITORY.sub(lambda link: f"]({link[1].lower().replace('_', '-')}.md", text)


def _rewrite(_app: Sphinx, _path: Path, _page: str, text: list[str]) -> None:
    text[0] = site_links(text[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("include-read", _rewrite)
    return {"parallel_read_safe": True}
