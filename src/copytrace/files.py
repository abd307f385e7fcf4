"""Output files that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def require_place(*paths: Path | None) -> None:
    """Refuse an output file that nothing can be written to, before any work is done for it.

    Raises:
        InputError: the folder of a path does not exist or may not be written to, or the path is a folder.
    """
    for path in paths:
        if path is not None:
            if path.is_dir():
                raise InputError(f"{path}: is a folder; a file name is wanted for the output.")
            _require_parent(path)


def require_folder_place(path: Path, mark: str | None = None) -> None:
    """Refuse an output folder that cannot be written, or that holds what is not ours to replace.

    Args:
        path: the folder, there or not.
        mark: a file that only an earlier output has; None: there must be no earlier one.

    Raises:
        InputError: its parent does not exist or may not be written to, it is a file, or it is neither empty nor
            an earlier output.
    """
    if path.is_file():
        raise InputError(f"{path}: is a file; a folder is wanted for the output.")
    _require_parent(path)
    if path.is_dir() and any(path.iterdir()) and not (mark and (path / mark).is_file()):
        raise InputError(
            f"{path}: holds other files, which the output would replace. Name a new folder, such as "
            f"{path / 'new'}, or empty this one."
        )


def _require_parent(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder}. Create it first: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {folder} may not be written to. Name another one.")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to `path` when the block ends without an error.

    An interrupted block leaves nothing behind, and an existing file at `path` as it was.

    Raises:
        InputError: as `require_place`.
    """
    require_place(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        # A full disk is told without a name; a person wants to know which one it is.
        error.filename = error.filename or os.fspath(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, mark: str | None = None) -> Iterator[Path]:
    """Give a temporary folder beside `path`, and put it in the place of `path` when the block ends well.

    An earlier output at `path` is replaced as a whole, so that nothing old stays among the new; it is known by
    the file `mark`, which the block writes. Any other folder that holds something is left alone.

    Raises:
        InputError: as `require_folder_place`.
    """
    require_folder_place(path, mark)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
