"""Sets of tar files (shards), and tar files that must be unpacked for random access.

A compressed tar file can only be read from its start. In effect, so can one at a URL, since a member's offset is
known only once all earlier members have been seen. Such a shard is therefore streamed once into a temporary file,
which is then read as an ordinary tar file.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import os
import re
import shutil
import tempfile
import weakref
import zlib
from contextlib import contextmanager
from itertools import product, takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from copytrace.errors import SourceError
from copytrace.images.file import plain_reason, shown
from copytrace.images.list_builder import Container
from copytrace.images.remote_bytes import open_source
from copytrace.images.tar import find_in_tar
from copytrace.stores import is_remote, parse_address, trouble_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from copytrace.images.list_builder import ImageListBuilder
    from copytrace.progress import Progress

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_OPENERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file)),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_OPENERS |= {".tgz": _OPENERS[".gz"], ".tbz2": bz2.BZ2File, ".txz": lzma.LZMAFile}
_ENDING = re.compile(r"\.tar(\.[a-z0-9]+)?$|\.t(gz|bz2|xz)$", re.IGNORECASE)
_COPY_BYTES = 1 << 20
_MAX_SHARDS = 100_000

# Pictures barely compress; a file that unpacks to far more than its size is a decompression bomb.
_MAX_GROWTH = 50
_SMALL_BYTES = 64 << 20


def is_shard(name: str) -> bool:
    """Whether the extension is that of a tar file, compressed or not.

    >>> is_shard("train-0001.tar"), is_shard("a.TAR.GZ"), is_shard("a.tgz"), is_shard("a.jpg")
    (True, True, True, False)
    """
    return _ENDING.search(name) is not None


def expand(pattern: str) -> list[str]:
    """Expand a pattern with ranges into names, as in WebDataset.

    Raises:
        SourceError: a range runs backwards, or there are too many names.

    >>> expand("train-{008..010}.tar")
    ['train-008.tar', 'train-009.tar', 'train-010.tar']
    """
    ranges = [(found[1], int(found[1]), int(found[2])) for found in _RANGE.finditer(pattern)]
    if any(first > last or last - first >= _MAX_SHARDS for _, first, last in ranges):
        raise SourceError(
            f"{pattern}: write ranges from the lower to the higher number, such as {{000..127}}."
        )
    if (count := math.prod(last - first + 1 for _, first, last in ranges)) > _MAX_SHARDS:
        raise SourceError(
            f"{pattern}: stands for {count:,} names; at most {_MAX_SHARDS:,} can be read at once."
        )
    template = _RANGE.sub("\0", pattern).split("\0")
    numbers = [
        [f"{number:0{len(text)}d}" for number in range(first, last + 1)] for text, first, last in ranges
    ]
    return [
        "".join(piece for pair in zip(template, (*chosen, ""), strict=True) for piece in pair)
        for chosen in product(*numbers)
    ]


class Unpacked:
    """A folder of unpacked shards, removed when nothing refers to it any more or Python exits."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="copytrace-shards-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def find_in_shards(shards: Sequence[str], found: ImageListBuilder, progress: Progress) -> Unpacked | None:
    """Find the images of several tar files; unpack those that are compressed or at a URL.

    Args:
        shards: paths or URLs.
        found: collects the images.
        progress: reports how many shards are done.

    Returns:
        An object that keeps the unpacked files, if there are any.

    Raises:
        SourceError: one of them cannot be read, or is not a tar file.
    """
    to_unpack = [shard for shard in shards if is_remote(shard) or not shard.lower().endswith(".tar")]
    if not to_unpack:
        for shard in shards:
            found.enter(Container("tar", shard))
            _find_in(shard, found)
        return None
    unpacked = Unpacked()
    with progress.task("unpack", len(shards), "shards") as bar:
        for number, shard in enumerate(shards):
            path = str(unpacked.folder / f"{number}.tar")
            _unpack(shard, shown(shard), Path(path))
            found.enter(Container("tar", path, shown(shard)))
            _find_in(path, found)
            bar.advance()
    return unpacked


def shard_names(containers: Sequence[Container]) -> list[str]:
    """Names that tell the images of different shards apart: their paths without common folder and extension.

    >>> shard_names([Container("tar", f"/photos/part-{number}.tar") for number in range(2)])
    ['part-0', 'part-1']
    """
    paths = [(container.label or container.path).split("/") for container in containers]
    folders = zip(*(path[:-1] for path in paths), strict=False)
    shared = sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, folders))
    names = ["/".join(path[shared:]) for path in paths]
    short = [_ENDING.sub("", name) for name in names]
    return short if len(set(short)) == len(short) else names


def _find_in(path: str, found: ImageListBuilder) -> None:
    try:
        find_in_tar(path, found)
    except OSError as error:
        raise SourceError(f"{shown(found.name)}: {plain_reason(error)}.") from error


def _unpack(shard: str, label: str, target: Path) -> None:
    """Write the plain tar file with the shard's time, so that its images are recognised again."""
    ending = Path(shard).suffix.lower()
    if ending != ".tar" and ending not in _OPENERS:
        raise SourceError(f"{label}: tar files must be uncompressed or compressed with gzip, bzip2 or xz.")
    try:
        with _opened(shard) as (raw, size, modified), target.open("wb") as out:
            source = _OPENERS[ending](raw) if ending in _OPENERS else raw
            _copy(source, out, max(_SMALL_BYTES, _MAX_GROWTH * size), label)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = plain_reason(error) if isinstance(error, OSError) else str(error)
        raise SourceError(f"{label}: cannot be unpacked: {reason}.") from error
    os.utime(target, ns=(modified, modified))


def _copy(source: IO[bytes], out: IO[bytes], most: int, label: str) -> None:
    written = 0
    while chunk := source.read(_COPY_BYTES):
        written += out.write(chunk)
        if written > most:
            raise SourceError(
                f"{label}: unpacks to more than {most:,} bytes, far more than pictures would; not unpacked."
            )
        if shutil.disk_usage(out.name).free < _SMALL_BYTES:
            raise SourceError(
                f"{label}: not enough space to unpack it in {Path(out.name).parent.parent}. "
                "Name a folder with enough space: TMPDIR=/folder copytrace ..."
            )


@contextmanager
def _opened(shard: str) -> Iterator[tuple[IO[bytes], int, int]]:
    """A shard's bytes as a stream, with its size and its time in nanoseconds."""
    if not is_remote(shard):
        with Path(shard).open("rb") as file:
            status = os.fstat(file.fileno())
            yield file, status.st_size, status.st_mtime_ns
        return
    from obstore import get
    from obstore.exceptions import BaseError

    address = parse_address(shard)
    try:
        result = get(open_source(address.folder).objects, address.key)
        size, modified = result.meta["size"], int(result.meta["last_modified"].timestamp()) * 10**9
        yield io.BufferedReader(_Stream(result.stream(_COPY_BYTES)), _COPY_BYTES), size, modified
    except (BaseError, FileNotFoundError) as error:
        raise SourceError(f"{shown(shard)}: {trouble_of(error).reason}.") from error


class _Stream(io.RawIOBase):
    """Reads arriving chunks like a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Whether the stream is readable; it always is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any buffer, in typeshed
        """Fill the buffer with the bytes available."""
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
