"""The data of a report's page, read as its scripts read it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_report(folder: Path) -> Any:
    """The data of a report, with each pair's pictures instead of their numbers."""
    script = (folder / "data.js").read_text(encoding="ascii")
    found = re.fullmatch(r"const report = JSON\.parse\('(.*)'\);\n", script)
    assert found is not None
    report = json.loads(re.sub(r"\\(.)", r"\1", found[1]))
    for pair in report["pairs"]:
        pair["query"] = report["pictures"][pair["query"]]
        pair["reference"] = report["pictures"][pair["reference"]]
    return report
