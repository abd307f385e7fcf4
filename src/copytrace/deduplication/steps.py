"""The steps of actions; each can be recorded, taken and reverted.

To add a step, copy a neighbour and add a line to `STEPS`.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import quote

from copytrace.files import sync_file, sync_folder


class Step(Protocol):
    """An operation on one file."""

    @property
    def path(self) -> Path:
        """The file."""

    def prepared(self) -> Step:
        """The step with everything needed to revert it; changes nothing.

        Raises:
            OSError: it cannot be taken.
        """

    def take(self) -> None:
        """Take the step."""

    def take_back(self) -> bool:
        """Revert the step; False if it was not taken, or was reverted before.

        Raises:
            OSError: it cannot be reverted.
        """

    def to_dict(self) -> dict[str, Any]:
        """The step as JSON."""

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Step:
        """Read what `to_dict` returned."""


class _Written:
    """Reads and writes steps as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """The step as JSON."""
        values = asdict(self)  # type: ignore[call-overload]
        texts = {
            name: os.fspath(value) if isinstance(value, Path) else value for name, value in values.items()
        }
        return {"step": type(self).__name__.lower(), **texts}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Read what `to_dict` returned."""
        paths = {name: Path(value) if isinstance(value, str) else value for name, value in content.items()}
        return cls(**paths)


@dataclass(frozen=True)
class Move(_Written):
    """Move a file.

    Attributes:
        path: its present path.
        to: its new path, which must not exist.
    """

    path: Path
    to: Path

    def prepared(self) -> Move:
        """The step with absolute paths."""
        ready = Move(self.path.absolute(), self.to.absolute())
        if os.path.lexists(ready.to):
            raise FileExistsError(errno.EEXIST, "already exists", os.fspath(ready.to))
        return ready

    def take(self) -> None:
        """Move it."""
        self.to.parent.mkdir(parents=True, exist_ok=True)
        _move(self.path, self.to)

    def take_back(self) -> bool:
        """Move it back."""
        return _moved_back(self.to, self.path)


@dataclass(frozen=True)
class Trash(_Written):
    """Put a file in the trash of the desktop (freedesktop.org Trash specification 1.0).

    Attributes:
        path: its present path.
        folder: the trash; known once the step is prepared.
        name: its name in the trash.
    """

    path: Path
    folder: Path | None = None
    name: Path | None = None

    def prepared(self) -> Trash:
        """The step with its place in the trash."""
        path = self.path.absolute()
        folder = _trash_of(path)
        number, name = 1, path.name
        while os.path.lexists(folder / "files" / name) or os.path.lexists(
            folder / "info" / f"{name}.trashinfo"
        ):
            number += 1
            name = f"{path.stem}.{number}{path.suffix}"
        return replace(self, path=path, folder=folder, name=Path(name))

    @property
    def _places(self) -> tuple[Path, Path]:
        if self.folder is None or self.name is None:
            raise ValueError("the step is not prepared")
        return self.folder / "files" / self.name, self.folder / "info" / f"{self.name}.trashinfo"

    def take(self) -> None:
        """Write the note that the desktop uses to restore it, and move it."""
        place, note = self._places
        for folder in (place.parent, note.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M:%S")
        note.write_text(f"[Trash Info]\nPath={quote(os.fsencode(self.path))}\nDeletionDate={now}\n")
        sync_file(note)
        _move(self.path, place)

    def take_back(self) -> bool:
        """Move it back, and remove the note."""
        place, note = self._places
        back = _moved_back(place, self.path)
        note.unlink(missing_ok=True)
        return back


@dataclass(frozen=True)
class Hardlink(_Written):
    """Replace a file by a hard link to an identical one.

    Attributes:
        path: the file.
        kept: the identical one.
        mode: its permissions; known once the step is prepared.
        modified: its modification time in nanoseconds.
    """

    path: Path
    kept: Path
    mode: int = 0
    modified: int = 0

    def prepared(self) -> Hardlink:
        """The step with the attributes that a link loses."""
        status = self.path.stat()
        return Hardlink(
            self.path.absolute(), self.kept.absolute(), stat.S_IMODE(status.st_mode), status.st_mtime_ns
        )

    def take(self) -> None:
        """Replace the file by a link; the path exists at every moment."""
        temporary = _beside(self.path)
        os.link(self.kept, temporary)
        os.replace(temporary, self.path)  # noqa: PTH105 - fails if it is no file
        sync_folder(self.path.parent)

    def take_back(self) -> bool:
        """Replace the link by a separate file."""
        if not self.path.samefile(self.kept):
            return False
        temporary = _beside(self.path)
        try:
            shutil.copyfile(self.kept, temporary)
            temporary.chmod(self.mode)
            os.utime(temporary, ns=(self.modified, self.modified))
            sync_file(temporary)
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(self.path.parent)
        return True


STEPS: dict[str, type[Move | Trash | Hardlink]] = {"move": Move, "trash": Trash, "hardlink": Hardlink}


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _move(path: Path, to: Path) -> None:
    """Move a file, even to another disk; at every moment, one of the two places has the complete file."""
    try:
        path.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        temporary = _beside(to)
        try:
            shutil.copy2(path, temporary)
            sync_file(temporary)
            temporary.replace(to)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(to.parent)
        path.unlink()
    sync_folder(to.parent)
    sync_folder(path.parent)


def _moved_back(place: Path, path: Path) -> bool:
    if not os.path.lexists(place):
        if os.path.lexists(path):
            return False
        raise FileNotFoundError(errno.ENOENT, f"is no longer at {place}", os.fspath(path))
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "another file is now there", os.fspath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    _move(place, path)
    return True


def _trash_of(path: Path) -> Path:
    """The trash for a file: the user's, or the one at the top of another disk."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    home = Path(data, "Trash")
    device = path.lstat().st_dev
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if existing.stat().st_dev == device:
        return home
    top = path.parent.resolve()
    while not os.path.ismount(top) and top.parent.stat().st_dev == device:
        top = top.parent
    return top / f".Trash-{os.getuid()}"
