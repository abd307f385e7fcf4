from __future__ import annotations

import pytest

from copytrace import vectors


def test_every_name_is_there() -> None:
    assert all(hasattr(vectors, name) for name in vectors.__all__)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match=r"module 'copytrace\.vectors' has no attribute 'read_all'"):
        _ = vectors.read_all
