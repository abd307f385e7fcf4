"""Output files: complete or absent, and never written over something that should stay.

A verb checks its outputs before it starts (`check_output`, `check_output_folder`). It writes them with `whole_file`
or `whole_folder`, which write next to the output, sync, and rename. Pipes and character devices, such as
`/dev/stdout` and `/dev/null`, are written directly.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from copytrace.errors import InputError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPLACE = "To replace it, add --replace."

LOCK_FILE = ".lock"
"""The lock file in a folder that `lock` holds."""

_OWN_DESCRIPTOR = re.compile(r"/dev/(?:stdout|stderr|fd/(\d+))|/proc/self/fd/(\d+)")
_UNLOCKABLE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def check_output(
    *paths: Path | None, replace: bool = False, inputs: Iterable[Path | str | None] = ()
) -> None:
    """Refuse output files that cannot be written or would destroy something, before any work starts.

    Args:
        paths: the outputs; None for one that was not requested.
        replace: existing files may be replaced.
        inputs: what the work reads; never replaced. Anything that is not a local path is ignored.

    Raises:
        InputError: a path is a folder, a link, a block device or an input; it exists and `replace` is not set; or
            its folder is missing or not writable.
    """
    for path in filter(None, paths):
        _require_place(path)
        if is_stream(path):
            continue
        _refuse_link(path)
        if path.exists():
            if any(path.samefile(source) for source in _here(inputs)):
                raise InputError(f"{path}: is both an input and the output. Name another output.")
            if not replace:
                raise InputError(f"{path}: already exists. {REPLACE}")


def check_output_folder(
    path: Path, mark: str | None = None, *, replace: bool = False, inputs: Iterable[Path | str | None] = ()
) -> None:
    """Refuse an output folder that cannot be written or would destroy something, before any work starts.

    Args:
        path: the folder, which may exist.
        mark: a file that only an earlier output contains; None: never replace an earlier output.
        replace: an earlier output may be replaced.
        inputs: what the work reads; never replaced.

    Raises:
        InputError: the path is a file or a link; it holds something else, an input, or an earlier output and
            `replace` is not set; or its parent is missing or not writable.
    """
    _require_folder_place(path, mark)
    if not path.is_dir() or not any(path.iterdir()):
        return
    for source in _here(inputs):
        if source.resolve().is_relative_to(path.resolve()):
            raise InputError(f"{path}: contains the input {source}. Name another folder.")
    if not replace:
        raise InputError(f"{path}: already holds an earlier output. {REPLACE}")


def check_distinct(*outputs: Path | None) -> None:
    """Refuse outputs of one command that would replace one another, before any work starts.

    Raises:
        InputError: two are the same path, or one is inside another.
    """
    files = [path for path in outputs if path is not None and not is_stream(path)]
    for first, second in combinations(files, 2):
        places = first.resolve(), second.resolve()
        if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
            raise InputError(f"{first} and {second}: one output would replace the other. Name another path.")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, and rename it to `path` when the block ends without an error.

    If the block is interrupted, nothing is left behind and an existing file at `path` stays as it was. After the
    block, the new file survives a power failure. A pipe or character device gets the content when the block ends.

    Raises:
        InputError: the path is a folder or a block device, or its folder is missing or not writable.
    """
    _require_place(path)
    if is_stream(path):
        with tempfile.TemporaryDirectory(prefix="copytrace-") as folder:
            unsent = Path(folder, path.name)
            yield unsent
            with unsent.open("rb") as content, _open_stream(path) as stream:
                shutil.copyfileobj(content, stream)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with naming(path):
            yield temporary
            sync_file(temporary)
            temporary.replace(path)
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, mark: str | None = None) -> Iterator[Path]:
    """Yield a temporary folder next to `path`, and move it to `path` when the block ends without an error.

    An earlier output at `path` is replaced as a whole, so old and new files never mix. It is recognised by the
    file `mark`, which the block writes. Any other folder that is not empty is left alone.

    Raises:
        InputError: the path is a file or a link, or holds something else, or its parent is missing or not writable.
    """
    _require_folder_place(path, mark)
    with naming(path):
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        try:
            yield temporary
            for folder, _, names in os.walk(temporary):
                for name in names:
                    sync_file(Path(folder, name))
                sync_folder(Path(folder))
            temporary.chmod(0o755)
            earlier = temporary.with_suffix(".earlier")
            if path.exists():
                # Removing it takes a while; an interrupt must not leave half of the old output and no new one.
                path.rename(earlier)
            temporary.replace(path)
            sync_folder(path.parent)
            shutil.rmtree(earlier, ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def is_stream(path: Path) -> bool:
    """Whether a path is written directly: a pipe, a character device, or a descriptor of this process."""
    if _OWN_DESCRIPTOR.fullmatch(os.fspath(path)):
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the path to a system error that lacks one: a full disk does not say which disk it is."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or os.fspath(path)
        raise


WAIT_OR_MOVE = "Wait until it ends, or name another output."


@contextmanager
def lock(folder: Path, output: Path, advice: str = WAIT_OR_MOVE) -> Iterator[None]:
    """Hold a folder, created if missing, for this process only; the lock ends with the process.

    Args:
        folder: the folder, which its holder may rename or remove.
        output: what the work in it produces; named if another process holds the folder.
        advice: what to do in that case.

    Raises:
        InputError: the folder is a link.
        LockedError: another process holds it.
    """
    _refuse_link(folder)
    while True:
        with naming(folder):
            folder.mkdir(exist_ok=True)
        file = folder / LOCK_FILE
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            continue  # Its holder has just removed the folder.
        try:
            _lock_or_refuse(descriptor, output, advice)
            if _is_at(descriptor, file):
                yield
                return
        finally:
            os.close(descriptor)


def _lock_or_refuse(descriptor: int, output: Path, advice: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError(f"{output}: another run is writing it. {advice}") from error
    except OSError as error:
        # Some network file systems have no locks; there, users must not start two runs at once.
        if error.errno not in _UNLOCKABLE:
            raise


def _is_at(descriptor: int, file: Path) -> bool:
    """Whether an open file is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _require_place(path: Path) -> None:
    """Refuse a path where no file can be written."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; expected a file name for the output.")
    if path.is_block_device() or path.is_socket():
        raise InputError(f"{path}: is a device or a socket; the output must be a file or a pipe.")
    if not is_stream(path):
        _require_parent(path)


def _require_folder_place(path: Path, mark: str | None) -> None:
    """Refuse a path where no folder can be written or replaced."""
    _refuse_link(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file; expected a folder for the output.")
    _require_parent(path)
    if path.is_dir() and any(path.iterdir()) and not (mark and (path / mark).is_file()):
        raise InputError(
            f"{path}: contains other files, which the output would replace. Name a new folder, such as "
            f"{path / 'new'}, or empty this one."
        )


def _require_parent(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"{path}: the folder {folder} does not exist. Create it first: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {folder} is not writable. Name another one.")


def _here(inputs: Iterable[Path | str | None]) -> list[Path]:
    """The inputs that are local paths; URLs and long patterns are not."""
    return [Path(source) for source in inputs if source and os.path.exists(source)]  # noqa: PTH110 - never raises


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise InputError(f"{path}: is a link to {path.readlink()}. Name the file itself, or another output.")


def _open_stream(path: Path) -> BinaryIO:
    """Open a stream for writing. Share a descriptor of this process: reopening it would start at the beginning."""
    own = _OWN_DESCRIPTOR.fullmatch(os.fspath(path))
    if own is None:
        return path.open("wb")
    number = own[1] or own[2] or ("2" if path.name == "stderr" else "1")
    return os.fdopen(os.dup(int(number)), "wb")


def sync_file(path: Path) -> None:
    """Flush the content of a file to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flush the names in a folder to disk, where the file system supports it."""
    with suppress(OSError):
        sync_file(path)
