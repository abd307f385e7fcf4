"""`copytrace host load` and `export`: a challenge from and to its file."""

from __future__ import annotations

from importlib.resources import files as resources
from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.host.site import DataOption, migrate_if_needed, open_site
from copytrace.errors import InputError
from copytrace.files import check_output_folder, whole_folder

SHIPPED = ("demo", "isc2021")


def load(
    challenge: Annotated[
        str,
        typer.Argument(
            metavar="CHALLENGE", help=f"A challenge file (YAML), or one of: {', '.join(SHIPPED)}."
        ),
    ],
    *,
    data: DataOption = None,
    files: Annotated[
        Path | None,
        typer.Option(
            "--files",
            metavar="DIR",
            help="Folder with the ID lists and ground truth the file names.",
        ),
    ] = None,
    truth: Annotated[
        list[str] | None,
        typer.Option(
            "--truth",
            metavar="PHASE=FILE.csv",
            help="Ground truth of a phase; a file in the folder given by --files.",
        ),
    ] = None,
    opens_now: Annotated[
        bool, typer.Option("--opens-now", help="Shift all dates so that the first phase opens now.")
    ] = False,
    as_json: terminal.Json = False,
) -> None:
    """Load a challenge file, or apply the changes in an edited one.

    Examples:
        copytrace host load demo --opens-now
        copytrace host load challenge.yaml --files truths/
    """
    open_site(data)
    migrate_if_needed()
    from copytrace.hosting.services import clock
    from copytrace.hosting.services.challenge_file import TruthPart, read_challenge
    from copytrace.hosting.services.loading import load as load_part
    from copytrace.hosting.services.loading import shifted, with_truths

    if challenge == "demo" and files is None:
        raise InputError(
            "The demo challenge needs images. Run `copytrace demo -o demo`, then add --files demo/challenge"
        )
    path = _path_of(challenge)
    part = read_challenge(path)
    part = with_truths(part, {name: TruthPart(file=file) for name, file in map(_phase_and_file, truth or [])})
    if opens_now:
        part = shifted(part, clock.now())
    loaded = load_part(part, files or path.parent)
    if as_json:
        terminal.result_json({"challenge": loaded.challenge.slug, "changes": loaded.changes})
        return
    for change in loaded.changes:
        terminal.say(change)
    terminal.result(f"{loaded.challenge.slug}: {len(loaded.changes) or 'no'} changes")


def export(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="Challenge name.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")],
    replace: options.ReplaceOption = False,
    data: DataOption = None,
) -> None:
    """Export a challenge to a folder: its file, ID lists and ground truth.

    Examples:
        copytrace host export isc2021 -o isc2021
        copytrace host export isc2021 -o isc2021 --data site --replace
    """
    open_site(data)
    from copytrace.hosting.services import challenges
    from copytrace.hosting.services.challenge_export import export as export_challenge
    from copytrace.hosting.services.challenge_file import write_challenge

    row = challenges.find(challenge)
    check_output_folder(output, "challenge.yaml", replace=replace)
    with whole_folder(output, mark="challenge.yaml") as folder:
        text = write_challenge(export_challenge(row, folder))
        (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    terminal.result(f"{output / 'challenge.yaml'}")


def _path_of(challenge: str) -> Path:
    if challenge in SHIPPED:
        return Path(str(resources("copytrace.hosting") / "challenges" / f"{challenge}.yaml"))
    return Path(challenge)


def _phase_and_file(given: str) -> tuple[str, str]:
    name, equals, file = given.partition("=")
    if not equals or not file:
        raise InputError(f"--truth {given}: expected PHASE=FILE.csv, such as phase-1=truth.csv")
    return name, file
