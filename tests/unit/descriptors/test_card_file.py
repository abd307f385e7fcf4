from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from copytrace.descriptors import Normalisation, read_card
from copytrace.errors import DescriptorError
from tiny_networks import card_fields

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, fields: object) -> Path:
    path.write_text(yaml.safe_dump(fields))
    return path


def test_a_card_is_read_field_by_field(tmp_path: Path) -> None:
    network = read_card(
        written(
            tmp_path / "card.yaml",
            card_fields(
                input={"width": 224, "height": 200, "resize": "crop", "short_side": 256, "bicubic": True},
                normalisation={"weight": 1.5, "first": 1, "last": 4},
                sha256="ab" * 32,
            ),
        )
    )
    card = network.card
    assert (card.name, card.dims, card.licence, card.origin) == ("tiny", 255, "MIT", "made in a test")
    assert (card.input.width, card.input.height, card.input.short_side, card.input.bicubic) == (
        224,
        200,
        256,
        True,
    )
    assert card.normalisation == Normalisation(1.5, 1, 4)
    assert card.sha256 == "ab" * 32
    assert network.mean == (0.485, 0.456, 0.406)
    assert network.views == ("plain",)


_INSET = {"side": 128, "certainty": 0.1, "most": 0.8, "sha256": "ab" * 32}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "lacks name"),
    ({"licence": " "}, "licence is ' '; a text is wanted"),
    ({"dims": 0}, "dims is 0; a whole number of 1 to"),
    ({"dims": True}, "dims is True"),
    ({"meen": [0, 0, 0]}, "unknown field meen"),
    ({"mean": [0.5]}, r"mean is \[0.5\]; three numbers are wanted"),
    ({"mean": ["a", 0, 0]}, "mean is 'a'; a number is wanted"),
    ({"std": [0, 1, 1]}, "std has a number that is not above 0"),
    ({"input": 160}, "input is 160; fields are wanted"),
    ({"inset": {"side": 128}}, "inset lacks certainty, most, sha256"),
    ({"inset": _INSET | {"certainty": 2}}, "inset: certainty and most are shares"),
    ({"inset": _INSET | {"side": 0}}, "inset: side is 0; a whole number"),
    ({"input": {"width": 160}}, "input lacks height"),
    ({"input": {"width": 160, "height": 9999}}, "input: height is 9999"),
    ({"input": {"width": 1, "height": 1, "grey": True}}, "grey cannot be chosen"),
    ({"input": {"width": 1, "height": 1, "resize": "stretch"}}, "wanted is one of squash, crop, keep"),
    ({"input": {"width": 9, "height": 9, "resize": "crop", "short_side": 8}}, "short_side is less than"),
    ({"input": {"width": 9, "height": 9, "resize": "keep", "short_side": 8}}, "are one number"),
    ({"sha256": "AB"}, "64 hexadecimal digits in lower case"),
    ({"views": ["upside down"]}, "a list of plain, mirrored is wanted"),
    ({"views": []}, "views is"),
    ({"normalisation": {"weight": 1, "first": 2, "last": 2}}, "normalisation: last is 2"),
    ({"normalisation": {"weight": 0, "first": 0, "last": 2}}, "a number above 0"),
    ({"normalisation": {"weight": 1}}, "normalisation lacks first, last"),
    ({"qualities": {"superb": {}}}, "there is no 'superb'; there are fast, default, best"),
    ({"qualities": {"fast": {"mean": [0, 0, 0]}}}, "the quality 'fast' has the unknown field mean"),
    ({"published": {"page": "here", "form": "pickle"}}, "form is 'pickle'"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = written(tmp_path / "card.yaml", card_fields(**changes))
    with pytest.raises(DescriptorError, match=sentence) as raised:
        read_card(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("text", ["- a list", "{", "just words", ""])
def test_a_file_that_is_no_card_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.yaml").write_text(text)
    with pytest.raises(DescriptorError, match=r"card\.yaml"):
        read_card(tmp_path / "card.yaml")
