"""An image that kills every process that reads it is reported as a failure; the rest is processed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.engines import LocalEngine, WorkerDiedError
from copytrace.errors import CopytraceError
from copytrace.pipelines.describe import describe
from copytrace.pipelines.find_copies import find_copies
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

REASON = "reading it killed 3 worker processes (signal SIGKILL)"


class Deadly(LocalEngine):
    """Runs in this process, as if some images killed every worker that reads them."""

    def __init__(self, *names: bytes) -> None:
        super().__init__(1)
        self._names = names

    def map_unordered(
        self,
        work: Callable[[Any], Any],
        tasks: Iterable[Any],
        *,
        on_death: Callable[[Any, WorkerDiedError], Any] | None = None,
    ) -> Generator[tuple[Any, Any]]:
        for task in tasks:
            content = pickle.dumps(task)
            if any(name in content for name in self._names):
                assert on_death is not None
                yield task, on_death(task, WorkerDiedError("signal SIGKILL", "--workers"))
            else:
                yield task, work(task)


@pytest.mark.parametrize("tiles", [0, 5])
def test_the_other_images_of_a_chunk_are_described(library: Path, tmp_path: Path, tiles: int) -> None:
    describe(library, tmp_path / "all.h5", model="gist", tiles=tiles, workers=1)
    done = describe(library, tmp_path / "set.h5", model="gist", tiles=tiles, engine=Deadly(b"R03.jpg"))
    assert [failure.reason for failure in done.failures] == [REASON]
    assert done.failures[0].name.endswith("R03.jpg")
    whole, rest = read_descriptors(tmp_path / "all.h5"), read_descriptors(tmp_path / "set.h5")
    assert rest.ids == [image for image in whole.ids if image != "R03"]
    np.testing.assert_array_equal(rest.vectors, np.delete(whole.vectors, 3, axis=0))


def test_a_source_without_a_usable_image_is_refused(library: Path, tmp_path: Path) -> None:
    with pytest.raises(CopytraceError, match=r"None of the 1 images can be used.*killed 3 worker processes"):
        describe(library / "R03.jpg", tmp_path / "set.h5", model="gist", engine=Deadly(b"R03.jpg"))


def test_the_other_pairs_are_compared(suspects: Path, library: Path, tmp_path: Path) -> None:
    sets = tmp_path / "q.h5", tmp_path / "r.h5"
    for pictures, output in zip((suspects, library), sets, strict=True):
        describe(pictures, output, model="gist", workers=1)
    found = find_copies(*sets, engine=Deadly(b"Q90.jpg", b"R11.jpg"))
    assert sorted(failure.name[-7:] for failure in found.failures) == ["Q90.jpg", "R11.jpg"]
    assert {failure.reason for failure in found.failures} == {REASON}
    assert (found.matches.query_ids[0], found.matches.reference_ids[0]) == ("Q03", "R03")
    assert found.matches.scores[0] > 0.5
