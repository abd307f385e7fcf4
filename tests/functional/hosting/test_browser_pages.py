"""Every page on a phone: empty, full, with a long name, and with errors; the full ones on a desktop too.

The browser must report no errors, axe-core must find no serious problems, and no page may be wider than a phone.
COPYTRACE_SCREENSHOTS names a folder for screenshots, for people to look at: then, all pages are visited in both sizes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hosting_browser import (
    PHONE,
    PHOTOGRAPHS,
    SIZES,
    Person,
    make_organiser,
    register,
    remove_photographs,
)
from hosting_pages import page_addresses
from hosting_world import challenge_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Sizes = Mapping[str, tuple[Any, str]]

pytestmark = pytest.mark.needs("browser")

FILLER = Path(__file__).parents[3] / "benchmarks" / "full_site.py"
VALUES = {
    "slug": "small",
    "phase": "one",
    "track": "matching",
    "number": "1",
    # With 4 teams or 500, this one is scored and belongs to the first team, which is the player's.
    "submission_id": "501",
    "dataset": "queries",
}
ACCOUNT_PAGES = tuple(
    f"/accounts/{page}/"
    for page in (
        "email",
        "password/change",
        "reauthenticate",
        "confirm-email",
        "confirm-email/none",
        "inactive",
    )
)
DOWNLOADS = (".csv", "SUMS", "/live/")
NARROW = SIZES if PHOTOGRAPHS else {"360": PHONE}
"""Sizes for pages with little on them, which a desktop has room for."""


@pytest.fixture
def site(make_site) -> Any:
    """The first phase is closed and shows all scores; the second one is open."""
    content = challenge_content(datetime.now(UTC).replace(microsecond=0))
    day = timedelta(days=1)
    first, second = content["phases"]
    first["opens_at"], first["closes_at"] = (
        time - 2 * day for time in (first["opens_at"], first["closes_at"])
    )
    first["prizes"] = {"matching": ["$50,000", "$30,000"]}
    second["opens_at"] -= timedelta(hours=2)
    found = make_site(content=content)
    found.web()
    return found


def _people(
    browser: Any, site: Any, name: str, sizes: Sizes = NARROW
) -> Iterator[tuple[str, Person, Person]]:
    """For each size, a participant and an organiser who are signed in."""
    for size, look in sizes.items():
        remove_photographs(f"{name}-{size}-*.png")
        player, boss = Person(browser, site.address, look), Person(browser, site.address, look)
        player.sign_in("player")
        boss.sign_in("boss")
        yield size, player, boss


def _look(person: Person, name: str, address: str, *, closely: bool = True) -> list[str]:
    """The problems of a page."""
    person.photograph(name + address.strip("/").replace("/", "-"))
    found = [*person.complaints, *person.overflow(), *(person.faults() if closely else ())]
    person.complaints.clear()
    return [f"{address}: {fault}" for fault in found]


def _look_at_all(
    browser: Any, site: Any, name: str, sizes: Sizes, closely_at: str, more: Sequence[str] = ()
) -> list[str]:
    """The problems of every page at these sizes, and of more; axe-core, which is slow, checks one of the sizes."""
    faults = []
    addresses: dict[str, bool] = {}
    for size, player, boss in _people(browser, site, name, sizes):
        people = {True: boss, False: player}
        addresses = addresses or {
            address: organised
            for address in (*page_addresses(**VALUES), *more)
            if not address.endswith(DOWNLOADS)
            and people[organised := address.startswith("/organise/")].may_see(address)
        }
        for address, organised in addresses.items():
            people[organised].visit(address)
            faults += _look(people[organised], f"{name}-{size}-", address, closely=size == closely_at)
    assert len(addresses) >= 15
    return faults


def test_every_page_of_an_empty_site_is_fit_to_be_seen(site, browser):
    register(site, "player")
    make_organiser(site, "boss")
    assert _look_at_all(browser, site, "empty", NARROW, "360", ACCOUNT_PAGES) == []


def test_every_page_of_a_full_site_is_fit_to_be_seen(site, browser):
    # The player's team has a name of 60 characters.
    command = [sys.executable, str(FILLER), "small", "--submissions", "2000", "--teams", "500"]
    subprocess.run(command, env=site.environment, check=True)
    assert _look_at_all(browser, site, "full", SIZES, "1600") == []


ASKS = "main form[method=post]:has(input[required]:not([type=checkbox]), textarea[required])"
SEND_BLANK = """form => {
  form.noValidate = true;
  for (const field of form.querySelectorAll("input[required], textarea")) field.value = "";
  form.requestSubmit();
}"""


def test_every_page_in_error_is_fit_to_be_seen(site, browser):
    command = [sys.executable, str(FILLER), "small", "--submissions", "510", "--teams", "4"]
    subprocess.run(command, env=site.environment, check=True)
    faults = []
    for size, player, boss in _people(browser, site, "error"):
        for address in page_addresses(**VALUES):
            person = boss if address.startswith("/organise/") else player
            if address.endswith(DOWNLOADS) or not person.may_see(address):
                continue
            person.visit(address)
            if person.page.locator(ASKS).count():
                with person.page.expect_navigation():
                    person.page.locator(ASKS).first.evaluate(SEND_BLANK)
                assert person.page.locator(".faults, .errorlist, .note.error").count(), address
                faults += _look(person, f"error-{size}-form-", address)
        for address in ("/nowhere/", "/organise/"):
            player.visit(address)
            faults += _look(player, f"error-{size}-", address)
        faults += _expire(player, size)
    faults += _refuse(browser, site)
    faults += _break(site, boss)
    assert faults == []


def _expire(person: Person, size: str) -> list[str]:
    """A form is submitted after the session has ended."""
    person.visit("/accounts/password/change/")
    person.context.clear_cookies()
    person.page.locator("main form").first.evaluate(
        "form => { form.noValidate = true; form.requestSubmit(); }"
    )
    person.sees("Your session has expired")
    return _look(person, f"error-{size}-", "/session/")


SEND_LARGE = """form => {
  const file = Object.assign(document.createElement("input"), { type: "file", name: "file" });
  const chosen = new DataTransfer();
  chosen.items.add(new File([new Uint8Array(3e6)], "large.bin"));
  file.files = chosen.files;
  form.append(file);
  Object.assign(form, { enctype: "multipart/form-data", noValidate: true }).requestSubmit();
}"""
TRY_OFTEN = """async form => {
  const body = new FormData(form);
  for (let count = 0; count < 31; count += 1) await fetch(form.action || location.href, { method: "POST", body });
}"""


def _refuse(browser: Any, site: Any) -> list[str]:
    """Someone who is not signed in submits a file, and tries passwords."""
    faults = []
    for size, look in NARROW.items():
        person = Person(browser, site.address, look)
        person.visit("/accounts/login/")
        person.page.locator("main form").first.evaluate(SEND_LARGE)
        person.sees("The file is too large")
        faults += _look(person, f"error-{size}-", "/too-large/")
        person.visit("/accounts/login/")
        person.page.get_by_label("Username or e-mail address").fill("player")
        person.page.get_by_label(re.compile("^Password")).fill("wrong")
        person.page.locator("main form").first.evaluate(TRY_OFTEN)
        person.press("Sign in")
        person.sees("Too many attempts")
        faults += _look(person, f"error-{size}-", "/too-many/")
    return faults


def _break(site: Any, person: Person) -> list[str]:
    """The database is not in the state that the site expects."""
    site.execute("ALTER TABLE hosting_announcement RENAME TO hosting_announcement_gone")
    answer = person.visit("/organise/challenges/small/announcements/")
    assert answer is not None
    assert answer.status == 500
    person.sees("Something went wrong")
    return _look(person, "error-", "/mistake/")
