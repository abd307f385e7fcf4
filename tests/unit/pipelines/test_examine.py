from pathlib import Path

import numpy as np
from PIL import Image

from copytrace.edits.drawing.forms import draw_form
from copytrace.images import ImageFile
from copytrace.matching import VERIFIERS, extract
from copytrace.pipelines.examine import Suspect, Suspects, examine, unpack_examined


def test_a_page_of_the_same_template_is_outdone_by_the_original_and_a_smaller_original_is_not(
    tmp_path: Path,
) -> None:
    original, other = (draw_form(1000, page) for page in range(2))
    smaller = original.resize((original.width * 3 // 4, original.height * 3 // 4), Image.Resampling.BICUBIC)
    original.save(tmp_path / "query.jpg", quality=60)
    query = ImageFile("query", tmp_path / "query.jpg", "query.jpg")
    verifier = VERIFIERS[0]
    packed = [verifier.pack(extract(np.asarray(each))) for each in (original, other, smaller)]
    piece = Suspects(0, "", (Suspect(query, (*packed, None)),), 4, verifier, None)
    _, (found,) = unpack_examined(examine(piece))
    outdone = [one and one.outdone for one in found.pairs]
    assert outdone[0] == 0
    assert outdone[1] is not None
    assert outdone[1] > 0.5
    assert outdone[2:] == [0, None]
