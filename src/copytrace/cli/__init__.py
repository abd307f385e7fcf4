"""The command line: one file per verb, `app` puts them together."""

from __future__ import annotations


def main() -> None:
    """Run the command line; it exits 0 done, 1 failed, 2 your input, 3 missing dependency, 130 stopped."""
    # Not imported before: a worker process imports the script that began it, and has no use for the verbs.
    from copytrace.cli.app import app

    app()
