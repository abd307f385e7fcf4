from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.descriptors import DEFAULT, DESCRIPTORS, descriptor_card, load_descriptor
from copytrace.descriptors.added import added_names
from copytrace.descriptors.registry import network_folder
from copytrace.errors import DescriptorError
from tiny_networks import write_network

if TYPE_CHECKING:
    from pathlib import Path


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    names = ", ".join(card.name for card, _ in DESCRIPTORS)
    with pytest.raises(
        DescriptorError, match=f"Unknown descriptor 'phash'; available: {names}. See: copytrace models"
    ):
        load_descriptor("phash")


def test_an_unknown_quality_is_refused_with_the_available_ones() -> None:
    with pytest.raises(DescriptorError, match="'gist' has no quality 'best'; it has: default"):
        load_descriptor("gist", "best")


def test_a_folder_with_a_network_is_a_model(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "mine", name="my-own")
    assert load_descriptor(str(folder)).card == descriptor_card(str(folder))
    assert descriptor_card(str(folder)).name == "my-own"
    assert network_folder(str(folder)) == folder


def test_an_added_network_is_known_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRACE_MODELS", str(tmp_path))
    write_network(tmp_path / "mine", name="mine")
    write_network(tmp_path / ".half.part", name="half")
    assert added_names() == ["mine"]
    assert load_descriptor("mine").card.name == "mine"
    with pytest.raises(DescriptorError, match=r"Unknown descriptor '\.\./mine'"):
        load_descriptor("../mine")


def test_the_default_needs_no_optional_dependency() -> None:
    assert descriptor_card(DEFAULT).extra == ""
