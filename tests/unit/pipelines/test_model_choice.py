from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from copytrace.descriptors import Choice
from copytrace.errors import DescriptorError
from copytrace.pipelines.model_choice import load_maker
from copytrace.vectors import Header

if TYPE_CHECKING:
    from pathlib import Path


def _header(path: Path, source: str) -> Header:
    return Header(path, 3, 320, False, "gist", "ab", "0.1", "default", "", source, "cpu")  # noqa: FBT003 - no bias


def test_a_set_of_an_earlier_model_is_answered_with_the_command_that_describes_it_again(
    tmp_path: Path,
) -> None:
    made = _header(tmp_path / "old set.h5", "/photos")
    with pytest.raises(DescriptorError) as error:
        load_maker(Choice("gist"), [made])
    command = f"copytrace describe /photos -o '{tmp_path}/old set.h5' --model gist --replace"
    assert str(error.value).endswith(f"Describe its images again: {command}")


def test_a_set_without_a_source_leaves_its_images_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match="copytrace describe IMAGES -o"):
        load_maker(Choice("gist"), [_header(tmp_path / "old.h5", "")])


def test_a_set_whose_model_is_gone_names_the_command_for_another_model(tmp_path: Path) -> None:
    made = replace(_header(tmp_path / "old.h5", "/photos"), model="gone")
    with pytest.raises(DescriptorError, match=r"Unknown descriptor 'gone'.* -o \S*/old\.h5 --replace$"):
        load_maker(Choice("gone"), [made])
