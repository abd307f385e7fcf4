from __future__ import annotations

import pytest

from copytrace.errors import SubmissionError
from copytrace.hosting.models import AuditEntry, Challenge, Mail
from copytrace.hosting.services import stored_files
from copytrace.hosting.services.challenge_export import export
from copytrace.hosting.services.challenge_file import TruthPart, judge_challenge
from copytrace.hosting.services.loading import load, shifted, with_truths
from copytrace.submissions import read_truth
from hosting_world import NOW, QUERIES, TRUE, challenge_content


def _part(**changes):
    return judge_challenge(challenge_content(NOW, **changes), "c.yaml")


def test_loading_again_changes_nothing(challenge, files):
    assert load(_part(), files).changes == []
    assert Challenge.objects.count() == 1
    assert AuditEntry.objects.filter(act="load").count() == 1


def test_changes_are_reported_and_logged(challenge, files):
    loaded = load(_part(title="Another title"), files)
    assert loaded.changes == ["small.title: Small challenge -> Another title"]
    assert AuditEntry.objects.latest("pk").details == {"changes": loaded.changes}


def test_teams_get_an_e_mail_when_a_deadline_moves(challenge, files, ann):
    phases = challenge_content(NOW)["phases"]
    phases[0]["closes_at"] = NOW.replace(hour=20)
    load(_part(phases=phases), files)
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("ann@example.org", "Small challenge: Phase 1 has a new deadline")
    assert "01 June 2026 at 20:00:00 UTC" in mail.body


def test_the_truth_is_split_by_query_into_a_public_and_a_private_part(one):
    public = read_truth(stored_files.storage().path(one.truth_public))
    private = read_truth(stored_files.storage().path(one.truth_private))
    assert sorted(public.query_ids) == QUERIES[0::2]
    assert sorted(private.query_ids) == QUERIES[1::2]
    assert {**dict(zip(public.pair_query_ids, public.pair_reference_ids, strict=True))} == {
        query: reference for query, reference in TRUE.items() if query in QUERIES[0::2]
    }


def test_a_truth_with_a_query_of_another_phase_is_refused(db, files):
    (files / "truth.csv").write_text("query_id,reference_id\nQ99,R01\n")
    with pytest.raises(SubmissionError, match="not among the phase's queries: 'Q99'"):
        load(_part(), files)
    assert not Challenge.objects.exists()


def test_a_part_without_a_true_pair_is_refused(db, files):
    (files / "public.txt").write_text("Q15\n")
    with pytest.raises(SubmissionError, match="the public part has no true pair"):
        load(_part(), files)


def test_a_phase_that_has_submissions_is_not_removed(challenge, files, make_team, make_scored):
    make_scored(make_team("bea"), 0.5)
    phases = challenge_content(NOW)["phases"][1:]
    phases[0]["frozen_after"] = None
    with pytest.raises(SubmissionError, match="small/one is missing from the file but has submissions"):
        load(_part(phases=phases), files)
    assert challenge.phases.count() == 2


def test_a_phase_without_submissions_is_removed(challenge, files):
    loaded = load(_part(phases=challenge_content(NOW)["phases"][:1]), files)
    assert loaded.changes == ["two: removed"]
    assert [phase.slug for phase in challenge.phases.all()] == ["one"]


def test_changed_prizes_and_mirrors_are_reported_and_logged(challenge, files):
    content = challenge_content(NOW)
    content["phases"][1]["prizes"] = {"matching": ["$70"]}
    content["mirrors"][0]["title"] = "Elsewhere"
    loaded = load(judge_challenge(content, "challenge.yaml"), files)
    assert loaded.changes == ["two.prizes: changed", "mirrors: changed"]
    assert AuditEntry.objects.filter(act="load").last().details == {"changes": loaded.changes}


def test_exporting_and_loading_gives_the_same(challenge, tmp_path):
    folder = tmp_path / "exported"
    folder.mkdir()
    part = export(challenge, folder)
    assert part.phases[0].queries.count == 20
    assert load(part, folder).changes == []
    assert export(challenge, folder) == part


def test_dates_move_so_that_the_first_phase_opens_now():
    part = shifted(_part(), NOW)
    assert part.phases[0].opens_at == NOW
    assert (part.phases[1].opens_at - NOW).total_seconds() == 2 * 3600
    assert (part.ends_at - NOW).total_seconds() == 101 * 3600


def test_a_truth_can_be_given_apart_from_the_file():
    part = with_truths(_part(), {"two": TruthPart(file="other.csv")})
    assert [phase.truth.file for phase in part.phases] == ["truth.csv", "other.csv"]
    with pytest.raises(SubmissionError, match="names the phase 'three'"):
        with_truths(_part(), {"three": TruthPart(file="other.csv")})
