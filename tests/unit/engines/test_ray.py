"""The Ray engine without a cluster."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.cli.options import engine_of
from copytrace.engines import LocalEngine, RayEngine, ray
from copytrace.errors import ImageError, InputError, MissingDependencyError
from copytrace.images import ImageFile

if TYPE_CHECKING:
    from pathlib import Path


def test_local_work_does_not_import_ray() -> None:
    code = (
        "import sys; from copytrace.engines import LocalEngine, RayEngine; import copytrace.pipelines.find_copies\n"
        "assert list(LocalEngine(1).map_unordered(abs, [-1])) == [(-1, 1)]; RayEngine(2)\n"
        "sys.exit('ray' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_ray_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install '.\[ray\]'"):
        list(RayEngine(2).map_unordered(abs, [1]))


def test_tasks_that_are_shipped_hold_the_bytes_of_their_images(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"picture")
    there, gone = ImageFile("a", str(path), "a.jpg"), ImageFile("b", str(tmp_path / "b.jpg"), "b.jpg")
    packed = ray._dump_with_inputs({"images": [there, gone], "number": 3})
    path.unlink()
    task = pickle.loads(packed)
    assert task["number"] == 3
    assert task["images"] == [there, gone]
    assert task["images"][0].read_bytes() == b"picture"
    assert task["images"][0].shipped() is task["images"][0]
    with pytest.raises(ImageError, match=r"b\.jpg: no such file"):
        task["images"][1].read_bytes()


def test_options_name_an_engine() -> None:
    plain: dict[str, Any] = {"address": None, "slots": None, "ship": False}
    assert isinstance(engine_of("local", workers=3, **plain), LocalEngine)
    there = engine_of("ray", address="auto", slots=5, ship=True)
    assert (there.slots, there.ships, there.remote) == (5, True, True)


@pytest.mark.parametrize(
    ("engine", "option", "reason"),
    [
        ("local", {"address": "auto"}, "--address is for a Ray cluster; add --engine ray"),
        ("local", {"slots": 2}, "--slots is for"),
        ("local", {"ship": True}, "--ship is for"),
        ("ray", {"workers": 2}, "on a Ray cluster, use --slots"),
    ],
)
def test_options_of_the_other_engine_are_refused(engine: Any, option: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        engine_of(engine, **({"address": None, "slots": None, "ship": False} | option))
