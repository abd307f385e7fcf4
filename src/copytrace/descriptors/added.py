"""Networks that `copytrace models add` has installed on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from copytrace.descriptors.onnx import CARD_FILE

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")


def models_folder() -> Path:
    """The folder of added models, one subfolder each: `$COPYTRACE_MODELS`, or a folder in the user's cache."""
    if own := os.environ.get("COPYTRACE_MODELS"):
        return Path(own)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "copytrace" / "models"


def is_name(text: str) -> bool:
    """Whether a text is a valid model name: letters, digits, `.`, `_` and `-`, as it becomes a folder name."""
    return _NAME.fullmatch(text) is not None


def added_folder(name: str) -> Path | None:
    """The folder of an added model; None if there is none of this name."""
    folder = models_folder() / name
    return folder if is_name(name) and (folder / CARD_FILE).exists() else None


def added_names() -> list[str]:
    """The names of the models that were added, in order."""
    names = (path.parent.name for path in models_folder().glob(f"*/{CARD_FILE}"))
    return sorted(filter(is_name, names))
