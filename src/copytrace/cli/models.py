"""`copytrace models`: list, add and convert descriptors."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.cli.tables import Cell, Column, show_table
from copytrace.extras import WHERE, install_command, remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors import Card

_CardOption = Annotated[
    str | None,
    typer.Option(
        "--card",
        metavar="CARD.yaml|NAME",
        help="Describes the file: a card, or the name of a published model.",
    ),
]


def models(context: typer.Context, *, as_json: terminal.Json = False) -> None:
    """List descriptors, add published models, or convert your own."""
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


def list_(*, as_json: terminal.Json = False) -> None:
    """List descriptors: those installed, and published ones that you can add.

    Examples:
        copytrace models list
        copytrace models list --json
    """
    from copytrace.descriptors.known import known_models

    known = known_models()
    if as_json:
        terminal.result_json([_as_json(card, state) for card, state in known])
        return
    rows = []
    for card, state in known:
        name = card.name + (" (default)" if _is_default(card) else "")
        threshold = "" if card.threshold is None else f"{card.threshold:g}"
        usable = "can be added" if state == "published" else _how_to_use(card, state)
        rows.append(
            (Cell(name, "bold"), Cell(f"{card.dims:,}"), Cell(threshold), Cell(usable), Cell(card.licence))
        )
    numbers = (Column(heading, right=True) for heading in ("dims", "max d²"))
    show_table(["model", *numbers, Column("usable here", prose=True), Column("licence", prose=True)], rows)
    for card, state in known:
        if state != "published":
            terminal.result(f"\n{card.name}: {card.summary}. {_small_print(card)}")
    terminal.say(
        "\nAdd a published model: copytrace models add NAME. Show details: copytrace models info NAME"
    )
    if any(state == "missing" and remedy(card.extra) == install_command(card.extra) for card, state in known):
        terminal.say(WHERE)


def info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A descriptor, or a model folder.")],
    *,
    as_json: terminal.Json = False,
) -> None:
    """Show the details of a descriptor: input, origin, digest, licence.

    Examples:
        copytrace models info copytrace
        copytrace models info my-model/
    """
    from copytrace.descriptors import descriptor_card
    from copytrace.descriptors.known import known_models

    published = {card.name: card for card, state in known_models() if state == "published"}
    card = published.get(name) or descriptor_card(name)
    state = "published" if name in published else "here" if card.usable else "missing"
    if as_json:
        terminal.result_json(_as_json(card, state))
        return
    for label, value in _facts(card, state):
        terminal.result(f"{label + ':':15}{value}")
    for text in _papers(name):
        terminal.result(f"\n{text}")


def add(
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE|FOLDER",
            help="A published model to download, a file (ONNX, TorchScript, state dict), or a model folder.",
        ),
    ],
    *,
    card: _CardOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Add a model, so that --model knows it. Downloads resume if interrupted.

    Examples:
        copytrace models add sscd_disc_mixup
        copytrace models add network.onnx --card card.yaml
    """
    from copytrace.pipelines.add_model import add_model
    from copytrace.records import MAX_DIMS

    added = add_model(what, card=card, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json(asdict(added) | {"folder": str(added.folder)})
        return
    terminal.result(f"{added.name}: ready, {added.dims} dimensions, licence {added.licence}")
    terminal.result(f"SHA-256 of the original file: {added.source_sha256}")
    terminal.result(f"SHA-256 of the network in {added.folder}: {added.model_sha256}")
    if added.dims > MAX_DIMS:
        terminal.say(
            f"A descriptor set takes at most {MAX_DIMS} dimensions. Fit a background, which reduces them: copytrace "
            f"fit-background PHOTOS --model {added.name} -o bank.npz"
        )


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Weights: TorchScript or a state dict.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.onnx", help="File to write.")],
    *,
    card: _CardOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Convert weights to ONNX (needs torch), and check that both give the same vectors.

    Examples:
        copytrace models convert sscd.pt -o sscd.onnx --card sscd_disc_mixup
        copytrace models convert state.pth -o model.onnx --card card.yaml
    """
    from copytrace.pipelines.add_model import convert_model

    digest = convert_model(file, output, card=card, replace=replace)
    if as_json:
        terminal.result_json({"output": str(output), "sha256": digest})
    else:
        terminal.result(f"{output}: gives the same vectors as {file} within 0.001; SHA-256 {digest}")


COMMANDS = (list_, add, info, convert)


def _small_print(card: Card) -> str:
    origin = f"Origin: {card.origin}. Licence of the weights: {card.licence}. " if card.origin else ""
    qualities = f" Qualities: {', '.join(card.qualities)}." if len(card.qualities) > 1 else ""
    return f"{origin}Threshold: {card.threshold_source}.{qualities}"


def _is_default(card: Card) -> bool:
    from copytrace.descriptors import DEFAULT

    return card.name == DEFAULT


def _how_to_use(card: Card, state: str) -> str:
    """How to make a model usable."""
    match state:
        case "here":
            return "yes"
        case "missing":
            return remedy(card.extra)
    return f"copytrace models add {card.name}"


def _as_json(card: Card, state: str) -> dict[str, Any]:
    return asdict(card) | {"usable": state == "here", "default": _is_default(card), "state": state}


def _facts(card: Card, state: str) -> Iterator[tuple[str, object]]:
    wanted = card.input
    yield "model", card.name
    yield "what", card.summary
    yield "licence", card.licence
    yield "origin", card.origin or "copytrace's own code"
    yield "usable here", "yes" if state == "here" else f"no: {_how_to_use(card, state)}"
    yield "dimensions", card.dims
    shape = f"{wanted.width} x {wanted.height} pixels, {'grey' if wanted.grey else 'RGB'}, {wanted.resize}"
    yield "input", shape + (f", shorter side {wanted.short_side}" if wanted.short_side else "")
    yield "qualities", ", ".join(card.qualities)
    threshold = "none" if card.threshold is None else f"squared distance {card.threshold:g}"
    yield "threshold", f"{threshold} ({card.threshold_source})"
    yield (
        "SHA-256",
        card.sha256 or "none: no file was added" if state == "published" else card.sha256 or "none: code",
    )


def _papers(name: str) -> Iterator[str]:
    """The model card and licences that come with the weights."""
    from copytrace.descriptors.onnx import papers
    from copytrace.descriptors.registry import network_folder

    folder = network_folder(name)
    for paper in [] if folder is None else papers(folder):
        yield paper.read_text(encoding="utf-8", errors="replace").strip()
