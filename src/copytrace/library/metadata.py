"""Reads the owner's data on images: a CSV file with their IDs and any other columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from copytrace.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def read_metadata(path: Path) -> dict[str, dict[str, str]]:
    """Read the metadata of images, by ID; empty cells are skipped.

    Raises:
        InputError: the file cannot be read, has no column `id`, or names an image twice.
    """
    found: dict[str, dict[str, str]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            if "id" not in (reader.fieldnames or ()):
                raise InputError(
                    f"{path}: has no column 'id'; expected a CSV file such as: id,licence,credit"
                )
            for row in reader:
                image_id = row.pop("id")
                if None in row:
                    raise InputError(f"{path}: line {reader.line_num} has more cells than the header.")
                if image_id in found:
                    raise InputError(f"{path}: line {reader.line_num}: {image_id!r} appears twice.")
                found[image_id] = {name: text for name, text in row.items() if text}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. Check the path and its permissions.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is not a UTF-8 CSV file: {error}.") from error
    return found
