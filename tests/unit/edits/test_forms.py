from __future__ import annotations

import numpy as np

from copytrace.edits.drawing.forms import draw_form


def test_a_page_depends_on_its_template_and_seed_alone() -> None:
    assert draw_form(5, 1).tobytes() == draw_form(5, 1).tobytes()


def test_pages_of_one_template_share_their_frame_and_differ_in_what_they_say() -> None:
    for template in range(4):
        first, second = (np.asarray(draw_form(template, seed)) for seed in range(2))
        assert first.shape == second.shape
        differing = (first != second).any(axis=2).mean()
        assert 0.002 < differing < 0.6
