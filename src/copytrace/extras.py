"""How to install the extras of the package: its optional dependencies."""

from __future__ import annotations

import sys

NEEDS_PYTHON = {"sscd": (3, 12)}
"""Extras that need a later Python than copytrace itself; on an earlier one, pip installs nothing for them."""

WHERE = "Run `pip install '.[EXTRA]'` in a checkout of copytrace."
"""Explains the commands in a table."""


def how_to_install(extra: str) -> str:
    """The command for a message, and where to run it: copytrace is in no package index.

    >>> how_to_install("ray")
    "in a checkout of copytrace: pip install '.[ray]'"
    """
    return f"in a checkout of copytrace: {install_command(extra)}"


def install_command(extra: str) -> str:
    """The command that installs an extra in a checkout.

    >>> install_command("ray")
    "pip install '.[ray]'"
    """
    return f"pip install '.[{extra}]'"


def remedy(extra: str) -> str:
    """How to get a missing extra, for a table: the command, or the Python version that it needs."""
    python = NEEDS_PYTHON.get(extra, (0, 0))
    if sys.version_info < python:
        return f"needs Python {python[0]}.{python[1]} or later"
    return install_command(extra)
