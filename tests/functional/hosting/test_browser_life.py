"""A complete challenge in a browser, using only visible controls, with the real web process and worker.

Ann takes part on a phone, Bob on a desktop, and the organiser runs the challenge. After `copytrace host load`, the test
does only what a person can do on a page.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from copytrace.submissions import reference_digest
from hosting_browser import PHONE, Person, remove_photographs
from hosting_site import PASSWORD, Site, wait_until
from hosting_world import QUERIES, REFERENCES, SHA, TRUE, matches_csv, vectors, write_full, write_queries

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("browser")

BAD = b"query_id,reference_id,score\nQ99,R01,0.5\nQ01,R01,nan\nQ02,R02,0.5\nQ02,R02,0.6\n"


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """The demo challenge, with a small data set instead of the images; `serve` runs everything."""
    files = tmp_path / "challenge"
    files.mkdir()
    (files / "query_ids.txt").write_text("\n".join(QUERIES) + "\n")
    (files / "reference_ids.txt").write_text("\n".join(REFERENCES) + "\n")
    rows = [f"{query},{TRUE.get(query, '')}" for query in QUERIES]
    (files / "truth.csv").write_text("\n".join(["query_id,reference_id", *rows]) + "\n")
    found = Site(tmp_path / "data", "", LEASE_SECONDS="20", HEARTBEAT_SECONDS="1", BOOTSTRAP="100")
    found.start("serve", "--data", str(found.data), "--port", str(found.port))
    found.wait_for_web()
    found.run("load", "demo", "--files", str(files), "--opens-now")
    yield found
    found.end()


class Album:
    """The pictures of this journey, in order."""

    def __init__(self) -> None:
        self._number = 0
        remove_photographs("life-*.png")

    def keep(self, person: Person, name: str) -> None:
        self._number += 1
        person.photograph(f"life-{self._number:02d}-{name}")


def test_a_challenge_is_lived_through_in_the_browser(site, browser, tmp_path):
    album = Album()
    boss = _organiser(site, browser)
    ann, bob = Person(browser, site.address, PHONE), Person(browser, site.address)
    _sign_up_and_join(ann, "ann", "Ann and the Pixels", album)
    _sign_up_and_join(bob, "bob", "Bob")

    _hand_in_a_bad_file(ann, tmp_path, album)
    _hand_in_good_files(ann, tmp_path, album)
    _hand_in_good_files(bob, tmp_path, right=5)
    _look_at_the_board(ann, album)
    _nominate(ann, album)
    _nominate(bob)

    _announce(boss, album)
    _score_again(boss, album)
    _disqualify_and_reinstate(boss, bob)
    _disqualify_one_submission(boss)
    _grant_attempts(boss)
    _move(boss, "closing", "Open phase", "The final begins.", album)
    _move(boss, "opening", "Final phase", "All is ready.")

    _play_the_final(ann, tmp_path, album)
    _play_the_final(bob, tmp_path, right=5)
    _move(boss, "closing", "Final phase", "Everyone has submitted.")
    _reveal(boss, album)
    _give_prizes(boss, album)
    _see_the_end(ann, album)
    _read_the_audit_log(boss, album)
    for person in (boss, ann, bob):
        assert person.complaints == []


def _organiser(site: Site, browser: Any) -> Person:
    """The person who started the site opens the link that `serve` printed, and chooses a password."""
    log = site.data.parent / "stderr.log"
    link = wait_until(
        lambda: re.search(r"http\S+/accounts/password/reset/key/\S+", log.read_text()), "a link"
    )
    boss = Person(browser, site.address)
    boss.visit(link[0])
    first, second = boss.page.locator("main input[type=password]").all()
    first.fill(PASSWORD)
    second.fill(PASSWORD)
    boss.sees("For the account organiser")
    boss.press("Save password")
    boss.sees("Password saved")
    boss.sign_in("organiser")
    return boss


def _sign_up_and_join(person: Person, name: str, team: str, album: Album | None = None) -> None:
    person.visit("/")
    _keep(album, person, "home")
    person.click("Demo challenge")
    _keep(album, person, "challenge")
    person.click("Sign up")
    person.fill(**{"E-mail_address": f"{name}@example.org", "Username": name})
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.fill(Repeat_password=PASSWORD)
    _keep(album, person, "sign-up")
    person.press("Create account")
    # Back on the page they came from.
    person.click("Join")
    person.page.get_by_label("Country").select_option(label="Germany")
    person.check("I am at least 18 years old")
    person.check("I have read and accept the rules")
    _keep(album, person, "join")
    person.press("Join")
    person.fill(Team_name=team)
    person.press("Create team")
    person.sees(team)
    _keep(album, person, "team")


def _hand_in_a_bad_file(ann: Person, folder: Path, album: Album) -> None:
    path = folder / "bad.csv"
    path.write_bytes(BAD)
    _submit(ann, path, "Matching Track", "Open phase", album)
    for fault in ("Q99", "nan", "Q02"):
        ann.sees(fault)
    _wait_for(ann, "Refused", "bad")
    album.keep(ann, "refused")
    assert ann.faults() == []


def _hand_in_good_files(person: Person, folder: Path, album: Album | None = None, right: int = 10) -> None:
    matches, full = folder / f"matches-{right}.csv", folder / f"full-{right}.h5"
    matches.write_bytes(matches_csv(right))
    write_full(full, seed=right)
    for path, track in ((matches, "Matching Track"), (full, "Descriptor Track")):
        _submit(person, path, track, "Open phase", album)
        _wait_for(person, "Scored")
    _keep(album, person, "scored")
    assert person.faults() == []


def _submit(person: Person, path: Path, track: str, phase: str, album: Album | None = None) -> None:
    _choose(person, track, phase)
    person.sees("Or drag and drop a file here.")
    _keep(album, person, "submit")
    _send(person, path)


def _wait_for(person: Person, state: str, how: str = "good") -> None:
    """Watch the progress of a submission until it reaches a state."""
    expect(person.page.locator(f".steps .{how}").filter(has_text=state)).to_be_visible(timeout=60_000)


def _choose(person: Person, track: str, phase: str) -> None:
    person.click("Submit")
    person.page.get_by_role("link", name=re.compile(f"{track}.*{phase}|{phase}.*{track}", re.DOTALL)).click()


def _send(person: Person, path: Path) -> None:
    person.page.locator("input[type=file]").set_input_files(path)
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_url(re.compile(r"/submissions/\d+/"))


def _look_at_the_board(ann: Person, album: Album) -> None:
    ann.click("Leaderboard")
    ann.sees("Ann and the Pixels")
    ann.sees("1.00000")
    album.keep(ann, "leaderboard")
    assert ann.faults() == []


def _nominate(person: Person, album: Album | None = None) -> None:
    for file, label in ((".csv", "pairs"), (".h5", "vectors")):
        person.click("Submissions")
        person.page.get_by_role("row").filter(has_text=file).filter(has_text="Scored").get_by_role(
            "link"
        ).first.click()
        archive = {"name": "code.zip", "mimeType": "application/zip", "buffer": b"all of the code"}
        person.page.get_by_label("or choose the file of the code archive").set_input_files([archive])
        digest = hashlib.sha256(archive["buffer"]).hexdigest()
        expect(person.page.get_by_label("SHA-256 of the code archive", exact=True)).to_have_value(digest)
        person.fill(
            Label=label, **{"SHA-256_of_the_code": SHA["code"], "SHA-256_of_the_weights": SHA["weights"]}
        )
        person.page.get_by_role("button", name="Nominate").click()
        person.sees(label)
    _keep(album, person, "nominated")


def _organise(boss: Person, tab: str = "Phases") -> None:
    boss.click("Organise")
    boss.click("Demo challenge")
    boss.click(tab)


def _announce(boss: Person, album: Album) -> None:
    _organise(boss, "Announcements")
    boss.fill(Title="Welcome", Text="The **final** begins today.")
    boss.press("Continue")
    boss.sees("2 participants will get an e-mail")
    album.keep(boss, "confirm")
    boss.press("Publish")
    boss.sees("Announced “Welcome”")
    boss.fill(Title="A mistake", Text="It will be withdrawn.")
    boss.press("Continue")
    boss.press("Publish")
    boss.page.get_by_role("link", name="Withdraw A mistake").click()
    boss.fill(Reason="It was not meant.")
    boss.press("Withdraw")
    boss.sees("Withdrew “A mistake”")
    boss.click("View as participant")
    boss.sees("The final begins today")
    boss.page.go_back()
    album.keep(boss, "announcements")


def _score_again(boss: Person, album: Album) -> None:
    _organise(boss)
    boss.page.get_by_role("link", name="Re-score Open phase").click()
    boss.fill(Reason="To see that nothing changes.")
    boss.press("Re-score all submissions")
    boss.sees("4 of 4 done")
    boss.sees("No ranks would change")
    expect(boss.find("Apply new scores", "button")).to_be_enabled()
    album.keep(boss, "re-score")
    boss.press("Apply new scores")
    boss.press("Apply")
    boss.sees("New scores applied")
    boss.press("Reverse")
    boss.sees("Restore the previous scores?")
    boss.press("Reverse")
    boss.sees("Previous scores restored")


def _disqualify_and_reinstate(boss: Person, bob: Person) -> None:
    _organise(boss, "Participants")
    boss.page.get_by_role("row").filter(has_text="bob@example.org").get_by_role("link").click()
    for act, reason in (("Disqualify", "Two accounts of one person."), ("Reinstate", "They were twins.")):
        form = boss.page.locator("form").filter(has_text=f"{act} the team")
        form.get_by_label("Reason").fill(reason)
        boss.press(f"{act} the team")
        boss.press(act)
        if act == "Disqualify":
            boss.sees("is disqualified")
            bob.click("Leaderboard")
            bob.sees("Ann and the Pixels")
            expect(bob.page.get_by_role("row").filter(has_text="Bob")).to_have_count(0)
    boss.sees("is reinstated")


def _disqualify_one_submission(boss: Person) -> None:
    _organise(boss, "Participants")
    boss.page.get_by_role("row").filter(has_text="bob@example.org").get_by_role("link").click()
    for act, done in (("Disqualify", "is disqualified"), ("Reinstate", "is reinstated")):
        boss.page.locator("#single form").get_by_label("Reason").fill("Made with the answers; or not.")
        boss.press("Disqualify or reinstate")
        boss.press(act)
        boss.sees(done)


def _grant_attempts(boss: Person) -> None:
    boss.page.get_by_label("Phase").select_option(label="Final phase")
    boss.fill(Extra_attempts="1")
    boss.page.get_by_label("Reason").first.fill("The mirror was away.")
    boss.press("Grant attempts")
    boss.sees("1 extra attempt granted in Final phase")


def _move(boss: Person, what: str, phase: str, reason: str, album: Album | None = None) -> None:
    _organise(boss)
    boss.page.get_by_role("link", name=f"Change the {what} of {phase}").click()
    boss.check("Now, as soon as I confirm")
    boss.fill(Reason=reason)
    _keep(album, boss, "move-deadline")
    boss.press("Continue")
    boss.sees("2 participants will get an e-mail with your reason")
    boss.press("Change time")
    boss.sees(f"{phase} now {'closes' if what == 'closing' else 'opens'} immediately")


def _play_the_final(person: Person, folder: Path, album: Album | None = None, right: int = 10) -> None:
    digest = reference_digest(REFERENCES, vectors(right)[1])
    queries = write_queries(folder / f"queries-{right}.h5", digest, seed=right)
    changed = write_full(folder / f"changed-{right}.h5", seed=right, changed=7)

    _enter_the_final(person, "Descriptor Track", "vectors")
    person.check("The file contains queries only")
    _keep(album, person, "final-submit")
    _send(person, queries)
    _wait_for(person, "Scored")
    _keep(album, person, "final-scored")

    _enter_the_final(person, "Descriptor Track", "vectors")
    person.page.get_by_label("Reason for another entry").select_option(
        label="We believe an earlier entry is invalid"
    )
    _send(person, changed)
    person.sees("R07")
    _wait_for(person, "Refused", "bad")
    _keep(album, person, "final-changed-reference")

    _enter_the_final(person, "Matching Track", "pairs")
    person.fill(**{"SHA-256_of_the_code": SHA["code"], "SHA-256_of_the_weights": SHA["weights"]})
    _send(person, folder / f"matches-{right}.csv")
    _wait_for(person, "Scored")


def _enter_the_final(person: Person, track: str, entry: str) -> None:
    person.click("Demo challenge")
    _choose(person, track, "Final phase")
    person.page.get_by_label("Entry from Open phase").select_option(entry)
    for attested in ("We did not annotate", "Each reference image was processed", "All external data"):
        person.check(attested)


def _reveal(boss: Person, album: Album) -> None:
    _organise(boss)
    album.keep(boss, "phases")
    boss.page.get_by_role("link", name="Reveal scores of Final phase").click()
    boss.fill(To_confirm="something else")
    boss.press("Reveal scores")
    boss.sees("expected Final phase")
    boss.fill(To_confirm="Final phase")
    boss.press("Reveal scores")
    boss.sees("Revealed the scores of Final phase")


def _give_prizes(boss: Person, album: Album) -> None:
    boss.click("Prizes")
    table = boss.page.get_by_role("region", name="Finalists of Matching Track")
    table.get_by_role("link", name="Checklist of Bob").click()
    boss.check("Team declines the prize")
    boss.press("Save")
    table.get_by_role("link", name="Checklist of Ann and the Pixels").click()
    boss.fill(Licence="MIT", Repository="https://example.org/code", Report="https://example.org/report")
    boss.check("Eligibility verified")
    boss.press("Save")
    expect(table.get_by_role("row").filter(has_text="Ann and the Pixels")).to_contain_text("Complete")
    expect(table.get_by_role("row").filter(has_text="Bob")).to_contain_text("Declined")
    album.keep(boss, "prizes")
    assert boss.faults() == []


def _see_the_end(ann: Person, album: Album) -> None:
    ann.click("Demo challenge")
    ann.click("Prizes")
    ann.sees("Ann and the Pixels")
    album.keep(ann, "prizes")
    ann.click("Leaderboard")
    ann.page.get_by_role("link", name=re.compile("Final phase")).first.click()
    ann.sees("Ann and the Pixels")
    album.keep(ann, "final-leaderboard")


ACTS = (
    "announced",
    "announcement withdrawn",
    "re-score begun",
    "re-score applied",
    "re-score reversed",
    "disqualified",
    "reinstated",
    "submission disqualified",
    "submission reinstated",
    "attempts granted",
    "deadline moved",
    "opening moved",
    "reveal",
    "finalist",
)


def _read_the_audit_log(boss: Person, album: Album) -> None:
    boss.click("Participants")
    with boss.page.expect_download() as download:
        boss.click("participants")
    assert "ann@example.org" in download.value.path().read_text()
    boss.click("Audit log")
    boss.page.get_by_label("Who").select_option(label="organisers")
    boss.press("Show")
    rows = boss.page.get_by_role("row").filter(has_text="organiser")
    said = rows.all_inner_texts()
    assert [act for act in (*ACTS, "exported") if not any(act in row for row in said)] == []
    album.keep(boss, "audit-log")


def _keep(album: Album | None, person: Person, name: str) -> None:
    if album is not None:
        album.keep(person, name)
