"""`copytrace edit`: edit an image, list the edits, or draw a sheet of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.cli.tables import Column, show_table
from copytrace.errors import InputError
from copytrace.files import check_output, whole_file

if TYPE_CHECKING:
    from PIL import Image

    from copytrace.edits import Supplies

# Pillow formats by file extension.
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def edit(
    image: Annotated[Path | None, typer.Argument(metavar="IMAGE", help="The image to edit.")] = None,
    *,
    show_list: Annotated[bool, typer.Option("--list", help="List all edits.")] = False,
    apply: Annotated[
        str | None,
        typer.Option(
            "--apply",
            metavar="EDITS",
            help="Edits in order, each with a strength from 0 to 1: crop:0.3,jpeg:0.5,rotate:degrees=30.",
        ),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help="Draw every edit at three strengths.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The edited image (.png, .jpg or .webp)."),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            "--photos",
            metavar="DIR",
            help="Photographs for collages, blends and pasting. Default: drawn ones.",
        ),
    ] = None,
    overlays: Annotated[
        Path | None,
        typer.Option(
            "--overlays",
            metavar="DIR",
            help="Small images with alpha to paste. Default: drawn emoji and logos.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Random seed.")] = 0,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Apply the edits people make before re-sharing an image.

    The same image, edits and seed give the same result. --json prints the recipe with all parameters.

    Examples:
        copytrace edit photo.jpg --apply crop:0.3,jpeg:0.5 -o edited.jpg
        copytrace edit --list
    """
    if show_list:
        _list(as_json=as_json)
        return
    if image is None or (apply is None) == (sheet is None):
        raise InputError(
            "Give an image with --apply EDITS -o FILE or with --sheet FILE; or use only --list. "
            "Example: copytrace edit photo.jpg --apply crop:0.3,jpeg:0.5 -o edited.png"
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
        raise InputError("--apply needs a file for the edited image: -o FILE")
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
        f"{output}: {width} x {height} pixels; shows {shares.of_reference:.0%} of the original, "
        f"on {shares.of_query:.0%} of its area."
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
    rows: list[tuple[str, ...]] = []
    family = ""
    for each in EDITS:
        if family and each.family != family:
            rows.append(())
        strength = "0 to 1" if each.has_strength else "-"
        rows.append((each.family if each.family != family else "", each.name, strength, each.about))
        family = each.family
    show_table(["family", "edit", "strength", Column("what it does", prose=True)], rows)
    terminal.say("All parameters and their ranges: copytrace edit --list --json")


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
            f"{path}: cannot write this format. Use one of these extensions: {', '.join(_FORMATS)}."
        )
    with whole_file(path) as part:
        picture.save(part, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
