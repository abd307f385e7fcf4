"""Options that several verbs share, declared once so that they read the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.errors import InputError

if TYPE_CHECKING:
    from copytrace.engines import Engine

LibraryArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The library's folder.")]
IdsOption = Annotated[
    Literal["auto", "stem", "path"],
    typer.Option(
        "--ids",
        help="What an image is called: [b]stem[/], its file name without extension (what challenges need); "
        "[b]path[/], its relative path; [b]auto[/], stem unless two collide.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", help="The descriptor; see: copytrace models. Or a folder with model.onnx, card.yaml."
    ),
]
QualityOption = Annotated[
    Literal["fast", "default", "best"] | None,
    typer.Option(
        "--quality", help="Quicker or better, where the model can; both sides of a search need the same."
    ),
]
BackgroundOption = Annotated[
    Path | None,
    typer.Option(
        "--background",
        metavar="BANK.npz",
        help="A file of `copytrace fit-background`, in place of the model's own.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Processes that describe and compare images; all cores by default."
    ),
]
DeviceOption = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option(
        "--device",
        help="What describes images: [b]cpu[/]; [b]cuda[/], the GPU of this machine; [b]auto[/], the GPU if there is "
        "one.",
    ),
]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="Where to work: in processes of this machine, or on a Ray cluster."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT",
        help="The Ray cluster that this machine belongs to; by default one is started here.",
    ),
]
SlotsOption = Annotated[
    int | None,
    typer.Option(
        "--slots", min=1, help="Tasks that run at once on Ray; one per core of the cluster by default."
    ),
]
ShipOption = Annotated[
    bool,
    typer.Option("--ship", help="Send images and vectors to Ray's machines, which need not read them then."),
]


def engine_of(
    engine: Literal["local", "ray"],
    *,
    workers: int | None = None,
    address: str | None,
    slots: int | None,
    ship: bool,
) -> Engine:
    """The engine that the options name.

    Raises:
        InputError: an option belongs to the other engine.
    """
    from copytrace.engines import LocalEngine, RayEngine

    if engine == "local":
        if given := [
            name for name, value in (("--address", address), ("--slots", slots), ("--ship", ship)) if value
        ]:
            raise InputError(f"{given[0]} is for a Ray cluster; add --engine ray.")
        return LocalEngine(workers)
    if workers is not None:
        raise InputError("--workers is for this machine; on a Ray cluster, use --slots.")
    return RayEngine(slots, ships=ship) if address is None else RayEngine(slots, address=address, ships=ship)


ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads that search; all cores by default.")
]
PriorOption = Annotated[
    float,
    typer.Option(
        metavar="P", help="How probable a copy is before the pictures are compared, above 0 and below 1."
    ),
]
VerifyOption = Annotated[
    bool,
    typer.Option("--verify/--no-verify", help="Compare the pictures, or only the vectors, which is quicker."),
]
EffortOption = Annotated[
    Literal["low", "default", "high"] | None,
    typer.Option(
        "--effort",
        help="[b]low[/]: search by whole pictures. [b]default[/]: by turned pictures and parts too. [b]high[/]: "
        "compare more references as well. With --no-verify, low by default.",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="P",
        help="Probability from which a pair is a likely copy; 0.5 by default. With --no-verify, a score.",
    ),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Stop at the first image that cannot be used.")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Replace existing output.")]
ReplaceFailuresOption = Annotated[
    bool, typer.Option("--replace", help="Replace an existing file that --failures names.")
]
FailuresOption = Annotated[
    Path | None,
    typer.Option(
        "--failures", metavar="FILE", help="Write the images that cannot be used, with reasons (CSV)."
    ),
]


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_bytes(text: str) -> int:
    """A size such as 2G, 500M or 1.5GB in bytes.

    >>> parse_bytes("1.5G")
    1610612736

    Raises:
        typer.BadParameter: it is no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    if found is None:
        raise typer.BadParameter(f"'{text}' is no size; wanted a number with a unit, such as 2G or 500M.")
    return int(float(found[1]) * _UNITS[found[2]])


MemoryOption = Annotated[
    int | None,
    typer.Option(
        "--memory", parser=parse_bytes, metavar="SIZE", help="Memory that the search may use, such as 2G."
    ),
]
