"""The digest of a file, or one that is given as it is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from copytrace.errors import InputError


def digest_of(given: str) -> str:
    """The SHA-256 of a file, or the digest itself; empty for nothing.

    Raises:
        InputError: it is neither.
    """
    if not given or re.fullmatch(r"[0-9a-f]{64}", given):
        return given
    path = Path(given)
    if not path.is_file():
        raise InputError(f"{given} is neither a file nor a SHA-256 (64 hexadecimal digits).")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
