"""A person at a browser: a real Chromium, controlled through what is visible on the page."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from copytrace.client import Host
from hosting_site import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Playwright, Response

    from hosting_site import Site

# Without the parts that show windows, pages cost half as much processor time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(sys.prefix, "axe", "node_modules", "axe-core", "axe.min.js")
PHOTOGRAPHS = os.environ.get("COPYTRACE_SCREENSHOTS")
"""The folder for screenshots, for people to view; without it, none are taken."""

# Width and height of the window, and the preferred colour scheme, so that both schemes are tested.
PHONE = ({"width": 360, "height": 740}, "dark")
DESKTOP = ({"width": 1600, "height": 1000}, "light")
SIZES = {"360": PHONE, "1600": DESKTOP}

SERIOUS = ("serious", "critical")
ALL = ("minor", "moderate", *SERIOUS)
PATIENCE = 30_000
"""Milliseconds to wait for something to appear; reached only on failure."""


def launch(playwright: Playwright) -> Browser:
    """A new Chromium with its own profile."""
    # Chromium has no sandbox for root.
    sandbox = os.geteuid() != 0
    return playwright.chromium.launch(
        executable_path=CHROMIUM, chromium_sandbox=sandbox, args=list(FLAGS), timeout=60_000
    )


class Person:
    """A person at their own browser.

    Attributes:
        page: the page they see.
        complaints: errors reported by the browser: failing scripts, violations of the content policy.
    """

    def __init__(self, browser: Browser, address: str, size: tuple[Any, str] = DESKTOP) -> None:
        viewport, colours = size
        self.address = address
        self.context = browser.new_context(
            viewport=viewport,
            color_scheme=colours,
            locale="en-GB",
            timezone_id="Europe/Berlin",
            base_url=address,
        )
        self.context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        # Some tests request pages that return an error.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)

    def visit(self, path: str = "/") -> Response | None:
        """Enter an address."""
        return self.page.goto(path)

    def may_see(self, path: str) -> bool:
        """Whether this person can open the page at an address; server errors fail the test."""
        status = self.context.request.get(path).status
        assert status in {200, 403, 404, 405, 409}, f"{path} answers {status}"
        return status == 200

    def click(self, name: str, role: str = "link") -> None:
        """Click the visible element with this accessible name."""
        self.find(name, role).click()

    def find(self, name: str, role: str = "link") -> Locator:
        found: Any = role
        return self.page.get_by_role(found, name=name, exact=True).first

    def press(self, name: str) -> None:
        """Press a button, and wait for the next page."""
        self.click(name, "button")

    def fill(self, **fields: str) -> None:
        """Fill in fields by their labels; underscores mean spaces."""
        for label, value in fields.items():
            self.page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(value)

    def check(self, label: str) -> None:
        """Tick the checkbox with this label."""
        self.page.get_by_label(label).first.check()

    def sees(self, text: str) -> None:
        """Wait until a text is visible in the content of the page."""
        expect(self.page.locator("main, .banner").filter(has_text=text).first).to_be_visible()

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in with the form."""
        self.visit("/")
        self.click("Sign in")
        self.page.get_by_label("Username or e-mail address").fill(name)
        self.page.get_by_label(re.compile("^Password")).fill(password)
        self.press("Sign in")
        expect(self.page.locator(".menu .name")).to_have_text(name)

    def photograph(self, name: str) -> None:
        """Take a screenshot of the whole page, if screenshots are requested."""
        if PHOTOGRAPHS:
            self.page.screenshot(path=Path(PHOTOGRAPHS, f"{name}.png"), full_page=True, animations="disabled")

    def faults(self, impacts: Sequence[str] = SERIOUS) -> list[str]:
        """The problems with these impacts that axe-core finds."""
        self.page.evaluate(AXE.read_text())
        rules = {"resultTypes": ["violations"], "preload": False}
        found = self.page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(node['html'][:120] for node in rule['nodes'][:3])}"
            for rule in found
            if rule["impact"] in impacts
        ]

    def overflow(self) -> list[str]:
        """Whether the page is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return [f"the page is {wide} px wider than the window"] if wide > 0 else []


def remove_photographs(pattern: str) -> None:
    """Remove the screenshots of an earlier run."""
    for path in Path(PHOTOGRAPHS).glob(pattern) if PHOTOGRAPHS else ():
        path.unlink()


def make_organiser(site: Site, name: str) -> None:
    """An organiser with a password, created before anyone visits the site."""
    register(site, name)
    site.run("create-organiser", name, "--email", f"{name}@example.org")


def register(site: Site, name: str) -> None:
    """An account."""
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    Host(site.address).post("accounts", body=body)
