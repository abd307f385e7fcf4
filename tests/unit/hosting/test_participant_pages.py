"""What participants do on pages: join, create a team, submit, follow a submission, select, see the leaderboard."""

from __future__ import annotations

import csv
import html
import re
from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from copytrace.hosting.models import ScoringRun, Submission
from copytrace.hosting.services import disqualifying, participation
from hosting_world import SHA, matches_csv

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CHALLENGE = "/challenges/small/"
BOARD = f"{CHALLENGE}leaderboard/matching/one/"


def text_of(answer):
    """The text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def browser_of(account):
    client = Client()
    client.force_login(account, backend=BACKEND)
    return client


@pytest.fixture
def member(ann):
    """Ann's browser."""
    return browser_of(ann)


def test_visitors_sign_in_first_and_return(client, challenge):
    for page in ("join", "team", "submit", "submit/matching/one"):
        answer = client.get(f"{CHALLENGE}{page}/")
        assert answer.headers["Location"] == f"/accounts/login/?next={CHALLENGE}{page}/"


def test_a_person_joins_and_makes_a_team(challenge, make_account):
    client = browser_of(make_account("zoe"))
    assert client.get(f"{CHALLENGE}submit/").headers["Location"].startswith(f"{CHALLENGE}join/")
    without = {"country": "DE", "of_age": "on", "rules_version": "1"}
    assert "Accept the rules to take part" in text_of(client.post(f"{CHALLENGE}join/", without))
    answer = client.post(f"{CHALLENGE}join/", without | {"accept": "on"})
    assert answer.headers["Location"] == f"{CHALLENGE}team/"
    assert client.get(f"{CHALLENGE}submit/").headers["Location"] == f"{CHALLENGE}team/"
    client.post(f"{CHALLENGE}team/", {"name": "Zoe & Co"})
    assert "Zoe & Co" in text_of(client.get(f"{CHALLENGE}team/"))


def test_a_link_lets_a_person_into_a_team(member, ann, challenge, make_account):
    member.post(f"{CHALLENGE}team/link/")
    secret = ann.participations.get().team.link
    zoe = make_account("zoe")
    participation.join(challenge, zoe, country="DE", of_age=True, rules_version="1")
    client = browser_of(zoe)
    assert "Join team ann?" in text_of(client.get(f"{CHALLENGE}invitation/{secret}/"))
    client.post(f"{CHALLENGE}invitation/{secret}/")
    assert zoe.participations.get().team.name == "team ann"
    member.post(f"{CHALLENGE}team/link/", {"end": "yes"})
    assert client.get(f"{CHALLENGE}invitation/{secret}/").status_code == 404


def test_new_rules_must_be_accepted_before_a_submission(member, ann, challenge):
    challenge.rules_version = "2"
    challenge.save()
    assert "cannot submit until you accept version 2" in text_of(member.get(f"{CHALLENGE}join/"))
    sent = {"country": "DE", "of_age": "on", "accept": "on"}
    file = SimpleUploadedFile("matches.csv", matches_csv(), "text/csv")
    refused = member.post(
        f"{CHALLENGE}submit/matching/one/", {"file": file, "attest_0": "on", "attest_1": "on"}
    )
    assert refused.status_code != 200 or "version 2" in text_of(refused)
    assert not Submission.objects.exists()
    assert member.post(f"{CHALLENGE}join/", sent | {"rules_version": "2"}).status_code == 302
    assert ann.participations.get().rules_version == "2"


def test_a_member_leaves_and_a_leader_removes_another(member, ann, challenge, make_account):
    member.post(f"{CHALLENGE}team/link/")
    secret = ann.participations.get().team.link
    for name in ("bob", "cid"):
        account = make_account(name)
        participation.join(challenge, account, country="FR", of_age=True, rules_version="1")
        browser_of(account).post(f"{CHALLENGE}invitation/{secret}/")
    assert {"bob", "cid"} <= set(text_of(member.get(f"{CHALLENGE}team/")).split())
    bob = browser_of(account := type(ann).objects.get(username="bob"))
    assert "You have left the team" in text_of(
        bob.post(f"{CHALLENGE}team/leave/", {"username": account.username}, follow=True)
    )
    removed = member.post(f"{CHALLENGE}team/leave/", {"username": "cid"}, follow=True)
    assert "Removed cid from the team" in text_of(removed)
    assert ann.participations.get().team.members.count() == 1


def test_attempts_left_and_what_uses_one_are_shown(member, ann, make_scored, one):
    one.limit_total = 2
    one.save()
    make_scored(ann.participations.get().team, 0.5)
    page = text_of(member.get(f"{CHALLENGE}submit/matching/one/"))
    assert "1 attempt left" in page
    assert "A completed upload uses one attempt" in page
    assert "Maximum size" in page
    make_scored(ann.participations.get().team, 0.6)
    page = text_of(member.get(f"{CHALLENGE}submit/matching/one/"))
    assert "Attempts for this track and phase: none left" in page
    assert "Maximum size" not in page


def test_the_state_is_reported_until_it_ends(member, ann, make_scored):
    row = make_scored(ann.participations.get().team, 0.5)
    live = f"{CHALLENGE}submissions/{row.pk}/live/"
    Submission.objects.filter(pk=row.pk).update(state="queued")
    waiting = member.get(live)
    assert "HX-Refresh" not in waiting.headers
    assert "Queued" in text_of(waiting)
    Submission.objects.filter(pk=row.pk).update(state="scored")
    assert member.get(live).headers["HX-Refresh"] == "true"


def test_a_file_is_submitted_without_javascript(member, ann):
    page = f"{CHALLENGE}submit/matching/one/"
    assert "Choose a file to submit" in text_of(member.post(page))
    file = SimpleUploadedFile("matches.csv", matches_csv())
    answer = member.post(page, {"file": file})
    row = Submission.objects.get()
    assert answer.headers["Location"] == f"{CHALLENGE}submissions/{row.pk}/"
    assert (row.state, row.filename, row.size) == ("received", "matches.csv", len(matches_csv()))
    assert "Next in the queue" in text_of(member.get(answer.headers["Location"]))


def test_a_script_submits_an_upload_and_gets_its_faults_in_words(member, ann, make_upload, two, time):
    page = f"{CHALLENGE}submit/matching/one/"
    sent = {"upload": str(make_upload(ann).pk)}
    answer = member.post(page, sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["address"]) == (201, f"{CHALLENGE}submissions/1/")
    answer = member.post(page, {}, headers={"Accept": "application/json"})
    assert answer.json() == {"faults": ["File: Choose a file to submit."]}


def test_all_faults_of_a_refused_file_are_listed(member, ann, make_scored):
    row = make_scored(ann.participations.get().team, None)
    Submission.objects.update(state="refused", faults=["row 2: one", "row 3: two"])
    page = text_of(member.get(f"{CHALLENGE}submissions/{row.pk}/"))
    assert "Refused: 2 problems. This does not use an attempt. row 2: one row 3: two" in page


def test_a_scored_submission_shows_its_curve_and_its_scores(member, ann, make_scored):
    row = make_scored(ann.participations.get().team, 0.5)
    kept = {"recall": [0, 0.5], "precision": [1], "edges": [0, 0.4, 0.8], "right": [0, 3], "wrong": [5, 1]}
    for threshold, words in ((0.5, "The dashed line marks the score"), (0.9, "each on its own scale. ")):
        measures = {"micro_ap": 0.5, "recall_at_p90": 0.5, "threshold_at_p90": threshold}
        ScoringRun.objects.update(public_plots=kept, public_measures=measures)
        answer = member.get(f"{CHALLENGE}submissions/{row.pk}/")
        assert 'aria-label="Precision-recall curve. Micro-AP 0.50000' in answer.content.decode()
        assert "3 true pairs above the line, 6 false pairs below it, each on its own scale." in text_of(
            answer
        )
        assert words in text_of(answer)
    assert "The dashed line marks the score" not in text_of(answer)


def test_a_submission_belongs_to_its_team(make_team, make_scored, member):
    row = make_scored(make_team("bob"), 0.5)
    assert member.get(f"{CHALLENGE}submissions/{row.pk}/").status_code == 404
    assert member.post(f"{CHALLENGE}submissions/{row.pk}/nominate/").status_code == 404


def test_an_entry_is_nominated_on_its_page(member, ann, make_scored):
    row = make_scored(ann.participations.get().team, 0.5)
    page = f"{CHALLENGE}submissions/{row.pk}/"
    assert "Nominate for Phase 2" in text_of(member.get(page))
    digests = {"code_sha256": SHA["code"], "weights_sha256": SHA["weights"]}
    assert "64 hexadecimal digits" in text_of(
        member.post(f"{page}nominate/", digests | {"label": "a", "code_sha256": "x" * 64})
    )
    assert member.post(f"{page}nominate/", digests | {"label": "a"}).status_code == 302
    assert "This is your nominated entry a" in text_of(member.get(page))


def test_the_leaderboard_has_ranks_and_omits_disqualified_teams(client, make_team, make_scored):
    teams = [make_team(name) for name in ("ann", "bob", "cid")]
    for team, score in zip(teams, (0.5, 0.9, 0.7), strict=True):
        make_scored(team, score)
    assert client.get(f"{CHALLENGE}leaderboard/").headers["Location"] == BOARD
    assert re.findall(r"(\d) team (\w+)", text_of(client.get(BOARD))) == [
        ("1", "bob"),
        ("2", "cid"),
        ("3", "ann"),
    ]
    disqualifying.disqualify(teams[1], "r")
    assert re.findall(r"(\d) team (\w+)", text_of(client.get(BOARD))) == [("1", "cid"), ("2", "ann")]


def test_your_own_team_is_marked_on_a_long_leaderboard(member, ann, make_team, make_scored):
    for number in range(51):
        make_scored(make_team(f"p{number:02d}"), 0.9 - number / 1000)
    make_scored(ann.participations.get().team, 0.1)
    first = text_of(member.get(BOARD))
    assert "Your team is ranked 52 of 52" in first
    assert "52 team ann" not in first
    second = text_of(member.get(f"{BOARD}?board=public&page=2"))
    assert "52 team ann your team" in second
    assert "go to its row" not in second


def test_equal_scores_are_a_tie_and_close_ones_are_not_significantly_different(
    client, make_team, make_scored
):
    base = np.linspace(-0.05, 0.05, 40)
    for name, score, replicates, truth in (
        ("ann", 0.9, 0.9 + base, "t"),
        ("bob", 0.89, 0.89 - base, "t"),
        ("cid", 0.8, 0.8 - base, "t"),
        ("dan", 0.8, 0.8 - base, "other"),
        ("eve", 0.7, 0.7 - base, "other"),
    ):
        run = make_scored(make_team(name), score).current_run
        run.public_replicates, run.truth_version = replicates.astype("<f4").tobytes(), truth
        run.save()
    page = text_of(client.get(BOARD))
    assert re.findall(r"team (\w+) (tie|≈)", page) == [("ann", "≈"), ("cid", "tie")]
    (ann, bob, cid, dan, eve) = client.get(f"{BOARD}places.json").json()["places"]
    assert [row["significant"] for row in (ann, bob, cid, dan, eve)] == [False, True, None, True, None]
    assert [row["tied"] for row in (ann, bob, cid, dan, eve)] == [False, False, True, False, False]


def test_the_leaderboard_can_be_downloaded(client, make_team, make_scored):
    make_scored(make_team("ann"), 0.5)
    answer = client.get(f"{BOARD}places.csv")
    (row,) = csv.DictReader(b"".join(answer).decode().splitlines())
    assert (row["rank"], row["team"], row["score"], row["entries"]) == ("1", "team ann", "0.5", "1")
    assert client.get(f"{BOARD}places.json").json()["places"][0]["team"] == "team ann"
    assert client.get(f"{BOARD}places.csv?board=private").status_code == 404
    assert client.get(f"{BOARD}places.xml").status_code == 404


def test_after_the_phase_the_private_board_shows_who_rose(client, make_team, make_scored, one, time):
    make_scored(make_team("ann"), 0.9, 0.4)
    make_scored(make_team("bob"), 0.5, 0.6)
    time.time = one.closes_at + timedelta(seconds=one.grace_seconds)
    page = text_of(client.get(BOARD))
    assert "1 ▲ 1 team bob" in page
    assert "2 ▼ 1 team ann" in page
    assert "▲" not in text_of(client.get(f"{BOARD}?board=public"))


def test_the_tab_leads_to_the_latest_phase_that_shows_scores(client, two, time):
    time.time = two.opens_at + timedelta(seconds=1)
    assert client.get(f"{CHALLENGE}leaderboard/").headers["Location"] == BOARD
    two.revealed_at = time.time
    two.save()
    assert client.get(f"{CHALLENGE}leaderboard/").headers["Location"].endswith("/matching/two/")


def test_a_blind_phase_has_no_leaderboard_yet(client, two):
    assert "nobody sees scores or ranks" in text_of(client.get(f"{CHALLENGE}leaderboard/matching/two/"))


def test_data_are_for_participants_with_commands_for_each_region(client, member):
    assert "aws s3 cp" not in text_of(client.get(f"{CHALLENGE}data/"))
    page = text_of(member.get(f"{CHALLENGE}data/"))
    assert "copytrace data get s3://bucket/small/queries/" in page
    assert "Which is fastest for me?" in page
    sums = member.get(f"{CHALLENGE}data/queries/SHA256SUMS").content.decode()
    assert sums == f"{'a' * 64}  queries.tar\n"
    with closing(member.get("/api/v1/challenges/small/phases/one/queries")) as ids:
        assert 'filename="small-one-queries.txt"' in ids.headers["Content-Disposition"]


def test_a_challenge_without_files_promises_none(client, member, challenge):
    challenge.datasets.all().delete()
    for page in (text_of(browser.get(f"{CHALLENGE}data/")) for browser in (client, member)):
        assert "The organisers have not listed any files yet" in page
        assert "get the data" not in page
    challenge.data = "Make them yourself."
    challenge.save()
    for page in (text_of(browser.get(f"{CHALLENGE}data/")) for browser in (client, member)):
        assert "Make them yourself." in page
        assert "not listed any files" not in page


def test_the_rules_come_before_the_one_button_that_accepts_them(challenge, make_account):
    challenge.rules = "Play fair."
    challenge.save()
    page = browser_of(make_account("zoe")).get(f"{CHALLENGE}join/").content.decode()
    assert page.index("Play fair.") < page.index("I have read and accept the rules")
    assert page.count(">Join<") == 1


def test_a_leader_sees_the_state_of_the_invitation_link(member, ann):
    said = [
        text_of(member.post(f"{CHALLENGE}team/link/", sent, follow=True)) for sent in ({}, {}, {"end": "yes"})
    ]
    assert "Invitation link created." in said[0]
    assert "New link created. The old one no longer works." in said[1]
    assert "The invitation link no longer works." in said[2]
    assert "New link" not in said[0]


def test_a_time_line_has_one_current_step(member, ann, make_scored):
    row = make_scored(ann.participations.get().team, 0.5)
    for state, current in (
        ("queued", 'class="now" aria-current="step">Queued'),
        ("scored", 'class="good" aria-current="step">Scored'),
        ("refused", 'class="bad" aria-current="step">Refused'),
        ("failed", 'class="bad" aria-current="step">Failed'),
    ):
        Submission.objects.filter(pk=row.pk).update(state=state)
        page = member.get(f"{CHALLENGE}submissions/{row.pk}/live/").content.decode()
        assert page.count("aria-current") == 1
        assert current in page
