"""Supported image formats, and how to recognise them.

A file is opened by its signature only, with the one matching reader: the extension proves nothing, and Pillow's
many other readers (EPS, PSD ...) never see hostile bytes.
"""

from __future__ import annotations

import re

EXTENSIONS = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""Extensions, in lower case, of the images to find in folders and tar files."""

RAW_EXTENSIONS = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mrw", ".nef"),
        *(".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    }
)
"""Extensions of camera RAW files."""

UNREAD_EXTENSIONS = RAW_EXTENSIONS | frozenset(
    {
        *(".heic", ".heics", ".heif", ".heifs", ".hif", ".avci", ".j2k", ".jp2", ".jpx", ".jxl", ".jxr"),
        *(".wdp", ".ai", ".dds", ".emf", ".eps", ".exr", ".hdr", ".ico", ".pbm", ".pcx", ".pgm", ".pnm"),
        *(".ppm", ".psb", ".psd", ".svg", ".svgz", ".tga", ".wmf", ".xcf"),
    }
)
"""Extensions of unsupported pictures; a source that contains some reports them."""

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
# Both general brands occur in AVIF and in HEIC files; the reader finds out which it is.
_AVIF_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"msf1"})
HEIC_BRANDS = frozenset({b"heic", b"heim", b"heis", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"})

_UNREAD_SIGNATURES = ((b"8BPS", "PSD"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\0\0\0\x0cjP  ", "JPEG 2000"))

# A name such as IMG.2019-08-01 has a dot, but no extension.
_USUAL_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,5}")

UNMISTAKABLE = frozenset({"JPEG", "PNG", "GIF", "WEBP"})
"""Formats with an unmistakable signature: RAW pictures look like TIFF, and HEIC can look like AVIF."""

HEAD_BYTES = 16
"""Bytes at the start of a file that identify its format."""


def ending_of(path: str) -> str:
    """The extension of a file name, in lower case, with its dot; empty if there is none."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def format_of(head: bytes) -> str | None:
    """The format, as Pillow names it, whose signature the bytes start with; None if unknown.

    Args:
        head: at least the first 12 bytes of a file.

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


def is_misnamed(ending: str, head: bytes) -> bool:
    r"""Whether a file is readable although its extension belongs to an unsupported format.

    >>> is_misnamed(".heic", b"\xff\xd8\xff\xe0"), is_misnamed(".nef", b"II*\0")
    (True, False)
    """
    return ending in UNREAD_EXTENSIONS and format_of(head) in UNMISTAKABLE


def left_out_kind(ending: str, head: bytes) -> str | None:
    """The kind of a picture without an image extension; None if it is not a picture.

    >>> left_out_kind(".heic", b""), left_out_kind(".bin", b"GIF89a"), left_out_kind(".txt", b"Hello")
    ('.heic', 'GIF named .bin', None)
    """
    if ending in UNREAD_EXTENSIONS:
        return ending
    name = format_of(head)
    if name not in UNMISTAKABLE:
        name = next((kind for signature, kind in _UNREAD_SIGNATURES if head.startswith(signature)), None)
        if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
            name = "HEIC"
    named = f"named {ending}" if _USUAL_ENDING.fullmatch(ending) else "without an extension"
    return name and f"{name} {named}"
