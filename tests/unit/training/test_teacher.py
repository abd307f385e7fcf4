from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.descriptors import load_descriptor
from copytrace.errors import InputError
from copytrace.images import fit
from copytrace.training import teacher
from copytrace.training.teacher import load_teacher, teacher_vectors

if TYPE_CHECKING:
    from copytrace.training.photos import Photos

pytestmark = pytest.mark.needs("torch")


def test_the_vectors_of_a_teacher_are_computed_once_and_what_is_missing_is_added(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    gist = load_descriptor("gist")
    model = load_teacher("gist")
    first = teacher_vectors(model, photos)
    assert first.dtype == np.float16
    expected = gist.describe([fit(Image.fromarray(photos[3]), gist.card.input)])[0]
    assert first[3] == pytest.approx(expected, abs=1e-3)
    kept = first.copy()
    first[30:] = np.nan
    assert np.array_equal(teacher_vectors(model, photos), kept)
    monkeypatch.setattr(teacher, "fit", None)
    assert np.array_equal(teacher_vectors(model, photos), kept)


def test_a_teacher_whose_terms_forbid_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = teacher.load_model(teacher.Choice("gist", raw=True))
    forbidding = replace(model.card, teaches=False)
    monkeypatch.setattr(model.descriptor, "card", forbidding)
    monkeypatch.setattr(teacher, "load_model", lambda _choice: model)
    with pytest.raises(InputError, match="terms of 'gist' do not allow training"):
        load_teacher("gist")
