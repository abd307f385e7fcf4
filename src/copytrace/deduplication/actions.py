"""What to do with copies: link them to the picture that is kept, move them away, or put them in the trash.

Nothing is deleted, every step is in a journal before it is taken, and `undo` takes them back. A picture is left alone
unless it and the one that is kept are what they were when they were compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from copytrace.deduplication.companions import companions
from copytrace.deduplication.journal import Journal
from copytrace.deduplication.steps import Hardlink, Move, Step, Trash
from copytrace.errors import InputError
from copytrace.records import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.deduplication.records import Duplicates, Group, Member, Picture
    from copytrace.progress import Progress

Action = Literal["list", "hardlink", "move", "trash"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be done with a copy.

    Attributes:
        copy: the copy.
        kept: the picture that stays.
        steps: for its file, and for those that belong to it.
    """

    copy: Picture
    kept: Picture
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be done with all copies.

    Attributes:
        tasks: one for each copy.
        left: copies that stay, and why.
    """

    tasks: tuple[Task, ...]
    left: tuple[Failure, ...]

    @property
    def files(self) -> int:
        """The number of files that are changed or moved."""
        return sum(len(task.steps) for task in self.tasks)

    @property
    def bytes(self) -> int:
        """The size of the copies."""
        return sum(task.copy.facts.bytes for task in self.tasks)


@dataclass(frozen=True)
class Outcome:
    """What was done.

    Attributes:
        done: number of copies.
        left: copies that stay, and why.
        journal: where the steps are written down; None where there was none to take.
    """

    done: int
    left: tuple[Failure, ...]
    journal: Path | None


def plan(found: Duplicates, action: Action, folder: Path | None = None) -> Plan:
    """Plan what to do with the copies; pictures of the same scene stay.

    Args:
        found: the duplicates.
        action: what to do.
        folder: where copies are moved to, under their paths in the collection.

    Raises:
        InputError: there is no such action, or it lacks its folder.
    """
    if action not in ACTIONS:
        raise InputError(f"'{action}' is not an action; expected one of: {', '.join(ACTIONS)}")
    if (action == "move") != (folder is not None):
        raise InputError("The action 'move' needs a folder to move copies to, and no other action does.")
    tasks, left = [], []
    for group in found.groups if action != "list" else ():
        for member in group.copies:
            made = _task(group, member, action, folder, found.source)
            if isinstance(made, Failure):
                left.append(made)
            else:
                tasks.append(made)
    return Plan(tuple(tasks), tuple(left))


def _task(
    group: Group, member: Member, action: Action, folder: Path | None, source: Path | None
) -> Task | Failure:
    picture, kept = member.picture, group.kept
    if picture.path is None or kept.path is None:
        return Failure(
            picture.name, "it or the picture that is kept is not a file of its own on this machine"
        )
    if action == "hardlink":
        if member.kind != "identical":
            return Failure(
                picture.name, f"only identical files can share one place; this one is {member.kind}"
            )
        return Task(picture, kept, (Hardlink(picture.path, kept.path),))
    paths = (picture.path, *companions(picture.path))
    if folder is None:
        return Task(picture, kept, tuple(Trash(path) for path in paths))
    return Task(picture, kept, tuple(Move(path, folder / _below(path, source)) for path in paths))


def _below(path: Path, source: Path | None) -> Path:
    """The path within the collection, or the whole path without its root."""
    place = path.parent.resolve() / path.name
    if source is not None and place.is_relative_to(source.resolve()):
        return place.relative_to(source.resolve())
    return place.relative_to(place.anchor)


def act(planned: Plan, journal: Path, progress: Progress) -> Outcome:
    """Do what was planned; a copy that cannot be dealt with is left, and the rest is done.

    Args:
        planned: what to do.
        journal: the file to write the steps to, which must not exist.
        progress: hears how far the work is.
    """
    if not planned.tasks:
        return Outcome(0, planned.left, None)
    left = list(planned.left)
    done = 0
    with Journal.begun(journal) as steps, progress.task("copies", len(planned.tasks), "files") as bar:
        for task in planned.tasks:
            reason = _why_not(task) or _taken(task, steps)
            if reason:
                left.append(Failure(task.copy.name, reason))
            else:
                done += 1
            bar.advance()
    return Outcome(done, tuple(left), journal)


def _why_not(task: Task) -> str:
    """Why a copy must stay; empty if it need not."""
    copy, kept = task.copy, task.kept
    if copy.path is None or kept.path is None:
        return "is not a file of its own"
    try:
        if copy.path.is_symlink() or kept.path.is_symlink():
            return "it or the picture that is kept is a link"
        if copy.path.samefile(kept.path):
            return "is the same file as the picture that is kept"
        changed = [each.name for each in (copy, kept) if _has_changed(each)]
    except OSError as error:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}"
    return f"{changed[0]} has changed since it was compared" if changed else ""


def _has_changed(picture: Picture) -> bool:
    if picture.path is None or picture.sha256 is None:
        return False
    with picture.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() != picture.sha256


def _taken(task: Task, journal: Journal) -> str:
    """Take the steps of a copy; gives why one failed, if one did."""
    try:
        for step in task.steps:
            journal.write(ready := step.prepared())
            ready.take()
    except OSError as error:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}"
    return ""


def undo(journal: Path) -> tuple[int, tuple[Failure, ...]]:
    """Take back the steps of a journal, the last first.

    Returns:
        the number of files that are back in their places, and those that cannot be put back. Steps that were never
        taken, or were taken back before, count for neither.

    Raises:
        InputError: the file is no journal.
    """
    back, left = 0, []
    for step in reversed(Journal.read(journal)):
        try:
            back += step.take_back()
        except OSError as error:
            left.append(Failure(str(step.path), (error.strerror or str(error)).lower()))
    return back, tuple(left)
