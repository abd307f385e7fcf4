"""Which paths of a manifest are safe to write: it comes from elsewhere, and may be hostile."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

PARTS_FOLDER = ".copytrace-parts"
"""The folder of unfinished files, within a download's folder."""

KEPT_MANIFEST = "manifest.parquet"
"""The file that keeps the manifest of the request, within a download's folder."""

MAX_PATH_BYTES = 1024

# One check per path for a million paths; the violated rule is determined only for the path that is reported.
_UNSAFE = (
    r"^$|^/|/$|//|(?:^|/)\.{1,2}(?:/|$)|[\x00-\x1f\x7f\\]|[^/]{256}"
    r"|^(?i:\.copytrace-parts)(?:/|$)|^(?i:manifest\.parquet)$"
)


def first_unsafe(paths: pa.LargeStringArray) -> tuple[int, str] | None:
    """The first path that must not be written, and why; None if all are safe.

    A safe path is relative, has no empty part, no `.` or `..`, no backslash and no control character, and is not a name
    that a download uses itself.
    """
    unsafe = pc.or_(
        pc.match_substring_regex(paths, _UNSAFE), pc.greater(pc.binary_length(paths), MAX_PATH_BYTES)
    )
    rows = pc.indices_nonzero(unsafe)
    if not len(rows):
        return None
    row = rows[0].as_py()
    return row, _why_unsafe(paths[row].as_py())


def _why_unsafe(path: str) -> str:
    parts = path.split("/")
    faults = (
        (not path, "is empty"),
        (path.startswith("/"), "is absolute"),
        (bool({".", ".."} & set(parts)), "has a part '.' or '..', which could lead out of the folder"),
        ("" in parts, "has an empty part"),
        ("\\" in path or not path.isprintable(), "has a backslash or a control character"),
        (
            path.lower() == KEPT_MANIFEST or parts[0].lower() == PARTS_FOLDER,
            "is a name that the download uses itself",
        ),
    )
    return next((fault for holds, fault in faults if holds), "is too long")


def first_clash(paths: pa.LargeStringArray) -> str | None:
    """A path that is repeated, or is both a file and another file's folder; None if there is none."""
    counts = pc.value_counts(paths)
    repeated = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        return f"{repeated[0]['values'].as_py()!r} appears twice"
    folders: set[str] = set()
    for parent in pc.unique(pc.replace_substring_regex(paths, r"(?:^|/)[^/]*$", "")).to_pylist():
        parts = parent.split("/")
        folders.update("/".join(parts[: count + 1]) for count in range(len(parts)))
    both = paths.filter(pc.is_in(paths, value_set=pa.array(sorted(folders - {""}), paths.type)))
    return f"{both[0].as_py()!r} is a file and another file's folder" if len(both) else None
