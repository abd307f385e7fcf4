"""`copytrace data`: gets the data of a challenge, checks it, and makes manifests for those who give it out."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.files import check_output

if TYPE_CHECKING:
    from copytrace.data import Dataset, Downloaded, Kind, Manifest, Mirror, Plan

DatasetArgument = Annotated[
    str,
    typer.Argument(
        metavar="CHALLENGE|MANIFEST|URL",
        help="A challenge ([b]isc2021[/], [b]demo[/]), a description (.yaml), a manifest (.parquet, .csv), a "
        "folder, or a URL (s3://, https://) of one of them.",
    ),
]
RegionOption = Annotated[
    str,
    typer.Option(
        "--region",
        help="The mirror: [b]us-west-2[/], [b]ap-southeast-1[/], [b]eu-central-1[/] ...; [b]auto[/] takes the "
        "one that answers fastest.",
    ),
]


class Only(StrEnum):
    """The kinds of files in a challenge."""

    queries = "queries"
    references = "references"
    train = "train"
    truth = "truth"


OnlyOption = Annotated[
    list[Only] | None,
    typer.Option("--only", help="Only these files; may be given several times."),
]
PhaseOption = Annotated[
    int | None, typer.Option("--phase", min=1, help="Only what this phase of the challenge gave out.")
]
SignOption = Annotated[
    bool | None,
    typer.Option(
        "--sign/--no-sign",
        help="Sign requests to S3 with your AWS credentials, or not; as the description says by default.",
    ),
]
FailuresOption = Annotated[
    Path | None,
    typer.Option("--failures", metavar="FILE", help="Write the files that failed, with reasons (CSV)."),
]


def get(
    dataset: DatasetArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to fill.")],
    *,
    region: RegionOption = "auto",
    only: OnlyOption = None,
    phase: PhaseOption = None,
    sign: SignOption = None,
    connections: Annotated[
        int, typer.Option("--connections", min=1, max=1024, help="Small files that are fetched at once.")
    ] = 64,
    tries: Annotated[int, typer.Option("--tries", min=1, help="How often a request is made at most.")] = 5,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fetched, and fetch nothing.")
    ] = False,
    failures: FailuresOption = None,
    replace: options.ReplaceFailuresOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Download what is missing. Interrupted, the same command goes on where it stopped."""
    from copytrace.data import (
        choose,
        choose_mirror,
        download,
        manifest_of,
        prepare,
        require_locations,
        resolve,
    )

    check_failures_file(failures, replace=replace, inputs=[dataset])
    progress = terminal.TerminalProgress()
    named = None if region == "auto" else region
    found = resolve(dataset, region=named, sign=sign)
    require_locations(found)
    wanted = choose(manifest_of(found, region=named), found, only=_kinds(only), phase=phase)
    if not wanted.has_digests:
        terminal.say(f"{wanted.name}: no manifest; files are checked by their size alone.")
    mirror, store = choose_mirror(found, region, next(iter(wanted)).path, progress)
    plan = prepare(wanted, output, progress=progress, dry=dry_run)
    if dry_run:
        _show_plan(plan, mirror, str(store.address), output, as_json=as_json)
        return
    done = download(wanted, store, output, plan=plan, connections=connections, tries=tries, progress=progress)
    _show_download(done, mirror, output, as_json=as_json)
    if done.untried:
        terminal.complain(
            f"The source does not answer any more; {done.untried:,} files were not tried. Run the same command "
            "again later to go on."
        )
    tell_failures(done.failures, failures, what="file", fate="could not be fetched; what could is done")


def _show_plan(plan: Plan, mirror: Mirror, source: str, output: Path, *, as_json: bool) -> None:
    splits = plan.wanted.splits()
    if as_json:
        terminal.result_json(
            {
                "output": str(output),
                "region": mirror.name,
                "source": source,
                "files": len(plan.wanted),
                "bytes": plan.wanted.bytes,
                "whole": plan.whole,
                "altered": plan.altered,
                "splits": {name: {"files": count, "bytes": size} for name, (count, size) in splits.items()},
            }
        )
        return
    terminal.result(
        f"{output}: would fetch {_files(len(plan.wanted))} ({terminal.size_of(plan.wanted.bytes)}) "
        f"from {source}; {plan.whole:,} are there already"
        + (f", {plan.altered:,} are not as they should be" if plan.altered else "")
    )
    for name, (count, size) in splits.items():
        terminal.result(f"  {name}: {_files(count)}, {terminal.size_of(size)}")


def _show_download(done: Downloaded, mirror: Mirror, output: Path, *, as_json: bool) -> None:
    if as_json:
        terminal.result_json(
            {
                "output": str(output),
                "region": mirror.name,
                "files": done.files,
                "bytes": done.bytes,
                "whole": done.whole,
                "untried": done.untried,
                "failures": [failure.__dict__ for failure in done.failures],
                "seconds": round(done.seconds, 3),
            }
        )
        return
    if not (done.files or done.failures or done.untried):
        terminal.result(f"{output}: all {_files(done.whole)} are there already")
        return
    there = f"; {done.whole:,} were there already" if done.whole else ""
    rate = f" in {done.seconds:,.1f} s" if done.files else ""
    terminal.result(f"{output}: {_files(done.files)} fetched ({terminal.size_of(done.bytes)}){rate}{there}")


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to check.")],
    against: Annotated[
        str | None,
        typer.Argument(
            metavar="[MANIFEST]", help="What to check it against; by default what it was downloaded from."
        ),
    ] = None,
    *,
    only: OnlyOption = None,
    phase: PhaseOption = None,
    failures: FailuresOption = None,
    replace: options.ReplaceFailuresOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Check a folder against its manifest, every byte of it."""
    from copytrace.data import choose, manifest_of, resolve
    from copytrace.data import verify as verify_folder

    check_failures_file(failures, replace=replace, inputs=[against])
    found = resolve(against or str(_kept_manifest(folder)))
    wanted = choose(manifest_of(found), found, only=_kinds(only), phase=phase)
    checked = verify_folder(folder, wanted, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json(
            {
                "folder": str(folder),
                "manifest": wanted.name,
                "whole": checked.whole,
                "bytes": checked.bytes,
                "failures": [failure.__dict__ for failure in checked.failures],
            }
        )
    else:
        terminal.result(
            f"{folder}: {checked.whole:,} of {_files(len(wanted))} are whole ({terminal.size_of(checked.bytes)})"
        )
    tell_failures(
        checked.failures,
        failures,
        what="file",
        fate=f"are not as {wanted.name} says; data get fetches them again",
    )


def manifest(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What is to be given out.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Parquet or CSV by its ending; FOLDER/manifest.parquet by default.",
        ),
    ] = None,
    *,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            metavar="NAME=PATTERN",
            help="A split and its files, such as queries-2='queries/Q[5-9]*'; by default each folder is one.",
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make the manifest of a folder: id, path, bytes, sha256 and split of each file."""
    from copytrace.data import manifest_folder, write_manifest

    splits = [_name_and_pattern(text) for text in split or ()]
    path = output or folder / "manifest.parquet"
    if output is not None or folder.is_dir():
        check_output(path, replace=replace)
    made = manifest_folder(folder, splits=splits, progress=terminal.TerminalProgress())
    write_manifest(path, made)
    if as_json:
        terminal.result_json({"output": str(path)} | _contents(made))
        return
    terminal.result(f"{path}: {_files(len(made))}, {terminal.size_of(made.bytes)}")
    for name, (count, size) in made.splits().items():
        terminal.result(f"  {name}: {_files(count)}, {terminal.size_of(size)}")


def commands(
    dataset: DatasetArgument,
    *,
    region: Annotated[str | None, typer.Option("--region", help="Only the lines for this mirror.")] = None,
    only: OnlyOption = None,
    phase: PhaseOption = None,
    sign: SignOption = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The folder to fill.")] = ".",
    as_json: terminal.Json = False,
) -> None:
    """Print the lines of the AWS CLI and of s5cmd that fetch the same files."""
    from copytrace.data import PLACEHOLDER, download_commands, resolve

    found = resolve(dataset, region=region, sign=sign)
    mirrors = _mirrors(found, region)
    splits = [
        split
        for split in found.splits
        if (only or phase)
        and (not only or split.kind in _kinds(only))
        and (phase is None or split.phase == phase)
    ]
    lines = {mirror.name or "all": download_commands(found, mirror, splits, output) for mirror in mirrors}
    if any(mirror.url is None for mirror in mirrors):
        terminal.say(f"The address was told to participants only; put it in place of {PLACEHOLDER}.")
    if as_json:
        terminal.result_json(lines)
        return
    for mirror in mirrors:
        for tool, typed in lines[mirror.name or "all"].items():
            terminal.result(f"# {mirror}: {tool}" if mirror.name else f"# {tool}")
            terminal.result("\n".join(typed))


COMMANDS = (get, verify, manifest, commands)


def _kinds(only: list[Only] | None) -> list[Kind]:
    return [kind.value for kind in only or ()]


def _mirrors(dataset: Dataset, region: str | None) -> list[Mirror]:
    from copytrace.errors import DataError

    named = [mirror for mirror in dataset.mirrors if region is None or mirror.name in {region, ""}]
    if not named:
        names = ", ".join(mirror.name for mirror in dataset.mirrors)
        raise DataError(f"{dataset.name}: has no mirror '{region}'. Its mirrors: {names}.")
    return named


def _kept_manifest(folder: Path) -> Path:
    """The manifest that a download, or an organiser, has left in a folder."""
    from copytrace.data import KEPT_MANIFEST
    from copytrace.errors import DataError

    for name in (KEPT_MANIFEST, "manifest.csv"):
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{folder}: holds no {KEPT_MANIFEST}, which a download leaves there. Name the manifest: "
        f"copytrace data verify {shlex.quote(str(folder))} MANIFEST"
    )


def _name_and_pattern(text: str) -> tuple[str, str]:
    name, equals, pattern = text.partition("=")
    if not (name and equals and pattern):
        raise typer.BadParameter(
            f"'{text}' is no split; wanted NAME=PATTERN, such as queries-2='queries/Q[5-9]*'."
        )
    return name, pattern


def _contents(made: Manifest) -> dict[str, Any]:
    splits = {name: {"files": count, "bytes": size} for name, (count, size) in made.splits().items()}
    return {"files": len(made), "bytes": made.bytes, "splits": splits}


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
