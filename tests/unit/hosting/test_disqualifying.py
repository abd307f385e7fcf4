from __future__ import annotations

import io

import pytest

from copytrace.hosting.models import AuditEntry, Mail
from copytrace.hosting.services import disqualifying, organising, participation
from copytrace.hosting.services.leaderboard import leaderboard
from copytrace.hosting.services.nominations import nominate
from copytrace.hosting.services.prizes import awards
from copytrace.hosting.services.problems import NotAllowed, NotFound, Problem, Unusable
from copytrace.hosting.services.submitting import receive_waiting, submit
from copytrace.hosting.services.uploads import append


@pytest.fixture
def teams(make_team, make_scored):
    found = make_team("ann"), make_team("bob")
    for team, score in zip(found, (0.9, 0.5), strict=True):
        make_scored(team, score)
    return found


def _ranks(phase, track):
    return [(place.rank, place.entry.team) for place in leaderboard(phase, track, "public")]


def test_a_disqualified_team_has_no_rank_until_it_is_reinstated(teams, one, matching):
    first = teams[0]
    disqualifying.disqualify(first, "two accounts of one person")
    assert _ranks(one, matching) == [(1, "team bob")]
    disqualifying.reinstate(first, "they were twins")
    assert _ranks(one, matching) == [(1, "team ann"), (2, "team bob")]
    acts = AuditEntry.objects.order_by("-pk").values_list("act", "subject", "details")[:2]
    assert list(acts) == [
        ("reinstated", "team ann", {"reason": "they were twins"}),
        ("disqualified", "team ann", {"reason": "two accounts of one person"}),
    ]


def test_its_prize_passes_on(teams, make_scored, two, matching, time):
    for team, score in zip(teams, (0.9, 0.5), strict=True):
        make_scored(team, score, phase=two)
    time.time = two.closes_at
    organising.reveal(two)
    two.refresh_from_db()
    disqualifying.disqualify(teams[0], "r")
    assert [(award.prize, award.team) for award in awards(two, matching)] == [
        ("$50", "team bob"),
        ("$30", None),
    ]


def test_it_is_sent_the_reason_and_cannot_submit(teams, make_upload, one, matching):
    disqualifying.disqualify(teams[0], "two accounts of one person")
    mail = Mail.objects.get()
    assert mail.to == "ann@example.org"
    assert "two accounts of one person" in mail.body
    ann = teams[0].members.get().account
    with pytest.raises(NotAllowed, match="two accounts of one person"):
        submit(ann, make_upload(ann), matching, one)


def test_its_members_cannot_continue_elsewhere(teams, challenge, make_account):
    first, other = teams
    ann, bob = (team.members.get().account for team in teams)
    link = participation.make_link(other, bob)
    disqualifying.disqualify(first, "two accounts of one person")
    with pytest.raises(NotAllowed, match="its members cannot submit or change teams"):
        participation.leave(first, ann, "ann")
    with pytest.raises(NotAllowed, match="its members cannot submit or change teams"):
        participation.change_team(challenge, ann, other, "asked")
    # Someone who submitted for the team and left it, as was possible before.
    first.members.update(team=None)
    with pytest.raises(NotAllowed, match="two accounts of one person"):
        participation.accept_link(challenge, ann, link)
    with pytest.raises(NotAllowed, match="two accounts of one person"):
        participation.found_team(challenge, ann, "another")


def test_an_earlier_link_lets_nobody_into_it(teams, challenge, make_account):
    first = teams[0]
    link = participation.make_link(first, first.members.get().account)
    disqualifying.disqualify(first, "r")
    cid = make_account("cid")
    participation.join(challenge, cid, country="DE", of_age=True, rules_version="1")
    with pytest.raises(NotAllowed, match="is disqualified"):
        participation.accept_link(challenge, cid, link)


def test_what_is_being_sent_when_it_is_disqualified_is_refused(teams, make_upload, one, matching):
    ann = teams[0].members.get().account
    upload = make_upload(ann, finished=False)
    row = submit(ann, upload, matching, one)
    disqualifying.disqualify(teams[0], "two accounts of one person")
    upload = append(upload, 0, io.BytesIO(b"x" * 10))
    receive_waiting(upload)
    row.refresh_from_db()
    assert row.state == "refused"
    assert "two accounts of one person" in row.faults[0]


def test_a_missing_reason_and_a_repeated_decision_are_refused(teams):
    with pytest.raises(Unusable, match="reason"):
        disqualifying.disqualify(teams[0], " ")
    with pytest.raises(Problem, match="not disqualified"):
        disqualifying.reinstate(teams[0], "r")
    disqualifying.disqualify(teams[0], "r")
    with pytest.raises(Problem, match="already"):
        disqualifying.disqualify(teams[0], "r")


def test_a_disqualified_submission_leaves_the_place_to_the_next_best(teams, make_scored, one, matching):
    ann = teams[0]
    best = make_scored(ann, 0.95)
    disqualifying.disqualify(best, "made with the answers")
    places = leaderboard(one, matching, "public")
    assert [(place.entry.team, place.entry.score, place.submissions) for place in places] == [
        ("team ann", 0.9, 1),
        ("team bob", 0.5, 1),
    ]
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("ann@example.org", f"Submission {best.pk} is disqualified")
    assert "made with the answers" in mail.body
    disqualifying.reinstate(best, "they were not")
    assert leaderboard(one, matching, "public")[0].entry.score == 0.95
    acts = AuditEntry.objects.order_by("-pk").values_list("act", "subject")[:2]
    assert list(acts) == [
        ("submission reinstated", f"Submission {best.pk}"),
        ("submission disqualified", f"Submission {best.pk}"),
    ]


def test_a_disqualified_submission_cannot_be_nominated(teams, make_scored):
    ann = teams[0]
    row = make_scored(ann, 0.95)
    disqualifying.disqualify(row, "made with the answers")
    row.refresh_from_db()
    with pytest.raises(Problem, match="made with the answers"):
        nominate(ann.members.get().account, row, label="a", code_sha256="0" * 64, weights_sha256="1" * 64)


def test_a_team_answers_for_its_own_submissions_alone(teams, make_scored):
    row = make_scored(teams[1], 0.95)
    assert disqualifying.submission_of(teams[1], row.pk) == row
    with pytest.raises(NotFound, match="no submission"):
        disqualifying.submission_of(teams[0], row.pk)
