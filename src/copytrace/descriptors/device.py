"""What networks run on: the CPU, or a GPU by ONNX Runtime's CUDA provider (extra `gpu`)."""

from __future__ import annotations

from typing import Any, Literal

from copytrace.errors import MissingDependencyError

Device = Literal["cpu", "cuda"]

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

GPU_BATCH = 64
"""Pictures that a GPU is given at once."""


class NoGpuError(MissingDependencyError):
    """No GPU can be used; the message says why."""


def providers_of(device: Device) -> list[str]:
    """What ONNX Runtime is asked to run a network with; the CPU takes what a GPU has no kernel for.

    Raises:
        NoGpuError: this ONNX Runtime cannot use GPUs.
    """
    if device == "cpu":
        return [CPU]
    import onnxruntime

    if CUDA not in onnxruntime.get_available_providers():
        raise NoGpuError(
            "this ONNX Runtime cannot use GPUs. Put the one that can in its place: pip install 'copytrace[gpu]'; "
            "pip uninstall -y onnxruntime; pip install --force-reinstall --no-deps onnxruntime-gpu"
        )
    return [CUDA, CPU]


def require_device(session: Any, device: Device) -> None:  # noqa: ANN401 - the library has no types
    """Refuse a session that was asked for a GPU and got none: ONNX Runtime goes on without it.

    Raises:
        NoGpuError: it runs on the CPU alone.
    """
    if device == "cuda" and CUDA not in session.get_providers():
        raise NoGpuError(
            "ONNX Runtime cannot use the GPU of this machine: there is none, or its driver, CUDA or cuDNN is "
            "missing or too old."
        )
