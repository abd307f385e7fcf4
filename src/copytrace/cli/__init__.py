"""The command line: one file per verb, put together in `app`."""

from copytrace.cli.app import main

__all__ = ["main"]
