from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.descriptors import Choice
from copytrace.engines import LocalEngine
from copytrace.errors import CopytraceError, InputError
from copytrace.images import ImageFile
from copytrace.pipelines.machines import LEAST_FREE, check_machines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GIST = Choice("gist")


class Cluster(LocalEngine):
    """Queries this machine, and changes the answer of the second of its two machines."""

    remote = True

    def __init__(self, change: Callable[[Any], Any], *, ships: bool = False) -> None:
        super().__init__(1)
        self._change = change
        self.ships = ships

    def on_each_machine(self, work: Callable[[Any], Any], task: Any) -> list[tuple[str, Any]]:
        return [("one", work(task)), ("two", self._change(work(task)))]


@pytest.fixture
def image(tmp_path: Path) -> ImageFile:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"picture")
    return ImageFile("a", str(path), "a.jpg")


def test_machines_that_have_what_the_driver_has_are_accepted(image: ImageFile) -> None:
    check_machines(Cluster(lambda answer: answer), GIST, image)


def test_every_difference_is_named_with_its_machine(image: ImageFile) -> None:
    there = {"version": "0.0.9", "model": "x", "source": "no such file or directory", "free": LEAST_FREE - 1}
    with pytest.raises(InputError) as raised:
        check_machines(Cluster(lambda answer: replace(answer, **there)), GIST, image)
    lines = str(raised.value).splitlines()[1:]
    assert [line[:4] for line in lines] == ["two:"] * 4
    assert "copytrace is 0.0.9" in lines[0]
    assert "the model is 'x'" in lines[1]
    assert "a.jpg: no such file or directory" in lines[2]
    assert "--ship" in lines[2]
    assert "1,073,741,823 bytes of free disk" in lines[3]


def test_a_machine_without_copytrace_is_named(image: ImageFile) -> None:
    failed = CopytraceError("ModuleNotFoundError: No module named 'copytrace'")
    with pytest.raises(InputError, match="two: ModuleNotFoundError: No module named 'copytrace'"):
        check_machines(Cluster(lambda _: failed), GIST, image)


def test_a_cluster_without_machines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "on_each_machine", lambda *_: [])
    with pytest.raises(InputError, match="no machine that runs tasks"):
        check_machines(Cluster(lambda answer: answer))


def test_inputs_that_are_sent_need_not_be_readable_elsewhere(tmp_path: Path) -> None:
    seen = []

    def note(answer: Any) -> Any:
        seen.append(answer.source)
        return answer

    check_machines(Cluster(note, ships=True), None, tmp_path / "set.h5")
    assert seen == [""]


def test_a_file_of_vectors_must_be_the_same_at_both_ends(tmp_path: Path) -> None:
    file = tmp_path / "set.h5"
    file.write_bytes(bytes(3 << 20))

    def changed(answer: Any) -> Any:
        file.write_bytes(bytes((3 << 20) - 1) + b"!")
        (_, other) = Cluster(lambda same: same).on_each_machine(*asked)
        return replace(answer, source=other[1].source)

    asked: list[Any] = []

    class Remembering(Cluster):
        def on_each_machine(self, work: Callable[[Any], Any], task: Any) -> list[tuple[str, Any]]:
            asked[:] = [work, task]
            return super().on_each_machine(work, task)

    with pytest.raises(InputError, match=r"two: .*set.h5: has 3,145,728 bytes and the digest"):
        check_machines(Remembering(changed), None, file)


def test_an_engine_of_this_machine_is_not_asked(tmp_path: Path) -> None:
    check_machines(LocalEngine(2), Choice("no such model"), tmp_path / "missing")
