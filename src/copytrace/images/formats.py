"""Supported image formats, and how to recognise them.

A file is opened by its signature only, with the one matching reader: the extension proves nothing, and Pillow's
many other readers (EPS, PSD ...) never see hostile bytes.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

READS_HEIF = find_spec("pi_heif") is not None
"""Whether HEIC and HEIF files can be read: the extra `formats` is installed."""

READS_RAW = find_spec("rawpy") is not None
"""Whether previews of RAW files can be read: the same extra."""

HEIF_EXTENSIONS = frozenset({".heic", ".heics", ".heif", ".heifs", ".hif"})
"""Extensions of HEIC and HEIF files."""

EXTENSIONS = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
) | (HEIF_EXTENSIONS if READS_HEIF else frozenset())
"""Extensions, in lower case, of the images to find in folders and tar files."""

RAW_EXTENSIONS = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mrw", ".nef"),
        *(".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    }
)
"""Extensions of camera RAW files."""

UNREAD_EXTENSIONS = (
    (HEIF_EXTENSIONS - EXTENSIONS)
    | RAW_EXTENSIONS
    | frozenset(
        {
            *(
                ".avci",
                ".j2k",
                ".jp2",
                ".jpx",
                ".jxl",
                ".jxr",
                ".wdp",
                ".ai",
                ".dds",
                ".emf",
                ".eps",
                ".exr",
                ".hdr",
                ".ico",
                ".pbm",
                ".pcx",
                ".pgm",
                ".pnm",
            ),
            *(".ppm", ".psb", ".psd", ".svg", ".svgz", ".tga", ".wmf", ".xcf"),
        }
    )
)
"""Extensions of unsupported pictures; a source that contains some reports them."""

FORMAT_NAMES = f"JPEG, PNG, WebP, GIF, TIFF, BMP{', AVIF and HEIC' if READS_HEIF else ' and AVIF'}"

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
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heim", b"heis", b"heix", b"hevc", b"hevx"})
_GENERAL_BRANDS = frozenset({b"mif1", b"msf1"})
"""Used by both AVIF and HEIC files; the compatible brands that follow tell which it is."""

_UNREAD_SIGNATURES = ((b"8BPS", "PSD"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\0\0\0\x0cjP  ", "JPEG 2000"))

# A name such as IMG.2019-08-01 has a dot, but no extension.
_USUAL_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,5}")

UNMISTAKABLE = frozenset({"JPEG", "PNG", "GIF", "WEBP"})
"""Formats with an unmistakable signature: RAW pictures look like TIFF, and HEIC can look like AVIF."""

HEAD_BYTES = 32
"""Bytes at the start of a file that identify its format."""


def ending_of(path: str) -> str:
    """The extension of a file name, in lower case, with its dot; empty if there is none."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def format_of(head: bytes) -> str | None:
    """The format, as Pillow names it, whose signature the bytes start with; None if unknown.

    Args:
        head: the first `HEAD_BYTES` of a file, or more.

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
    return _format_of_brands(head) if head[4:8] == b"ftyp" else None


def _format_of_brands(head: bytes) -> str | None:
    """The format of a file that starts like MP4, by its brands."""
    major = head[8:12]
    brands = {major}
    if major in _GENERAL_BRANDS:
        brands |= {head[start : start + 4] for start in range(16, min(len(head), HEAD_BYTES), 4)}
    if brands & _HEIC_BRANDS:
        return "HEIF"
    return "AVIF" if brands & (_AVIF_BRANDS | _GENERAL_BRANDS) else None


def is_misnamed(ending: str, head: bytes) -> bool:
    r"""Whether a file is readable although its extension belongs to an unsupported format.

    >>> is_misnamed(".jp2", b"\xff\xd8\xff\xe0"), is_misnamed(".nef", b"II*\0")
    (True, False)
    """
    return ending in UNREAD_EXTENSIONS and format_of(head) in UNMISTAKABLE


def left_out_kind(ending: str, head: bytes) -> str | None:
    """The kind of a picture without an image extension; None if it is not a picture.

    >>> left_out_kind(".jp2", b""), left_out_kind(".bin", b"GIF89a"), left_out_kind(".txt", b"Hello")
    ('.jp2', 'GIF named .bin', None)
    """
    if ending in UNREAD_EXTENSIONS:
        return ending
    name = format_of(head)
    if name not in UNMISTAKABLE:
        name = next((kind for signature, kind in _UNREAD_SIGNATURES if head.startswith(signature)), None)
        if format_of(head) == "HEIF":
            name = "HEIC"
    named = f"named {ending}" if _USUAL_ENDING.fullmatch(ending) else "without an extension"
    return name and f"{name} {named}"
