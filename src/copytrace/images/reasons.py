"""Why a file could not be decoded, in a few words that a person can act on."""

from __future__ import annotations

import codecs

from PIL import UnidentifiedImageError

from copytrace.extras import how_to_install
from copytrace.images.formats import FORMAT_NAMES, READS_HEIF, format_of

_HEAD = 64
_KNOWN_STRANGERS = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)


def why_not_decoded(data: bytes, error: Exception) -> str:
    """Explain what is wrong with bytes that made Pillow raise this error."""
    name = format_of(data)
    if name is None or _leading_text(data):
        # Text may start with BM, like a BMP.
        return _what_instead(data)
    if isinstance(error, UnidentifiedImageError):
        if name == "HEIF" and not READS_HEIF:
            return f"a HEIC picture. To read it, install the extra {how_to_install('formats')}"
        return f"{name} with an unreadable header: damaged, truncated or of an unusual kind"
    if isinstance(error, MemoryError):
        return f"too large for this machine's memory ({name})"
    if _is_cut_off(data, name, error):
        return f"truncated after {len(data):,} bytes"
    return f"damaged {name} ({_one_line(str(error) or type(error).__name__)})"


def _what_instead(data: bytes) -> str:
    head = data[:_HEAD]
    for signature, what in _KNOWN_STRANGERS:
        if head.startswith(signature):
            return f"{what}; expected {FORMAT_NAMES}"
    if head[4:8] == b"ftyp":
        return f"a video; expected {FORMAT_NAMES}"
    if text := _leading_text(data):
        return f"not an image (starts with text: {text!r})"
    if not any(head):
        return "not an image (starts with zero bytes, as an unfinished download does)"
    return f"not an image (starts with the bytes {head[:4].hex(' ')}); expected {FORMAT_NAMES}"


def _leading_text(data: bytes) -> str:
    """The text at the start of the bytes, shortened to one line; empty if they are not text."""
    head = data[:_HEAD].removeprefix(codecs.BOM_UTF8)
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.end < len(head):
            return ""
        # The cut split a character.
        text = head[: error.start].decode()
    readable = all(sign.isprintable() or sign in "\t\r\n\f" for sign in text)
    return _one_line(text) if readable else ""


def _is_cut_off(data: bytes, name: str, error: Exception) -> bool:
    if name == "WEBP":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    message = str(error).lower()
    return "truncated" in message or "not enough image data" in message


def _one_line(text: str, most: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
