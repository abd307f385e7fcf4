"""The page on models says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from copytrace.descriptors import read_card
from copytrace.descriptors.network import FORMS, QUALITIES, VIEWS
from copytrace.descriptors.published import published_names
from copytrace.images import RESIZES

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def test_the_example_card_is_read(tmp_path: Path) -> None:
    (card,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "card.yaml").write_text(card)
    assert read_card(tmp_path / "card.yaml").card.name == "mine"


def test_every_choice_of_a_card_is_named() -> None:
    for choice in (*RESIZES, *FORMS, *VIEWS, *QUALITIES):
        assert choice in PAGE


def test_every_published_model_is_listed() -> None:
    rows = "\n".join(re.findall(r"^\| `.*$", PAGE, re.MULTILINE))
    for name in published_names():
        family, _, variant = name.rpartition("_")
        assert f"`{name}`" in rows or (family in rows and f"`_{variant}`" in rows)
