"""Adds to the theme's pages what screen readers and keyboards need: heading levels, names of landmarks, focus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BETTER = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="This page">',
    '<th class="head"><p></p></th>': "<td></td>",
    # Of a data frame in the notebook.
    "<th></th>": "<td></td>",
    # Code that is wider than its box scrolls, with arrow keys as well.
    "<pre>": '<pre tabindex="0">',
    # So do tables.
    '<div class="table-wrapper colwidths-auto docutils container">': (
        '<div class="table-wrapper colwidths-auto docutils container" tabindex="0">'
    ),
    '<div id="search-results"></div>': '<div id="search-results"><h1>Search</h1></div>',
}


def accessible(page: str) -> str:
    """The HTML of a page with these additions; nothing is added twice.

    >>> accessible(accessible("<pre>copytrace find</pre>"))
    '<pre tabindex="0">copytrace find</pre>'
    >>> "<h1>" in accessible(accessible('<div id="search-results"></div>'))
    True
    """
    for plain, better in _BETTER.items():
        page = page.replace(plain, better)
    return page


def _improve(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            page = path.read_text(encoding="utf-8")
            path.write_text(accessible(page), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("build-finished", _improve)
    return {"parallel_read_safe": True}
