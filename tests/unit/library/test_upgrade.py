"""A library moves to another model while it serves its present vectors."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.descriptors import registry
from copytrace.errors import DescriptorError, InputError
from copytrace.library import IncompleteUpgradeError, Library, UpgradedError, upgrade
from copytrace.library.pictures import describe_picture
from copytrace.library.upgraded_rows import open_upgraded_rows
from tiny_networks import tiny_network, write_bank, write_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copytrace.progress import Bar

    Paint = Callable[[Path, int], Path]


class Meanwhile:
    """Does something once, when the first images have been described."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work: list[Callable[[], object]] = [work]

    @contextmanager
    def task(self, *_: Any) -> Iterator[Bar]:
        yield self

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        if count and not earlier and self._work:
            self._work.pop()()

    def show(self, text: str) -> None: ...

    def note(self, message: str) -> None: ...


def answers(library: Library, pictures: Path) -> list[dict[str, Any]]:
    return [found.to_dict() for found in library.lookup_images(pictures, workers=1)[0]]


def fresh(place: Path, model: str, pictures: Path) -> Library:
    """A new library of the same pictures."""
    Library.create(place, model=model)
    library = Library.open(place)
    library.add(pictures, workers=1)
    return library


def test_an_upgraded_library_answers_like_a_new_one(library: Library, photos: Path, tmp_path: Path) -> None:
    library.add(photos, metadata={"b.png": {"credit": "Ada"}}, workers=1)
    digest = library.lookup(photos / "a.png", verify=False).query_sha256
    assert digest is not None
    library.decide(digest, "b.png", "no_copy")
    with Library.open(library.path) as reader, fresh(tmp_path / "new", "pdq", photos) as new:
        assert reader.lookup(photos / "a.png", verify=False).hits
        done = library.upgrade(model="pdq", workers=1)
        assert (done.model, done.described, done.removed, done.changed) == ("pdq", 6, (), True)
        new.decide(digest, "b.png", "no_copy")
        new.add(photos, metadata={"b.png": {"credit": "Ada"}}, workers=1)
        # A reader that was open before answers with the new model too.
        assert answers(reader, photos) == answers(new, photos)
        assert reader.settings == new.settings
    assert not library.upgrade(workers=1).changed
    assert library.check(workers=1).sound
    assert not library._place.upgrade.exists()
    assert [each.name for each in library._place.segments.iterdir()] == ["000001.h5"]


def test_changes_during_an_upgrade_are_in_the_upgraded_library(
    library: Library, photos: Path, tmp_path: Path, painted: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "FEW", 0)
    library.add(photos, workers=1)

    def change() -> None:
        vector = read_rows(library)["c.png"]
        with Library.open(library.path) as other:
            painted(photos / "g.png", 6)
            painted(photos / "b.png", 7)
            other.add(photos, replace=True, workers=1)
            other.remove(["c.png"], purge=True)
        files = [file for file in library.path.rglob("*") if file.is_file()]
        assert not any(vector in file.read_bytes() for file in files)

    done = library.upgrade(model="pdq", workers=1, progress=Meanwhile(change))
    assert done.described == 6 + 2
    with fresh(tmp_path / "new", "pdq", photos) as new:
        new.remove(["c.png"])
        assert answers(library, photos) == answers(new, photos)


def read_rows(library: Library) -> dict[str, bytes]:
    """The vectors that an upgrade has described so far."""
    with open_upgraded_rows(next(library._place.upgrade.glob("*.sqlite"))) as rows:
        return {
            item_id: vector.tobytes()
            for batch in rows.batches(4)
            for item_id, vector in zip(batch.ids, batch.vectors, strict=True)
        }


def test_a_picture_is_described_again_if_the_library_was_upgraded_meanwhile(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(photos, workers=1)
    described = library.describe((photos / "a.png").read_bytes())

    def then_upgrade(*arguments: Any) -> Any:
        query = describe_picture(*arguments)
        with Library.open(library.path) as other:
            other.upgrade(model="pdq", workers=1)
        return query

    monkeypatch.setattr("copytrace.library.library.describe_picture", then_upgrade)
    hit = library.lookup(photos / "d.png", verify=False).hits[1]
    assert hit.score == int(hit.score) < 0, "a distance of PDQ is a number of bits"
    with pytest.raises(UpgradedError, match="was just upgraded to another model"):
        library.add_bytes("new.png", (photos / "a.png").read_bytes(), described=described)


def test_vectors_of_the_earlier_model_are_refused(library: Library, photos: Path) -> None:
    library.add(photos, workers=1)
    vectors = np.zeros((1, 256), np.float32)
    with Library.open(library.path) as reader:
        assert reader.lookup_vectors(vectors)[0].hits
        library.upgrade(model="pdq", workers=1)
        with pytest.raises(UpgradedError, match=r"library: was just upgraded"):
            reader.lookup_vectors(vectors)
        assert reader.lookup_vectors(vectors)[0].hits


def test_pictures_that_are_gone_or_changed_are_named_and_removed_only_on_request(
    library: Library, photos: Path, painted: Paint
) -> None:
    library.add(photos, workers=1)
    (photos / "b.png").unlink()
    painted(photos / "c.png", 9)
    # Two items may have the same file.
    for name in ("u.png", "v.png"):
        stored = Path(library.add_bytes(name, (photos / "d.png").read_bytes())[0].path)
    stored.write_bytes(b"")
    before = answers(library, photos / "a.png")
    with pytest.raises(IncompleteUpgradeError, match="4 of its 8 images cannot be described") as caught:
        library.upgrade(model="pdq", workers=1)
    assert [
        (each.name, each.reason) for each in sorted(caught.value.failures, key=lambda each: each.name)
    ] == [
        ("b.png", f"{photos / 'b.png'}: does not exist"),
        ("c.png", f"{photos / 'c.png'}: has changed since it was added"),
        ("u.png", f"{stored}: the file is empty"),
        ("v.png", f"{stored}: the file is empty"),
    ]
    assert (library.settings.model, answers(library, photos / "a.png")) == ("gist", before)

    done = library.upgrade(model="pdq", drop_missing=True, workers=1)
    assert (done.described, len(done.removed)) == (0, 4)
    assert [item.id for item in library.items()] == ["a.png", "d.png", "e.png", "f.png"]
    assert library.settings.model == "pdq"
    assert not stored.exists()


def test_a_disk_that_is_not_mounted_removes_nothing(library: Library, photos: Path) -> None:
    library.add(photos, workers=1)
    photos.rename(photos.with_name("elsewhere"))
    with pytest.raises(IncompleteUpgradeError, match="none of its 6 images can be read"):
        library.upgrade(model="pdq", drop_missing=True, workers=1)
    assert (len(library), library.settings.model) == (6, "gist")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of added models, which are not tried again."""
    monkeypatch.setenv("COPYTRACE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_another_version_of_a_model_names_the_command_that_upgrades(
    models: Path, photos: Path, tmp_path: Path
) -> None:
    write_bank(write_network(models / "own"))
    with fresh(tmp_path / "old", "own", photos) as library:
        assert library.settings.biased
    (models / "own").rename(models / "first")
    write_network(models / "own", tiny_network(seed=1), threshold=0.25)
    with Library.open(tmp_path / "old") as library:
        with pytest.raises(
            DescriptorError, match=rf"another version .* copytrace library upgrade {library.path}$"
        ):
            library.lookup(photos / "a.png")
        assert library.upgrade(workers=1).described == 6
        assert (library.settings.threshold, library.settings.biased) == (0.25, False)
        with fresh(tmp_path / "new", "own", photos) as new:
            assert answers(library, photos) == answers(new, photos)

    (models / "own").rename(models / "moved")
    with Library.open(tmp_path / "old") as library:
        with pytest.raises(DescriptorError, match=rf"upgrade {library.path} --model copytrace$"):
            library.lookup(photos / "a.png")
        # The same network under another name: nothing has to be described.
        assert not library.upgrade(model="moved").changed
        assert library.lookup(photos / "a.png", verify=False).hits[0].identical


def test_a_library_answers_with_the_model_that_shipped_when_it_was_created(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write_network(tmp_path / "1"), write_network(tmp_path / "2", tiny_network(seed=1))
    monkeypatch.setattr(registry, "_SHIPPED", {"tiny": first})
    with fresh(tmp_path / "library", "tiny", photos) as library:
        before = answers(library, photos)
        # Copies of this network were tried before.
        monkeypatch.setenv("COPYTRACE_TRIED_NETWORK", f"{library.settings.model_sha256} default")
    monkeypatch.setattr(registry, "_SHIPPED", {"tiny": second})
    with Library.open(tmp_path / "library") as library:
        assert answers(library, photos) == before
        assert library.upgrade(workers=1).changed
        with fresh(tmp_path / "new", "tiny", photos) as new:
            assert answers(library, photos) == answers(new, photos) != before
        assert [folder.name for folder in library._place.models.iterdir()] == [library.settings.version]


def test_an_own_background_is_kept_unless_the_model_changes(
    models: Path, photos: Path, tmp_path: Path
) -> None:
    bank = write_bank(write_network(models / "own")).rename(tmp_path / "bank.npz")
    Library.create(tmp_path / "library", model="own", background=bank)
    with Library.open(tmp_path / "library") as library:
        library.add(photos, workers=1)
        # Where earlier versions of copytrace kept it.
        kept = next(library._place.models.glob("*/background.npz"))
        kept.rename(library.path / "background.npz")
        kept.parent.rmdir()
        assert not library.upgrade(workers=1).changed
        assert library.settings.biased
        assert library.upgrade(model="gist", workers=1).changed
        assert not library.settings.biased
        assert library.upgrade(model="own", background=bank, workers=1).changed
        assert library.lookup(photos / "a.png", verify=False).hits[0].identical
        assert not (library.path / "background.npz").exists()


def test_a_library_in_milvus_is_refused(library: Library) -> None:
    with library._catalogue.writing():
        library._catalogue.change_settings(replace(library.settings, store="milvus://nowhere:1/agency"))
    with pytest.raises(
        InputError, match=r"keeps its vectors in Milvus.* copytrace library create NEW --store"
    ):
        library.upgrade(model="pdq")


def test_an_upgrade_that_is_killed_anywhere_changes_nothing_or_everything(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "upgrade_kills.py"
    run = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "killed" in run.stdout
