"""`copytrace data`: download, verify and publish the data of a challenge."""

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
        "folder, or a URL of one of these.",
    ),
]
RegionOption = Annotated[
    str,
    typer.Option(
        "--region",
        metavar="NAME",
        help="Mirror, such as [b]us-west-2[/] or [b]eu-central-1[/]; [b]auto[/] picks the fastest.",
    ),
]


class Only(StrEnum):
    """Kinds of files in a challenge."""

    queries = "queries"
    references = "references"
    train = "train"
    truth = "truth"


OnlyOption = Annotated[
    list[Only] | None,
    typer.Option(
        "--only",
        metavar="queries|references|train|truth",
        help="Only these files. Repeat for several.",
    ),
]
PhaseOption = Annotated[
    int | None, typer.Option("--phase", metavar="N", min=1, help="Only the files of this phase.")
]
SignOption = Annotated[
    bool | None,
    typer.Option(
        "--sign/--no-sign",
        help="Sign S3 requests with your AWS credentials. Default: as the description says.",
    ),
]
FailuresOption = Annotated[
    Path | None,
    typer.Option("--failures", metavar="FILE", help="List the files that failed, with reasons (CSV)."),
]


def get(
    dataset: DatasetArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to download to.")],
    *,
    region: RegionOption = "auto",
    only: OnlyOption = None,
    phase: PhaseOption = None,
    sign: SignOption = None,
    connections: Annotated[
        int, typer.Option("--connections", metavar="N", min=1, max=1024, help="Small files to fetch at once.")
    ] = 64,
    tries: Annotated[int, typer.Option("--tries", metavar="N", min=1, help="Attempts per request.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be downloaded.")] = False,
    failures: FailuresOption = None,
    replace: options.ReplaceFailuresOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Download the files that are missing. Resumes if interrupted.

    Exits with 1 if a file could not be downloaded.

    Examples:
        copytrace data get isc2021 -o isc2021 --only queries --dry-run
        copytrace data get s3://bucket/challenge/manifest.parquet -o data
    """
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
        terminal.say(f"{wanted.name}: has no manifest, so files are checked by size only.")
    mirror, store = choose_mirror(found, region, next(iter(wanted)).path, progress)
    plan = prepare(wanted, output, progress=progress, dry=dry_run)
    if dry_run:
        _show_plan(plan, mirror, str(store.address), output, as_json=as_json)
        return
    done = download(wanted, store, output, plan=plan, connections=connections, tries=tries, progress=progress)
    _show_download(done, mirror, output, as_json=as_json)
    if done.untried:
        terminal.complain(
            f"The source stopped answering, so {done.untried:,} files are left. Run the command again later to resume."
        )
    tell_failures(done.failures, failures, what="file", fate="could not be fetched; the others are done")


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
        f"from {source}; {plan.whole:,} are already here"
        + (f", {plan.altered:,} are damaged" if plan.altered else "")
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
        terminal.result(f"{output}: all {_files(done.whole)} are already here")
        return
    there = f"; {done.whole:,} were already here" if done.whole else ""
    rate = f" in {done.seconds:,.1f} s" if done.files else ""
    terminal.result(f"{output}: {_files(done.files)} fetched ({terminal.size_of(done.bytes)}){rate}{there}")


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to check.")],
    against: Annotated[
        str | None,
        typer.Argument(metavar="MANIFEST", help="Manifest to check against. Default: that of the download."),
    ] = None,
    *,
    only: OnlyOption = None,
    phase: PhaseOption = None,
    failures: FailuresOption = None,
    replace: options.ReplaceFailuresOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Check every byte of a folder against its manifest.

    Examples:
        copytrace data verify isc2021
        copytrace data verify data manifest.parquet --failures damaged.csv
    """
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
            f"{folder}: {checked.whole:,} of {_files(len(wanted))} are intact ({terminal.size_of(checked.bytes)})"
        )
    tell_failures(
        checked.failures,
        failures,
        what="file",
        fate=f"differ from {wanted.name}; `copytrace data get` fetches them again",
    )


def manifest(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to publish.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Manifest to write (.parquet or .csv). Default: FOLDER/manifest.parquet.",
        ),
    ] = None,
    *,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            metavar="NAME=PATTERN",
            help="Files of a split, such as queries-2='queries/Q[5-9]*'. Default: each folder is a split.",
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make the manifest of a folder: ID, path, size, SHA-256 and split of each file.

    Examples:
        copytrace data manifest challenge/
        copytrace data manifest challenge/ --split 'late=queries/Q[5-9]*' -o list.csv
    """
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
    region: Annotated[
        str | None, typer.Option("--region", metavar="NAME", help="Only the commands for this mirror.")
    ] = None,
    only: OnlyOption = None,
    phase: PhaseOption = None,
    sign: SignOption = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Folder to download to.")
    ] = ".",
    as_json: terminal.Json = False,
) -> None:
    """Print commands of the AWS CLI and s5cmd that download the same files.

    Examples:
        copytrace data commands isc2021 --only queries
        copytrace data commands isc2021 --region us-west-2 -o isc2021
    """
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
        terminal.say(
            f"The organisers gave the address to participants only. Put it in place of {PLACEHOLDER}."
        )
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
    """The manifest left in a folder by a download or an organiser."""
    from copytrace.data import KEPT_MANIFEST
    from copytrace.errors import DataError

    for name in (KEPT_MANIFEST, "manifest.csv"):
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{folder}: has no {KEPT_MANIFEST}, which a download writes. Name the manifest: "
        f"copytrace data verify {shlex.quote(str(folder))} MANIFEST"
    )


def _name_and_pattern(text: str) -> tuple[str, str]:
    name, equals, pattern = text.partition("=")
    if not (name and equals and pattern):
        raise typer.BadParameter(
            f"'{text}' is not a split. Expected NAME=PATTERN, such as queries-2='queries/Q[5-9]*'."
        )
    return name, pattern


def _contents(made: Manifest) -> dict[str, Any]:
    splits = {name: {"files": count, "bytes": size} for name, (count, size) in made.splits().items()}
    return {"files": len(made), "bytes": made.bytes, "splits": splits}


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
