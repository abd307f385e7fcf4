from __future__ import annotations

from dataclasses import replace

import numpy as np

from copytrace.matching import Agreement, Evidence, Explanation, sentence

OVERLAP = Agreement(1.0, 200, 176, 0, 0.9, 0.95, 1.0, 0.62)
EVIDENCE = Evidence(np.eye(3), True, 160, 150, 20, 143, 0.0, 0.5, OVERLAP)  # noqa: FBT003 - mirrored
CROPPED = Explanation(None, np.zeros((4, 2)), 0.0, 1.0, ("mirrored", "cropped to 62% of the original"))


def test_a_copy_is_reported_with_its_edits_and_agreement() -> None:
    assert sentence("copy", 0.998, EVIDENCE, CROPPED) == (
        "copy (99.8%): mirrored, cropped to 62% of the original; 143 points agree in 88% of the overlap"
    )


def test_a_copy_without_visible_edits_is_the_whole_picture() -> None:
    words = sentence("probable", 0.62, EVIDENCE, replace(CROPPED, edits=()))
    assert words == "probably a copy (62.0%): the whole picture; 143 points agree in 88% of the overlap"


def test_no_edits_are_reported_for_another_picture_of_the_scene() -> None:
    words = sentence("same_scene", 0.2, replace(EVIDENCE, support=1), CROPPED)
    assert words == "same scene (20.0%): 1 point agrees in 88% of the overlap"


def test_an_overlap_with_nothing_to_compare_has_no_share() -> None:
    bare = replace(EVIDENCE, overlap=replace(OVERLAP, cells=0, agreeing=0))
    assert sentence("unclear", 0.2, bare, CROPPED) == "cannot tell (20.0%): 143 points agree"


def test_identical_files_need_no_other_reason() -> None:
    assert sentence("copy", 1.0, EVIDENCE, CROPPED) == "copy (100%): the files are identical"


def test_where_no_copy_was_found_the_verdict_stands_alone() -> None:
    assert sentence("none", 0.003, EVIDENCE, CROPPED) == "no copy found (0.3%)"
