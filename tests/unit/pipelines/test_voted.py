from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from skimage import data

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.pipelines.effort import EFFORTS
from copytrace.pipelines.find_copies import find_copies
from copytrace.records import Descriptors
from copytrace.vectors import write_descriptors

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.pipelines.effort import EffortName

REFERENCES = 1 + EFFORTS["default"].candidates + 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets whose vectors rank the right reference last; four queries, one of them a copy and one not a picture."""
    folder = tmp_path_factory.mktemp("voted")
    photo = Image.fromarray(data.chelsea()).resize((225, 150))
    pasted = draw_picture(99).convert("RGB").resize((260, 200))
    pasted.paste(photo.crop((20, 10, 210, 140)), (30, 40))
    others = [draw_picture(seed).resize((72, 54)) for seed in range(REFERENCES + 1)]
    (folder / "pictures").mkdir()
    for name, pictures in (("r", [photo, *others[2:]]), ("q", [pasted, *others[:2]])):
        ids = [f"{name}{number}" for number in range(len(pictures))]
        for id_, picture in zip(ids, pictures, strict=True):
            picture.save(folder / "pictures" / f"{id_}.png")
        if name == "q":
            ids.append("q3")
            (folder / "pictures" / "q3.png").write_bytes(b"not a picture")
        vectors = np.zeros((len(ids), 256), np.float32)
        if name == "r":
            vectors[:, 0] = [1000, *range(len(ids) - 1)]
        paths = [f"{id_}.png" for id_ in ids]
        made = Descriptors(ids, vectors, "pdq", source=str(folder / "pictures"), paths=paths)
        write_descriptors(folder / f"{name}.h5", made)
    return folder


@pytest.mark.parametrize(("effort", "found"), [("default", True), ("low", False)])
def test_a_copy_that_vectors_rank_last_is_found_by_its_details(
    folder: Path, effort: EffortName, *, found: bool
) -> None:
    result = find_copies(folder / "q.h5", folder / "r.h5", effort=effort, workers=1)
    pairs = list(zip(result.matches.query_ids, result.matches.reference_ids, strict=True))
    assert (("q0", "r0") in pairs) == found
    if found:
        assert pairs[0] == ("q0", "r0")
        assert result.matches.scores[0] > 0.95
        assert [failure.name for failure in result.failures] == [str(folder / "pictures" / "q3.png")]


def test_references_are_voted_for_if_extracting_their_features_costs_less_than_the_rest() -> None:
    assert EFFORTS["default"].votes(queries=100, references=1_000) == 10
    assert EFFORTS["default"].votes(queries=99, references=1_000) == 0
    assert EFFORTS["high"].votes(queries=1, references=1_000) == 30
    assert EFFORTS["high"].votes(queries=10_000, references=100_000) == 0
    assert EFFORTS["default"].votes(queries=100, references=30) == 0
    assert EFFORTS["low"].votes(queries=100, references=100) == 0
