"""A person at a browser: a real Chromium, steered by what can be seen on the page."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from copytrace.client import Host
from hosting_site import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Playwright, Response

    from hosting_site import Site

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(sys.prefix, "axe", "node_modules", "axe-core", "axe.min.js")
PHOTOGRAPHS = Path(os.environ.get("COPYTRACE_SCREENSHOTS", Path(__file__).parents[1] / "screenshots"))
"""Where the pictures of the pages are kept, for people to look at; git ignores it."""

# Width and height of the window, and the colours that the person likes: so both colour schemes are seen.
PHONE = ({"width": 360, "height": 740}, "dark")
DESKTOP = ({"width": 1600, "height": 1000}, "light")
SIZES = {"360": PHONE, "1600": DESKTOP}

SERIOUS = ("serious", "critical")
PATIENCE = 30_000
"""Milliseconds after which what should be seen has not come; nothing waits so long when all is well."""


def launch(playwright: Playwright) -> Browser:
    """A new Chromium with a profile of its own."""
    # Root has no sandbox in Chromium.
    sandbox = os.geteuid() != 0
    return playwright.chromium.launch(
        executable_path=CHROMIUM, chromium_sandbox=sandbox, args=list(FLAGS), timeout=60_000
    )


class Person:
    """Somebody at a browser of their own.

    Attributes:
        page: what they look at.
        complaints: what the browser said against the site: scripts that fail, what its policy forbids.
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
        # That a page answers with an error is what some tests ask for.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)

    def visit(self, path: str = "/") -> Response | None:
        """Type an address."""
        return self.page.goto(path)

    def may_see(self, path: str) -> bool:
        """Whether there is a page for this person at an address; nothing there is the host's mistake."""
        status = self.context.request.get(path).status
        assert status in {200, 403, 404, 405, 409}, f"{path} answers {status}"
        return status == 200

    def click(self, name: str, role: str = "link") -> None:
        """Click what has this name, as it is read aloud, and is seen."""
        self.find(name, role).click()

    def find(self, name: str, role: str = "link") -> Locator:
        found: Any = role
        return self.page.get_by_role(found, name=name, exact=True).first

    def press(self, name: str) -> None:
        """Press a button, and wait for the page that follows."""
        self.click(name, "button")

    def fill(self, **fields: str) -> None:
        """Fill in fields by their labels; underscores stand for blanks."""
        for label, value in fields.items():
            self.page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(value)

    def check(self, label: str) -> None:
        """Tick what has this label."""
        self.page.get_by_label(label).first.check()

    def sees(self, text: str) -> None:
        """Wait until a text is seen in the content of the page."""
        expect(self.page.locator("main, .banner").filter(has_text=text).first).to_be_visible()

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in by the form."""
        self.visit("/")
        self.click("Sign in")
        self.page.get_by_label("Username or e-mail address").fill(name)
        self.page.get_by_label(re.compile("^Password")).fill(password)
        self.press("Sign in")
        expect(self.page.locator(".menu .name")).to_have_text(name)

    def photograph(self, name: str) -> None:
        """Keep a picture of the whole page."""
        PHOTOGRAPHS.mkdir(exist_ok=True)
        self.page.screenshot(path=PHOTOGRAPHS / f"{name}.png", full_page=True, animations="disabled")

    def faults(self) -> list[str]:
        """What axe-core finds that keeps people out."""
        self.page.evaluate(AXE.read_text())
        rules = {"resultTypes": ["violations"], "preload": False}
        found = self.page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(node['html'][:120] for node in rule['nodes'][:3])}"
            for rule in found
            if rule["impact"] in SERIOUS
        ]

    def overflow(self) -> list[str]:
        """Whether the page is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return [f"the page is {wide} px wider than the window"] if wide > 0 else []


def make_organiser(site: Site, name: str) -> None:
    """An organiser with a password, before anybody looks at the site."""
    register(site, name)
    site.run("create-organiser", name, "--email", f"{name}@example.org")


def register(site: Site, name: str) -> None:
    """An account."""
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    Host(site.address).post("accounts", body=body)
