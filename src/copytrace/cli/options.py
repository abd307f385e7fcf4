"""Options shared by several verbs, declared once so that they read the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.engines import Engine
    from copytrace.images import IdScheme, ImageList
    from copytrace.progress import Progress

LibraryArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The library's folder.")]
IdsOption = Annotated[
    Literal["auto", "stem", "path"],
    typer.Option(
        "--ids",
        help="How to name images: [b]stem[/], file name without extension (challenges need this); "
        "[b]path[/], relative path; [b]auto[/], stem unless two images share one.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Skip files and folders that match, such as '*/drafts/*' or '*.gif'. Repeat for several.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|DIR",
        help="Descriptor: a name from `copytrace models`, or a folder with model.onnx and card.yaml.",
    ),
]
QualityOption = Annotated[
    Literal["fast", "default", "best"] | None,
    typer.Option(
        "--quality",
        help="Trade speed for accuracy, if the model can. Use the same for queries and references.",
    ),
]
BackgroundOption = Annotated[
    Path | None,
    typer.Option(
        "--background",
        metavar="BANK.npz",
        help="Background from `copytrace fit-background`. Default: the model's own.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Worker processes. Default: one per core."),
]
DeviceOption = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option(
        "--device", help="Where to run the model; [b]auto[/] uses the GPU ([b]cuda[/]) if there is one."
    ),
]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="Where to run the work: on this machine, or on a Ray cluster."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT",
        help="Ray cluster to join. Default: start one on this machine.",
    ),
]
SlotsOption = Annotated[
    int | None,
    typer.Option(
        "--slots", metavar="N", min=1, help="Ray tasks to run at once. Default: one per core of the cluster."
    ),
]
ShipOption = Annotated[
    bool,
    typer.Option("--ship", help="Send images and vectors to Ray's machines, if those cannot read the files."),
]


def engine_of(
    engine: Literal["local", "ray"],
    *,
    workers: int | None = None,
    address: str | None,
    slots: int | None,
    ship: bool,
) -> Engine:
    """The engine for these options.

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


def images_of(
    sources: Sequence[str], exclude: Sequence[str] | None, ids: IdScheme, progress: Progress
) -> str | ImageList:
    """The sources to use: one unchanged, as it may be a descriptor set; several, or parts of one, as a list of images.

    Raises:
        SourceError: several sources cannot be combined, or hold no image.
    """
    from copytrace.images import list_images, list_together
    from copytrace.vectors import is_descriptor_set

    if len(sources) == 1 and (not exclude or is_descriptor_set(Path(sources[0]))):
        return sources[0]
    if len(sources) == 1:
        return list_images(sources[0], ids=ids, exclude=exclude or (), progress=progress)
    return list_together(sources, ids=ids, exclude=exclude or ())


ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", min=1, help="Search threads. Default: one per core."),
]
PriorOption = Annotated[
    float,
    typer.Option(
        "--prior", metavar="P", help="Share of queries that you expect to be copies, above 0 and below 1."
    ),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify/--no-verify", help="Compare the images of the best candidates, or only vectors (faster)."
    ),
]
EffortOption = Annotated[
    Literal["low", "default", "high"] | None,
    typer.Option(
        "--effort",
        help="[b]low[/]: search for whole images. [b]default[/]: also for turned images, parts and shared details. "
        "[b]high[/]: compare more candidates too. With --no-verify, low is the default.",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="P",
        help="Probability from which a pair is a likely copy. Default: 0.5. With --no-verify, a score (at most 0).",
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Stop with exit code 1 if an image cannot be used.")
]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Replace existing output.")]
ReplaceFailuresOption = Annotated[
    bool, typer.Option("--replace", help="Replace an existing file that --failures names.")
]
FailuresOption = Annotated[
    Path | None,
    typer.Option("--failures", metavar="FILE.csv", help="List the images that cannot be used, with reasons."),
]


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_bytes(text: str) -> int:
    """Read a size such as 2G, 500M or 1.5GB; returns bytes.

    >>> parse_bytes("1.5G")
    1610612736

    Raises:
        typer.BadParameter: it is not a size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    if found is None:
        raise typer.BadParameter(
            f"'{text}' is not a size. Expected a number with a unit, such as 2G or 500M."
        )
    return int(float(found[1]) * _UNITS[found[2]])


MemoryOption = Annotated[
    int | None,
    typer.Option(
        "--memory", parser=parse_bytes, metavar="SIZE", help="Memory limit of the search, such as 2G."
    ),
]
