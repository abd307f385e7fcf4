"""Measures the speed of `copytrace describe`, the time of each stage, and how memory grows.

    python benchmarks/describe.py [--model NAME] [--quality QUALITY] [--images 2000] [--sides 500 256]
    python benchmarks/describe.py --device cuda [--model NAME ...]
    python benchmarks/describe.py --grow 1000 10000 100000 [--model NAME]

Images are JPEG files (quality 85) with the given longer side, cut from photographs that scikit-image and scikit-learn
ship. Each run is the command line in a separate process, timed from start to end; `CPU ms` is the processor time of all
its processes per image, which other work on the machine hardly affects. The stages are timed in this process, one after
the other, by processor time. `--device cuda` describes on the CPU and on the GPU, and prints the largest difference in
a component of a vector. `--grow` describes increasing numbers of images of 32 pixels.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, Choice, load_model
from copytrace.engines import available_cores
from copytrace.images import fit, list_images, load_image
from copytrace.pipelines.demo_photos import photographs
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

Result = TypeVar("Result")

STAGE_IMAGES = 200
SMALL = 32


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=DEFAULT)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--quality", default=DEFAULT_QUALITY)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--sides", type=int, nargs="+", default=[500, 256])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--grow", type=int, nargs="+", help="describe these numbers of small images, and print the memory"
    )
    arguments = parser.parse_args()
    choice = Choice(arguments.model, arguments.quality)
    print(f"{load_model(choice).card.name}, quality {choice.quality}; {available_cores()} cores\n")
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.grow:
            _print_growth(choice, arguments.grow, Path(temporary))
            return
        print(
            "| device, longer side | images/s (best of the runs) | CPU ms per image | peak MiB of a process |"
        )
        print("|---|---|---|---|")
        folders = {
            side: write_jpegs(Path(temporary, str(side)), arguments.images, side) for side in arguments.sides
        }
        devices = ["cpu"] if arguments.device == "cpu" else ["cpu", "cuda"]
        for side, folder in folders.items():
            for device in devices:
                runs = [_run(choice, folder, arguments.images, device) for _ in range(arguments.runs)]
                print(_row(f"{device}, {side} px", arguments.images, min(runs)), flush=True)
        if arguments.device == "cuda":
            _print_difference(choice, folders[arguments.sides[0]], Path(temporary))
        for side, folder in folders.items():
            _print_stages(choice, folder, side)


def write_jpegs(folder: Path, count: int, side: int) -> Path:
    """Write `count` JPEG files with the given longer side, 4:3, cut from photographs at random positions."""
    folder.mkdir()
    rng = np.random.default_rng(side)
    photos = [load_image(list_images(path)[0]) for path in photographs()]
    for number in range(count):
        _cut(photos[number % len(photos)], side, rng).save(folder / f"{number:07d}.jpg", quality=85)
    return folder


def _cut(photo: Image.Image, side: int, rng: np.random.Generator) -> Image.Image:
    """A piece of the photograph, as large as possible, scaled to the side."""
    width = int(min(photo.width, photo.height * 4 / 3) * rng.uniform(0.6, 1))
    height = width * 3 // 4
    left, top = (int(rng.integers(0, room + 1)) for room in (photo.width - width, photo.height - height))
    return photo.crop((left, top, left + width, top + height)).resize((side, side * 3 // 4))


def _print_difference(choice: Choice, images: Path, folder: Path) -> None:
    """Print the difference between the vectors of both devices."""
    made = []
    for device in ("cpu", "cuda"):
        output = folder / f"{device}.h5"
        subprocess.run(_command(choice, images, output, device), check=True, capture_output=True)
        made.append(read_descriptors(output).vectors)
    print(f"\nlargest difference of a component between the devices: {np.abs(made[0] - made[1]).max():.2g}")


def _run(choice: Choice, images: Path, count: int, device: str = "cpu") -> tuple[float, float, float]:
    """Seconds, processor seconds and peak MiB of a process of one run of the command line."""
    with tempfile.TemporaryDirectory() as folder:
        command = _command(choice, images, Path(folder, "set.h5"), device)
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        # wait4 has already reaped the process that Popen would wait for.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"describing {count:,} images failed with exit code {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _command(choice: Choice, images: Path, output: Path, device: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "copytrace",
        "describe",
        str(images),
        "-o",
        str(output),
        "--device",
        device,
    ]
    return [*command, "--model", choice.model, "--quality", choice.quality]


def _row(name: str, count: int, run: tuple[float, float, float]) -> str:
    seconds, busy, peak = run
    return f"| {name} | {count / seconds:,.0f} | {1000 * busy / count:.2f} | {peak:,.0f} |"


def _print_growth(choice: Choice, counts: list[int], folder: Path) -> None:
    print(f"| images of {SMALL} px | images/s | CPU ms per image | peak MiB of a process |")
    print("|---|---|---|---|")
    (data,) = (path.read_bytes() for path in write_jpegs(folder / "one", 1, SMALL).iterdir())
    for count in counts:
        # One tar file: a million separate files would measure the file system.
        tar = _tar(folder / f"{count}.tar", data, count)
        print(_row(f"{count:,}", count, _run(choice, tar, count)), flush=True)
        tar.unlink()


def _tar(path: Path, data: bytes, count: int) -> Path:
    import io
    import tarfile

    with tarfile.open(path, "w") as tar:
        for number in range(count):
            member = tarfile.TarInfo(f"{number:07d}.jpg")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
            # A process starts with its parent's peak memory, so this one stays small.
            tar.members.clear()  # type: ignore[attr-defined]  # typeshed leaves it out
    return path


def _print_stages(choice: Choice, folder: Path, side: int) -> None:
    """Processor time of each stage, per image."""
    model = load_model(choice)
    wanted = model.card.input
    files = list_images(folder)[:STAGE_IMAGES]
    smallest = None if wanted.exact else max(wanted.width, wanted.height)
    decoded, decode = _timed(lambda: [load_image(file, smallest_side=smallest) for file in files])
    pictures, resize = _timed(lambda: [fit(image, wanted) for image in decoded])
    vectors, network = _timed(lambda: model.descriptor.describe(pictures))
    background = model.background
    bias = 0.0 if background is None else _timed(lambda: background.applied(vectors))[1]
    total = decode + resize + network + bias
    print(f"\n{side} px, ms of one core per image: ", end="")
    stages = (("read and decode", decode), ("resize", resize), ("network", network), ("background", bias))
    print(", ".join(f"{name} {ms:.2f} ({ms / total:.0%})" for name, ms in stages))


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result of the work, and its milliseconds per image; the first of two rounds is ignored."""
    work()
    begun = time.process_time()
    result = work()
    return result, 1000 * (time.process_time() - begun) / STAGE_IMAGES


if __name__ == "__main__":
    main()
