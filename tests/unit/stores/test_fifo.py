from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import InputError
from copytrace.stores import open_store, parse_address

if TYPE_CHECKING:
    from pathlib import Path


def test_a_fifo_in_a_mirror_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "queries.tar")
    (tmp_path / "truth.csv").touch()
    store = open_store(parse_address(str(tmp_path)))
    assert store.key("truth.csv").endswith("truth.csv")
    with pytest.raises(InputError, match=r"queries\.tar: is not a regular file"):
        store.key("queries.tar")
