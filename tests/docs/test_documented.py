"""Everything that users can do is documented where they look for it."""

from __future__ import annotations

import re
from pathlib import Path

import flowcharts
import pytest
from command_reference import inline
from repository_pages import site_links

import copytrace
from copytrace.cli.commands import COMMANDS, GROUPS
from copytrace.descriptors import DESCRIPTORS

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(SITE.rglob("*.md"))]
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
QUALITY = TEXTS[SITE / "quality.md"]
MADE_BY_THE_BUILD = SITE / "generated"

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def _blocks(page: Path, directive: str) -> list[list[str]]:
    found = re.findall(rf"^```{re.escape(directive)}\n(.*?)^```$", TEXTS[page], re.DOTALL | re.MULTILINE)
    return [[line for line in block.splitlines() if line and not line.startswith(":")] for block in found]


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts and the site generate them."""
    text = re.sub(r"^```.*?^```$", "", TEXTS[page], flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_verb_has_its_place_in_the_reference_of_the_command_line() -> None:
    pages = [page for page in PAGES if page.parent == SITE / "commands"]
    named = [
        name for page in pages for block in _blocks(page, "{commands}") for name in " ".join(block).split()
    ]
    assert sorted(named) == sorted(command.name for command in (*COMMANDS, *GROUPS))


def test_options_in_help_texts_are_code_so_that_their_hyphens_stay() -> None:
    shown = [(type(part).__name__, part.astext()) for part in inline("Implies --queries-only; see `find`.")]
    assert shown == [
        ("Text", "Implies "),
        ("literal", "--queries-only"),
        ("Text", "; see "),
        ("literal", "find"),
        ("Text", "."),
    ]


def test_every_public_name_has_its_place_in_the_reference_of_the_api() -> None:
    named = re.findall(r"^\.\. auto\w+:: (\w+)$", TEXTS[SITE / "api" / "verbs.md"], re.MULTILINE)
    assert sorted([*named, "Library", "__version__"]) == copytrace.__all__


@pytest.mark.parametrize("name", [card.name for card, _ in DESCRIPTORS])
def test_the_quality_of_every_descriptor_is_written_down(name: str) -> None:
    assert f"| {name} |" in QUALITY


@every_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", TEXTS[page]):
        target = (page.parent / link).resolve() if link else page
        assert target.exists() or MADE_BY_THE_BUILD in target.parents, f"no such page: {link}"
        assert not anchor or anchor in _anchors(target), f"no such heading: {link}#{anchor}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=lambda page: page.name)
def test_the_site_shows_every_page_of_the_repository_with_links_of_its_own(page: Path) -> None:
    if page.name == "README.md":  # The landing page replaces it.
        return
    shown = SITE / f"{page.stem.lower().replace('_', '-')}.md"
    assert _blocks(shown, f"{{include}} ../{page.name}") == [[]]
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", site_links(TEXTS[page])):
        assert (SITE / link).exists(), link


def test_every_page_of_the_site_is_in_a_table_of_contents() -> None:
    listed = {SITE / "index"}
    for page in PAGES:
        listed |= {page.parent / name for block in _blocks(page, "{toctree}") for name in block}
    pages = {page.with_suffix("") for page in (*PAGES, *SITE.glob("*.ipynb")) if SITE in page.parents}
    assert pages == listed


@every_page
def test_flowcharts_can_be_drawn(page: Path) -> None:
    for lines in _blocks(page, "mermaid"):
        chart = flowcharts.parse(lines)
        places = flowcharts.places(chart)
        assert len(set(places.values())) == len(chart.texts)
        assert all(places[start][1] < places[end][1] for start, end, _ in chart.edges)
