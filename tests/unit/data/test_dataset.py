from __future__ import annotations

import pytest

from copytrace.data import CHALLENGES, Entry, Mirror, Split, choose, make_manifest, parse_dataset
from copytrace.errors import DataError
from copytrace.stores import parse_address

HOME = parse_address("/organiser")
TEXT = """
name: isc
title: A challenge
manifest: isc.parquet
sign: true
mirrors:
  us-west-2: {place: US West (Oregon), url: "s3://bucket/2021"}
  eu-central-1: {place: Europe (Frankfurt), url: }
splits:
  early: {kind: queries, phase: 1, folder: queries}
  queries-late: {phase: 2}
"""


def test_a_description_lists_mirrors_and_splits() -> None:
    dataset = parse_dataset(TEXT, home=HOME, name="isc.yaml")
    assert dataset.mirrors == (
        Mirror("us-west-2", "US West (Oregon)", "s3://bucket/2021"),
        Mirror("eu-central-1", "Europe (Frankfurt)", None),
    )
    assert dataset.splits == (
        Split("early", "queries", 1, "queries"),
        Split("queries-late", None, 2, None),
    )
    assert (dataset.name, dataset.title, dataset.manifest, dataset.sign) == (
        "isc",
        "A challenge",
        "isc.parquet",
        True,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mirrors: {", "line 2: is not YAML"),
        ("- a\n- b\n", 'line 1: is ["a", "b"]; must be a mapping'),
        ("name: isc\n", "mirrors is missing"),
        ("mirrors: {}\n", "line 1: mirrors is {}; must have at least 1 item"),
        ("mirrors: {here: {url: 3}}", "line 1: mirrors.here.url is 3; must be text"),
        ("mirrors:\n  here:\n    uri: a", "line 3: mirrors.here.uri is not a known key"),
        (
            "mirrors: {here: {url: a}}\nsplits: {q: {kind: dogs}}",
            "line 2: splits.q.kind is \"dogs\"; must be 'queries',",
        ),
        (
            "mirrors: {here: {url: a}}\nsplits: {q: {phase: 0}}",
            "line 2: splits.q.phase is 0; must be greater than or",
        ),
        ("mirrors: {here: {url: a}}\nversion: 2", "line 2: version is not a known key"),
    ],
)
def test_a_description_that_cannot_be_used_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=r"^isc\.yaml: ") as error:
        parse_dataset(text, home=HOME, name="isc.yaml")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("only", "phase", "paths"),
    [
        ((), None, ["a", "b", "c", "d"]),
        (("queries",), None, ["a", "b"]),
        (("queries", "truth"), None, ["a", "b", "d"]),
        ((), 2, ["b"]),
        (("queries",), 1, ["a"]),
    ],
)
def test_files_are_chosen_by_kind_and_phase(
    only: tuple[str, ...], phase: int | None, paths: list[str]
) -> None:
    dataset = parse_dataset(TEXT, home=HOME, name="isc.yaml")
    splits = {"a": "early", "b": "queries-late", "c": "references", "d": "truth"}
    manifest = make_manifest(
        [Entry(path, path, 1, "0" * 64, split) for path, split in splits.items()], name="isc"
    )
    chosen = choose(manifest, dataset, only=only, phase=phase)  # type: ignore[arg-type]
    assert [entry.path for entry in chosen] == paths


def test_the_description_of_2021_has_three_regions_and_two_phases() -> None:
    text = CHALLENGES["isc2021"].read_text()
    dataset = parse_dataset(text, home=HOME, name="isc2021.yaml")
    assert [mirror.name for mirror in dataset.mirrors] == ["us-west-2", "ap-southeast-1", "eu-central-1"]
    assert [mirror.url for mirror in dataset.mirrors] == [None, None, None]
    assert {split.name for split in dataset.splits if split.phase == 2} == {"queries-2"}
