"""`copytrace edit`: edit an image, list the edits, or show all of them on one sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.errors import InputError
from copytrace.files import check_output, whole_file

if TYPE_CHECKING:
    from PIL import Image

    from copytrace.edits import Supplies

# What Pillow calls the formats of the endings that can be written.
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def edit(
    image: Annotated[Path | None, typer.Argument(help="The image to edit; not needed for --list.")] = None,
    *,
    show_list: Annotated[
        bool, typer.Option("--list", help="List all edits with their parameters and ranges.")
    ] = False,
    apply: Annotated[
        str | None,
        typer.Option(help="Edits in order, with strengths from 0 to 1: crop:0.3,jpeg:0.5,rotate:degrees=30."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a contact sheet of every edit at three strengths.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the edited image goes (.png, .jpg or .webp).")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="Photographs for collages, blends and pasting; else they are drawn.")
    ] = None,
    overlays: Annotated[
        Path | None, typer.Option(help="Small pictures with alpha, to use instead of drawn emoji and logos.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Edit an image as people do who pass copies on, and record how.

    The same image, edits and seed give the same picture; `--json` prints the recipe with all parameters.
    """
    if show_list:
        _list(as_json=as_json)
        return
    if image is None or (apply is None) == (sheet is None):
        raise InputError(
            "edit: wanted is IMAGE with either --apply EDITS -o OUT or --sheet OUT, or --list alone. "
            "Try: copytrace edit photo.jpg --apply crop:0.3,jpeg:0.5 -o edited.png"
        )
    check_output(sheet, output, replace=replace, inputs=[image])
    supplies = _supplies(photos, overlays)
    if sheet is not None:
        from copytrace.edits import contact_sheet

        picture = contact_sheet(
            _opened(image), supplies=supplies, seed=seed, progress=terminal.TerminalProgress()
        )
        _save(picture, sheet)
        terminal.result_json({"sheet": str(sheet)}) if as_json else terminal.result(str(sheet))
        return
    if output is None:
        raise InputError("edit: --apply needs -o OUT, the file that the edited image is written to.")
    _apply(image, apply or "", supplies, output, seed, as_json=as_json)


def _apply(source: Path, chain: str, supplies: Supplies, output: Path, seed: int, *, as_json: bool) -> None:
    from copytrace.pipelines.edit import edit as edit_picture

    edited = edit_picture(source, chain, seed=seed, supplies=supplies)
    _save(edited.image, output)
    if as_json:
        terminal.result_json({"output": str(output)} | edited.to_dict())
        return
    for step in edited.recipe.steps:
        told = "  ".join(
            f"{name}={_short(value)}" for name, value in step.params.items() if value is not None
        )
        strength = "" if step.strength is None else f"{step.strength:g}"
        terminal.result(f"{step.edit:14s} {strength:5s} {told}".rstrip())
    (width, height), shares = edited.image.size, edited.visible
    terminal.say(
        f"{output}: {width} x {height}; shows {shares.of_reference:.0%} of the image, "
        f"which is {shares.of_query:.0%} of the picture."
    )


def _opened(path: Path) -> Image.Image:
    from copytrace.images import ImageFile, load_image

    return load_image(ImageFile(path.stem, str(path), path.name))


def _short(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _list(*, as_json: bool) -> None:
    from copytrace.edits import EDITS

    if as_json:
        terminal.result_json([_facts(each) for each in EDITS])
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("family", "edit", "strength", "what it does"):
        table.add_column(heading, no_wrap=heading != "what it does")
    family = ""
    for each in EDITS:
        if family and each.family != family:
            table.add_row()
        shown = each.family if each.family != family else ""
        table.add_row(shown, each.name, "0 to 1" if each.has_strength else "-", each.about)
        family = each.family
    terminal.result(table)
    terminal.say("All parameters and their ranges: copytrace edit --list --json, or docs/edits.md")


def _facts(each: Any) -> dict[str, Any]:  # noqa: ANN401 - an Edit, whose module is not imported for --help
    return {
        "name": each.name,
        "family": each.family,
        "strength": each.has_strength,
        "mapping": each.mapping,
        "about": each.about,
        "parameters": [
            {"name": parameter.name, "range": parameter.range, "about": parameter.about}
            for parameter in each.parameters
        ],
    }


def _supplies(photos: Path | None, overlays: Path | None) -> Supplies:
    from copytrace.edits import Album, Supplies
    from copytrace.edits.albums import overlay_album, photo_album

    return Supplies(
        Album() if photos is None else photo_album(photos),
        Album() if overlays is None else overlay_album(overlays),
    )


def _save(picture: Image.Image, path: Path) -> None:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"{path}: ends in {path.suffix or 'nothing'}; wanted is one of {', '.join(_FORMATS)}."
        )
    with whole_file(path) as part:
        picture.save(part, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
