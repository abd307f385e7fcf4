"""`copytrace host check`: the site checks itself."""

from __future__ import annotations

from dataclasses import asdict

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import DataOption, open_site
from copytrace.errors import CopytraceError


def check(*, data: DataOption = None, as_json: terminal.Json = False) -> None:
    """Check settings, file modes, TLS, proxies, e-mail, disk, clock, database and storage. Exits with 1 on errors.

    Examples:
        copytrace host check
        copytrace host check --data site --json
    """
    open_site(data)
    from copytrace.hosting.services import checks

    found = checks.run(thorough=True)
    if as_json:
        terminal.result_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            terminal.result(f"{finding.level:8} {finding.check}: {finding.text}")
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(CopytraceError.exit_code)
