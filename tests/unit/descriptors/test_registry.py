from __future__ import annotations

import pytest

from copytrace.descriptors import DEFAULT, descriptor_card, load_descriptor
from copytrace.errors import DescriptorError


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DescriptorError, match=r"no descriptor 'phash'; there are: gist, pdq"):
        load_descriptor("phash")


def test_the_default_needs_no_optional_dependency() -> None:
    assert descriptor_card(DEFAULT).extra == ""
