"""The folder of a library: its layout, and which folders are allowed.

::

    catalogue.sqlite         the authoritative list of the library's contents
    segments/000017.h5       closed descriptor sets
    codes/000017-....npy     a segment prepared for searching; recreated if missing
    images/ab/abcd....jpg    files of images that were added as bytes, named by their digests
    keypoints.sqlite         features of the items' pictures for lookups; recreated if missing
    events.sqlite            the service's log of a watched folder
    models/1f0c2ab3.../      the model's files: a network that ships with copytrace, a background of the owner's own
    upgrade/5be20d71....sqlite  new vectors until `copytrace library upgrade` has all of them
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from copytrace.errors import CopytraceError, InputError

_NETWORK = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
    }
    | {
        "beegfs",
        "gpfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.rclone",
        "virtiofs",
    }
)
"""File systems that other machines may write to at the same time, where SQLite's log does not work."""


@dataclass(frozen=True)
class Place:
    """The files of a library.

    Attributes:
        folder: the library's folder.
    """

    folder: Path

    @property
    def catalogue(self) -> Path:
        """The SQLite database."""
        return self.folder / "catalogue.sqlite"

    @property
    def segments(self) -> Path:
        """The folder of closed descriptor sets."""
        return self.folder / "segments"

    @property
    def codes(self) -> Path:
        """The folder of prepared references."""
        return self.folder / "codes"

    @property
    def images(self) -> Path:
        """The folder of images that were added as bytes."""
        return self.folder / "images"

    @property
    def keypoints(self) -> Path:
        """The features of the items' pictures, created on first use."""
        return self.folder / "keypoints.sqlite"

    @property
    def models(self) -> Path:
        """The folder of the model's files."""
        return self.folder / "models"

    @property
    def background(self) -> Path:
        """The owner's background in libraries of earlier versions, which have no `models`."""
        return self.folder / "background.npz"

    @property
    def upgrade(self) -> Path:
        """The folder of an upgrade in progress."""
        return self.folder / "upgrade"

    def segment(self, number: int) -> Path:
        """The file of a segment."""
        return self.segments / f"{number:06}.h5"

    def codes_of(self, number: int, sha256: str) -> Path:
        """The path, without an ending, that stands for the vectors of a segment."""
        return self.codes / f"{number:06}-{sha256[:16]}"

    def size(self) -> int:
        """The bytes of all files in it."""
        total = 0
        for file in self.folder.rglob("*"):
            # Another process may delete a segment at any time.
            with suppress(FileNotFoundError):
                status = file.stat()
                total += status.st_size if stat.S_ISREG(status.st_mode) else 0
        return total

    def make_folders(self) -> None:
        """Create missing folders in it."""
        self.segments.mkdir(exist_ok=True)
        self.codes.mkdir(exist_ok=True)

    def require(self) -> None:
        """Refuse a folder that is not a library, or has lost its catalogue.

        Raises:
            InputError: there is no library.
            CopytraceError: the catalogue is missing.
        """
        if self.catalogue.is_file():
            return
        if self.segments.is_dir():
            raise CopytraceError(
                f"{self.folder}: {self.catalogue.name} is missing, which says what is in the library. Restore it from "
                f"a backup, or create the library again. The vectors are still in {self.segments}."
            )
        if not self.folder.exists():
            raise InputError(
                f"{self.folder}: no such folder. Create a library: copytrace library create {self.folder}"
            )
        raise InputError(
            f"{self.folder}: is not a library. Create one in another folder: copytrace library create DIR"
        )


def require_local(folder: Path, mounts: str | None = None) -> None:
    """Refuse a folder on a network file system.

    Args:
        folder: the folder, which need not exist.
        mounts: the text of `/proc/self/mounts`; by default this machine's, if it has one.

    Raises:
        InputError: it is on a network file system.
    """
    if mounts is None:
        table = Path("/proc/self/mounts")
        mounts = table.read_text(encoding="utf-8", errors="surrogateescape") if table.exists() else ""
    kind = _file_system(os.path.realpath(folder), mounts)
    if kind in _NETWORK:
        raise InputError(
            f"{folder}: is on a network file system ({kind}), where a library could be damaged. Use a local disk of "
            "this machine."
        )


def _file_system(path: str, mounts: str) -> str:
    r"""The type of file system of a path, or empty if unknown.

    >>> _file_system("/data/library", "disk / ext4 rw 0 0\nserver:/data /data nfs4 rw 0 0")
    'nfs4'
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        _, point, found, *_ = line.split(" ")
        point = point.encode("utf-8", "surrogateescape").decode("unicode_escape")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind
