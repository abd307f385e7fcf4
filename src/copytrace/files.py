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


def require_place(path: Path) -> None:
    """Refuse an output path that nothing can be written to, before any work is done for it.

    Raises:
        InputError: its folder does not exist.
    """
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}. Create it first: mkdir -p {path.parent}")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to `path` when the block ends without an error.

    An interrupted block leaves nothing behind, and an existing file at `path` as it was.

    Raises:
        InputError: the folder of `path` does not exist, or `path` is a folder.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; a file name is wanted for the output.")
    require_place(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`, and put it in the place of `path` when the block ends well.

    A folder that stands at `path` is replaced as a whole, so that nothing old stays among the new.

    Raises:
        InputError: the parent folder does not exist, or `path` is a file.
    """
    if path.is_file():
        raise InputError(f"{path}: is a file; a folder is wanted for the output.")
    require_place(path)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
