"""`copytrace describe`: make a descriptor set from images."""

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
        list[str],
        typer.Argument(
            metavar="IMAGES",
            help="Folders and images; or a list (.txt), tar files (shards-{000..127}.tar) or URL (s3://, https://).",
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
            help="With 5, also describe the centre and corners of each image, to find small crops of it.",
        ),
    ] = 0,
    keypoints: Annotated[
        bool,
        typer.Option("--keypoints", help="Also store the features that find compares, in SET.h5.keypoints."),
    ] = False,
    ids: options.IdsOption = "auto",
    exclude: options.ExcludeOption = None,
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
    """Describe images once, to search them many times. Resumes if interrupted.

    Writes a descriptor set: one vector per image. If the file exists, only new and changed images are described.

    Examples:
        copytrace describe library/ archive/ -o library.h5 --exclude drafts
        copytrace describe 's3://bucket/shards-{000..127}.tar' -o library.h5
    """
    check_distinct(output, failures)
    if keypoints and is_stream(output):
        raise InputError(f"--keypoints writes a second file, so {output} must be a file.")
    check_failures_file(failures, replace=replace, inputs=[*images, background])
    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY
    from copytrace.pipelines.describe import describe as describe_images

    progress = terminal.TerminalProgress()
    done = describe_images(
        options.images_of(images, exclude, ids, progress),
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
        progress=progress,
    )
    kept = None
    if keypoints:
        from copytrace.pipelines.describe_keypoints import describe_keypoints

        kept = describe_keypoints(output, engine=chosen, progress=progress)
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
        reused = f" ({done.reused:,} of them in an earlier run)" if done.reused else ""
        removed = f"; {done.removed:,} removed, as their files are gone" if done.removed else ""
        terminal.result(f"{done.output}: {done.images:,} images described by {done.model}{reused}{removed}")
        if kept is not None:
            terminal.result(f"{kept.output}: keypoints of {kept.images:,} images")
    if done.restricted:
        terminal.say(f"Licence of the model '{done.model}': {done.licence}")
    tell_failures(failed, failures, fatal=strict)
