from __future__ import annotations

from importlib.resources import files as resources

import pytest

from copytrace.errors import SubmissionError
from copytrace.hosting.services.challenge_file import judge_challenge, read_challenge, write_challenge
from hosting_world import NOW, challenge_content


def _faults(**changes: object) -> str:
    with pytest.raises(SubmissionError) as caught:
        judge_challenge(challenge_content(NOW, **changes), "c.yaml")
    return str(caught.value)


def test_a_fault_states_the_place_what_was_found_and_what_was_expected():
    phases = challenge_content(NOW)["phases"]
    phases[1]["limits"] = {"total": 0}
    assert _faults(phases=phases) == "c.yaml: phases.1.limits.total is 0; must be greater than or equal to 1."


def test_a_misspelt_field_is_reported():
    assert "c.yaml: prize is not a known key. Check its spelling" in _faults(prize="much")


def test_all_faults_are_reported_at_once():
    content = challenge_content(NOW, tracks=[{"name": "a b", "title": "A", "kind": "images"}])
    del content["title"]
    with pytest.raises(SubmissionError) as caught:
        judge_challenge(content, "c.yaml")
    assert caught.value.faults[0] == "c.yaml: title is missing."
    assert [fault.split(" ")[1] for fault in caught.value.faults] == [
        "title",
        "tracks.0.name",
        "tracks.0.kind",
    ]


def test_a_date_without_a_time_zone_is_refused():
    assert "timezone" in _faults(ends_at="2021-10-27T23:59:00")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"])
def test_a_date_at_the_end_of_the_calendar_is_refused(moment):
    assert f'ends_at is "{moment}"; must be in the years 2000 to 2199' in _faults(ends_at=moment)


def test_an_invalid_date_is_reported_with_its_line(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("challenge: autumn\nends_at: 2026-12-24T24:00:00Z\n")
    with pytest.raises(SubmissionError) as caught:
        read_challenge(path)
    assert str(caught.value) == f"{path}: line 2: 2026-12-24T24:00:00Z cannot be read: hour must be in 0..23."


def test_contradictions_are_reported():
    content = challenge_content(NOW)
    first, second = content["phases"]
    first["opens_at"], first["closes_at"] = first["closes_at"], first["opens_at"]
    second["frozen_after"] = "three"
    second["prizes"] = {"video": ["$1"]}
    faults = _faults(phases=[first, second, second])
    assert "there are 2 phases named 'two'." in faults
    assert (
        "one must close after it opens; it opens at 2026-06-01 13:00:00+00:00, closes at 2026-06-01 11:00:00+00:00."
        in faults
    )
    assert "two.frozen_after is 'three'; expected an earlier phase." in faults
    assert "two.prizes names the track 'video'; expected one of matching, descriptor." in faults


def test_a_mirror_has_no_address_that_a_shell_would_run():
    assert "mirrors.0.url" in _faults(mirrors=[{"region": "x", "title": "X", "url": "s3://a/$(rm -rf ~)"}])


def test_writing_and_reading_gives_the_same(tmp_path):
    part = judge_challenge(challenge_content(NOW), "c.yaml")
    path = tmp_path / "c.yaml"
    path.write_text(write_challenge(part))
    assert read_challenge(path) == part


def test_invalid_yaml_is_reported(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("a: [1")
    with pytest.raises(SubmissionError, match="is not YAML"):
        read_challenge(path)
    with pytest.raises(SubmissionError, match="No such file"):
        read_challenge(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", ["demo", "isc2021"])
def test_the_shipped_challenges_are_valid(name):
    path = resources("copytrace.hosting") / "challenges" / f"{name}.yaml"
    assert read_challenge(path).challenge == name


def test_the_challenge_of_2021_has_its_facts():
    part = read_challenge(resources("copytrace.hosting") / "challenges" / "isc2021.yaml")
    second = part.phases[1]
    assert str(second.closes_at) == "2021-10-27 23:59:00+00:00"
    assert second.limits.total == 3
    assert second.queries.ids()[0] == "Q50000"
    assert len(second.references.ids()) == 1_000_000
    assert second.prizes["matching"] == second.prizes["descriptor"] == ["$50,000", "$30,000", "$20,000"]
    assert [mirror.region for mirror in part.mirrors] == ["us-west-2", "ap-southeast-1", "eu-central-1"]
