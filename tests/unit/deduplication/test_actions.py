from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from copytrace.deduplication import Action, Duplicates, Outcome, act, plan, undo
from copytrace.errors import InputError
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from pathlib import Path


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def done(found: Duplicates, action: Action, folder: Path | None, journal: Path) -> Outcome:
    return act(plan(found, action, folder), journal, SILENT)


def test_copies_are_moved_with_their_companions_and_restored(
    found: Duplicates, photos: Path, tmp_path: Path
) -> None:
    before = files_in(photos)
    outcome = done(found, "move", tmp_path / "away", tmp_path / "journal")
    assert (outcome.done, outcome.left) == (2, ())
    assert list(files_in(photos)) == ["a.jpg"]
    assert sorted(files_in(tmp_path / "away")) == [
        "c.CR2",
        "c.jpg",
        "c.jpg.pp3",
        "c.xmp",
        "sub/b.jpg",
        "sub/b.xmp",
    ]
    assert undo(tmp_path / "journal") == (6, ())
    assert files_in(photos) == before
    assert undo(tmp_path / "journal") == (0, ())


def test_copies_are_put_in_the_trash_of_the_desktop(
    found: Duplicates, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files_in(photos)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    trash = tmp_path / "data" / "Trash"
    (trash / "files").mkdir(parents=True)
    (trash / "files" / "b.jpg").write_text("trashed before")
    done(found, "trash", None, tmp_path / "journal")
    assert (trash / "files" / "b.2.jpg").read_text() == "picture"
    note = (trash / "info" / "b.2.jpg.trashinfo").read_text().splitlines()
    assert note[:2] == ["[Trash Info]", f"Path={photos / 'sub' / 'b.jpg'}"]
    assert note[2].startswith("DeletionDate=20")
    assert undo(tmp_path / "journal") == (6, ())
    assert files_in(photos) == before
    assert list((trash / "info").iterdir()) == []


def test_only_identical_files_are_linked_and_become_files_of_their_own_again(
    found: Duplicates, photos: Path, tmp_path: Path
) -> None:
    twin = photos / "sub" / "b.jpg"
    twin.chmod(0o600)
    os.utime(twin, ns=(5_000_000_000, 5_000_000_000))
    outcome = done(found, "hardlink", None, tmp_path / "journal")
    assert twin.samefile(photos / "a.jpg")
    assert [(left.name, left.reason) for left in outcome.left] == [
        (str(photos / "c.jpg"), "only identical files can be linked; this one is resized")
    ]
    assert undo(tmp_path / "journal") == (1, ())
    assert not twin.samefile(photos / "a.jpg")
    assert (twin.read_text(), twin.stat().st_mode & 0o777, twin.stat().st_mtime) == ("picture", 0o600, 5)


def test_pictures_of_the_same_scene_stay(scene: Duplicates, photos: Path, tmp_path: Path) -> None:
    assert done(scene, "move", tmp_path / "away", tmp_path / "journal").done == 1
    assert (photos / "c.jpg").exists()


def test_what_has_changed_since_it_was_compared_stays(
    found: Duplicates, photos: Path, tmp_path: Path
) -> None:
    (photos / "c.jpg").write_text("edited meanwhile")
    (photos / "sub" / "b.jpg").unlink()
    outcome = done(found, "move", tmp_path / "away", tmp_path / "journal")
    assert (outcome.done, [left.reason.partition(": ")[2] or left.reason for left in outcome.left]) == (
        0,
        ["no such file or directory", f"{photos / 'c.jpg'} has changed since it was compared"],
    )
    (photos / "a.jpg").unlink()
    (photos / "a.jpg").symlink_to(photos / "c.jpg")
    again = done(found, "move", tmp_path / "away", tmp_path / "second")
    assert again.left[1].reason == "it or the kept picture is a link"


def test_a_file_that_is_the_kept_one_under_another_name_stays(
    found: Duplicates, photos: Path, tmp_path: Path
) -> None:
    (photos / "sub" / "b.jpg").unlink()
    (photos / "sub" / "b.jpg").hardlink_to(photos / "a.jpg")
    outcome = done(found, "move", tmp_path / "away", tmp_path / "journal")
    assert outcome.left[0].reason == "is the same file as the kept picture"


def test_nothing_is_overwritten(found: Duplicates, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "c.jpg").write_text("another picture")
    outcome = done(found, "move", tmp_path / "away", tmp_path / "journal")
    assert [left.reason for left in outcome.left] == [f"{tmp_path / 'away' / 'c.jpg'}: already exists"]
    (photos / "sub" / "b.jpg").write_text("a new picture")
    back, left = undo(tmp_path / "journal")
    assert back == 1
    assert [failure.reason for failure in left] == ["another file is now there"]
    assert (photos / "sub" / "b.jpg").read_text() == "a new picture"


def test_a_journal_that_a_killed_process_left_is_undone(
    found: Duplicates, photos: Path, tmp_path: Path
) -> None:
    before = files_in(photos)
    journal = tmp_path / "journal"
    done(found, "move", tmp_path / "away", journal)
    lines = journal.read_text().splitlines()
    # The last step was written down but not taken, and the process was killed while it wrote another.
    last = json.loads(lines[-1])
    os.replace(last["to"], last["path"])  # noqa: PTH105 - as it was
    journal.write_text("\n".join([*lines, '{"step": "mo']))
    assert undo(journal) == (5, ())
    assert files_in(photos) == before


@pytest.mark.parametrize("content", ["", "no journal", '{"journal": "other"}', None])
def test_a_file_that_is_not_a_journal_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "journal").write_text(content)
    with pytest.raises(InputError, match="journal"):
        undo(tmp_path / "journal")


def test_an_action_needs_its_options(found: Duplicates, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a folder"):
        plan(found, "move")
    with pytest.raises(InputError, match="'delete' is not an action; expected one of: list, hardlink, move"):
        plan(found, "delete")  # type: ignore[arg-type]
    assert plan(found, "list").tasks == ()
    assert act(plan(found, "list"), tmp_path / "journal", SILENT).journal is None
    assert not (tmp_path / "journal").exists()
