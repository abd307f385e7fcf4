"""The documentation site in a real browser: a page of each kind on a light desktop and a dark phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = Path(__file__).parents[2] / "build" / "docs"
PAGES = ("index.html", "host-guide.html", "duplicates.html", "commands/find-copies.html", "api/library.html")
"""The landing page, a guide, a how-to, verbs with their options, and classes with their methods."""

pytestmark = [pytest.mark.needs("browser"), pytest.mark.needs("documentation")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    from hosting_browser import launch

    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()


def test_axe_finds_nothing_on_pages_of_each_kind(browser: Any) -> None:
    from hosting_browser import ALL, DESKTOP, PHONE, Person

    faults = {}
    # The dark phone takes only the pages with the most elements.
    for size, pages in ((DESKTOP, PAGES), (PHONE, PAGES[-2:])):
        person = Person(browser, f"{SITE.as_uri()}/", size)
        for page in pages:
            person.visit(page)
            faults[page, size[1]] = person.faults(ALL) + person.overflow()
    assert {where: found for where, found in faults.items() if found} == {}
