"""`copytrace describe`: from images to a descriptor set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.errors import InputError
from copytrace.files import check_distinct, is_stream


def describe(
    images: Annotated[
        str,
        typer.Argument(
            metavar="IMAGES",
            help="A folder, a list (.txt), tar files (shards-{000..127}.tar), an image, or a URL (s3://, https://).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SET.h5", help="The descriptor set to write.")
    ],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    tiles: Annotated[
        int,
        typer.Option(
            "--tiles",
            metavar="0|5",
            help="5 describes the centre and corners of each image too, for a library that small parts are cut from.",
        ),
    ] = 0,
    keypoints: Annotated[
        bool,
        typer.Option(
            "--keypoints", help="Also keep what find compares pictures by, beside the set: SET.h5.keypoints."
        ),
    ] = False,
    ids: options.IdsOption = "auto",
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    engine: options.EngineOption = "local",
    address: options.AddressOption = None,
    slots: options.SlotsOption = None,
    ship: options.ShipOption = False,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Describe images: a vector for each, in one file. Resumes if interrupted; refreshes an earlier set."""
    check_distinct(output, failures)
    if keypoints and is_stream(output):
        raise InputError(f"--keypoints writes beside the set, so {output} must be a file.")
    check_failures_file(failures, replace=replace, inputs=[images, background])
    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY
    from copytrace.pipelines.describe import describe as describe_images

    done = describe_images(
        images,
        output,
        model=model or DEFAULT,
        quality=quality or DEFAULT_QUALITY,
        background=background,
        tiles=tiles,
        ids=ids,
        device=device,
        engine=chosen,
        strict=strict,
        replace=replace,
        progress=terminal.TerminalProgress(),
    )
    kept = None
    if keypoints:
        from copytrace.pipelines.describe_keypoints import describe_keypoints

        kept = describe_keypoints(output, engine=chosen, progress=terminal.TerminalProgress())
    failed = done.failures + (() if kept is None else kept.failures)
    if as_json:
        terminal.result_json(
            {
                "output": str(done.output),
                "model": done.model,
                "quality": done.quality,
                "licence": done.licence,
                "images": done.images,
                "reused": done.reused,
                "removed": done.removed,
                "keypoints": None if kept is None else kept.images,
                "failures": [failure.__dict__ for failure in failed],
                "left_out": done.left_out,
                "seconds": round(done.seconds, 3),
            }
        )
    else:
        reused = f" ({done.reused:,} of them by an earlier run)" if done.reused else ""
        removed = f"; {done.removed:,} no longer there" if done.removed else ""
        terminal.result(f"{done.output}: {done.images:,} images described by {done.model}{reused}{removed}")
        if kept is not None:
            terminal.result(f"{kept.output}: keypoints of {kept.images:,} images")
    if done.restricted:
        terminal.say(f"Terms of the model '{done.model}': {done.licence}")
    tell_failures(failed, failures)
