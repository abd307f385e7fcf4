from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from copytrace.edits.drawing.graphics import draw_graphic
from copytrace.edits.drawing.pages import draw_page
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.edits.drawing.surfaces import draw_surface


@pytest.mark.parametrize("draw", [draw_graphic, draw_page, draw_picture, draw_surface])
def test_a_drawn_picture_depends_on_its_seed_alone(draw: Callable[[int], Image.Image]) -> None:
    first, again, other = draw(5), draw(5), draw(6)
    assert first.mode == "RGB"
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("draw", [draw_graphic, draw_page, draw_picture, draw_surface])
def test_no_drawn_picture_is_empty(draw: Callable[[int], Image.Image]) -> None:
    for seed in range(25):
        assert np.asarray(draw(seed)).std() > 3
