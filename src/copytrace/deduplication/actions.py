"""Actions on copies: link them to the kept picture, move them elsewhere, or put them in the trash.

Nothing is deleted. Every step is recorded in a journal before it is taken, and `undo` reverts it. A picture is left
alone unless it and the kept one are unchanged since they were compared.
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
    """The action on one copy.

    Attributes:
        copy: the copy.
        kept: the picture to keep.
        steps: steps for its file, and for the files that belong to it.
    """

    copy: Picture
    kept: Picture
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """The actions on all copies.

    Attributes:
        tasks: one per copy.
        left: copies that stay, and why.
    """

    tasks: tuple[Task, ...]
    left: tuple[Failure, ...]

    @property
    def files(self) -> int:
        """The number of files to change or move."""
        return sum(len(task.steps) for task in self.tasks)

    @property
    def bytes(self) -> int:
        """The total size of the copies."""
        return sum(task.copy.facts.bytes for task in self.tasks)


@dataclass(frozen=True)
class Outcome:
    """The result of the actions.

    Attributes:
        done: number of copies handled.
        left: copies that stay, and why.
        journal: the file that records the steps; None if there were none.
    """

    done: int
    left: tuple[Failure, ...]
    journal: Path | None


def plan(found: Duplicates, action: Action, folder: Path | None = None) -> Plan:
    """Plan the actions on copies; pictures of the same scene stay.

    Args:
        found: the duplicates.
        action: the action.
        folder: the folder to move copies to, keeping their paths in the collection.

    Raises:
        InputError: the action does not exist, or needs a folder.
    """
    if action not in ACTIONS:
        raise InputError(f"'{action}' is not an action; expected one of: {', '.join(ACTIONS)}")
    if (action == "move") != (folder is not None):
        raise InputError("The action 'move' needs a folder; no other action accepts one.")
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
        return Failure(picture.name, "it or the kept picture is not a separate file on this machine")
    if action == "hardlink":
        if member.kind != "identical":
            return Failure(picture.name, f"only identical files can be linked; this one is {member.kind}")
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
    """Carry out a plan; a copy that cannot be handled is left, and the rest is done.

    Args:
        planned: the plan.
        journal: the file to record the steps in, which must not exist.
        progress: reports progress.
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
    """Why a copy must stay; empty if it can be handled."""
    copy, kept = task.copy, task.kept
    if copy.path is None or kept.path is None:
        return "is not a separate file"
    try:
        if copy.path.is_symlink() or kept.path.is_symlink():
            return "it or the kept picture is a link"
        if copy.path.samefile(kept.path):
            return "is the same file as the kept picture"
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
    """Take the steps of a copy; return why one failed, if one did."""
    try:
        for step in task.steps:
            journal.write(ready := step.prepared())
            ready.take()
    except OSError as error:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}"
    return ""


def undo(journal: Path) -> tuple[int, tuple[Failure, ...]]:
    """Revert the steps of a journal, last first.

    Returns:
        The number of files restored, and those that cannot be restored. Steps that were never taken, or were reverted
        before, count for neither.

    Raises:
        InputError: the file is not a journal.
    """
    back, left = 0, []
    for step in reversed(Journal.read(journal)):
        try:
            back += step.take_back()
        except OSError as error:
            left.append(Failure(str(step.path), (error.strerror or str(error)).lower()))
    return back, tuple(left)
