"""Chooses the device of networks: workers decode the pictures, and this process runs the GPU in batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from copytrace.descriptors import NoGpuError, kept_model
from copytrace.engines import SecondStepHere
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from copytrace.descriptors import Choice
    from copytrace.engines import Engine
    from copytrace.progress import Progress

AskedDevice = Literal["auto", "cpu", "cuda"]
"""`auto` is the GPU if one can be used."""


def on_device(choice: Choice, device: AskedDevice, progress: Progress = SILENT) -> Choice:
    """The choice for a device; reports why `auto` falls back to the CPU.

    Raises:
        NoGpuError: `cuda` was requested and cannot be used.
        DescriptorError: the model cannot be loaded.
    """
    if device == "cpu":
        return choice
    on_gpu = replace(choice, device="cuda")
    try:
        kept_model(on_gpu)
    except NoGpuError as error:
        if device == "cuda":
            raise NoGpuError(f"--device cuda: {error}") from error
        progress.note(f"Describing on the CPU: {error}")
        return choice
    return on_gpu


def engine_for(choice: Choice, engine: Engine) -> Engine:
    """The engine to describe with: the second step of a description stays in the process that holds the GPU."""
    return SecondStepHere(engine) if choice.device == "cuda" else engine
