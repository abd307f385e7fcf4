"""Which picture formats are read, and how a file shows which one it is.

A file is opened by its signature only, with the one reader that belongs to it: the ending of a name proves
nothing, and Pillow's many other readers (EPS, PSD ...) never see hostile bytes.
"""

from __future__ import annotations

EXTENSIONS = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""Endings, in lower case, by which folders and tar files are searched for images."""

UNREAD_EXTENSIONS = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".heic", ".heif", ".jp2", ".jxl", ".nef", ".psd", ".svg"}
)
"""Endings of pictures that are not read; a source that holds some says so."""

FORMAT_NAMES = "JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF"

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)
# The two general brands stand in AVIF files and in HEIC files; the reader finds out which it is.
_AVIF_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"msf1"})


def ending_of(path: str) -> str:
    """The ending of a file name, in lower case, with its dot; empty if it has none."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def format_of(head: bytes) -> str | None:
    """The format, as Pillow names it, whose signature the bytes start with; None if there is none.

    Args:
        head: the first 12 bytes of a file, or more.

    >>> format_of(b"GIF89a......")
    'GIF'
    >>> format_of(b"Hello, world") is None
    True
    """
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in _AVIF_BRANDS:
        return "AVIF"
    return None
