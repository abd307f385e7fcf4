from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import copytrace.descriptors
from copytrace.descriptors import Normalisation, read_card
from copytrace.descriptors.card_file import check_card
from copytrace.documents import read_yaml
from copytrace.errors import DescriptorError
from tiny_networks import card_fields


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
    ({"name": None}, "name is null; must be text"),
    ({"licence": " "}, 'licence is " "; must have at least 1 character'),
    ({"dims": 0}, "dims is 0; must be greater than or equal to 1"),
    ({"dims": True}, "dims is true; must be a whole number"),
    ({"meen": [0, 0, 0]}, "meen is not a known key"),
    ({"mean": [0.5]}, r"mean is \[0.5\]; must have at least 3 items"),
    ({"mean": ["a", 0, 0]}, 'mean.0 is "a"; must be a valid number'),
    ({"mean": [float("inf"), 0, 0]}, "mean.0 is Infinity; must be a finite number"),
    ({"std": [0, 1, 1]}, "std.0 is 0; must be greater than 0"),
    ({"input": 160}, "input is 160; must be a mapping"),
    ({"inset": {"side": 128}}, "inset.certainty is missing"),
    ({"inset": _INSET | {"certainty": 2}}, "inset.certainty is 2; must be less than or equal to 1"),
    ({"inset": _INSET | {"side": 0}}, "inset.side is 0; must be greater"),
    ({"input": {"width": 160}}, "input.height is missing"),
    ({"input": {"width": 160, "height": 9999}}, "input.height is 9999; must be less than or equal to 2048"),
    ({"input": {"width": 1, "height": 1, "grey": True}}, "input.grey is not a known key"),
    ({"input": {"width": 1, "height": 1, "resize": "stretch"}}, "must be 'squash', 'crop' or 'keep'"),
    ({"input": {"width": 9, "height": 9, "resize": "crop", "short_side": 8}}, "short_side is smaller than"),
    ({"input": {"width": 9, "height": 9, "resize": "keep", "short_side": 8}}, "must be equal"),
    ({"sha256": "AB"}, 'sha256 is "AB"; must match pattern'),
    ({"views": ["upside down"]}, "views.0 is \"upside down\"; must be 'plain' or 'mirrored'"),
    ({"views": []}, r"views is \[\]; must have at least 1 item"),
    ({"normalisation": {"weight": 1, "first": 2, "last": 2}}, "last must be greater than first"),
    ({"normalisation": {"weight": 0, "first": 0, "last": 2}}, "weight is 0; must be greater than 0"),
    ({"normalisation": {"weight": 1}}, "normalisation.last is missing"),
    ({"qualities": {"superb": {}}}, "must be 'fast', 'default' or 'best'"),
    ({"qualities": {"fast": {"mean": [0, 0, 0]}}}, "qualities.fast.mean is not a known key"),
    ({"qualities": {"fast": {"input": {"width": 0}}}}, "input.width is 0; must be"),
    ({"published": {"page": "here", "form": "pickle"}}, 'published.form is "pickle"; must be'),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = written(tmp_path / "card.yaml", card_fields(**changes))
    with pytest.raises(DescriptorError, match=sentence) as raised:
        read_card(path)
    assert str(raised.value).startswith(f"{path}: line ")
    assert "docs/models.md" in str(raised.value)


@pytest.mark.parametrize("text", ["- a list", "{", "just words", ""])
def test_a_file_that_is_not_a_card_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.yaml").write_text(text)
    with pytest.raises(DescriptorError, match=r"card\.yaml"):
        read_card(tmp_path / "card.yaml")


def test_every_card_that_ships_is_sound() -> None:
    package = Path(copytrace.descriptors.__file__).parent
    cards = [*package.glob("weights/*/card.yaml"), *package.glob("published/*.yaml")]
    for path in cards:
        check_card(read_yaml(path))
    assert len(cards) >= 12
