"""Devices that networks run on: the CPU, or a GPU through ONNX Runtime's CUDA provider (extra `gpu`)."""

from __future__ import annotations

from typing import Any, Literal

from copytrace.errors import MissingDependencyError
from copytrace.extras import how_to_install

Device = Literal["cpu", "cuda"]

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

REPLACE = "pip uninstall -y onnxruntime; pip install --force-reinstall --no-deps onnxruntime-gpu"
"""Run after installing the extra `gpu`: both versions of ONNX Runtime have the same files."""

GPU_BATCH = 64
"""Pictures per batch on a GPU."""


class NoGpuError(MissingDependencyError):
    """No GPU can be used; the message says why."""


def providers_of(device: Device) -> list[str]:
    """The ONNX Runtime providers to request; the CPU runs whatever a GPU has no kernel for.

    Raises:
        NoGpuError: this ONNX Runtime cannot use GPUs.
    """
    if device == "cpu":
        return [CPU]
    import onnxruntime

    if CUDA not in onnxruntime.get_available_providers():
        raise NoGpuError(
            f"this ONNX Runtime cannot use GPUs. Replace it with the GPU version {how_to_install('gpu')}; {REPLACE}"
        )
    return [CUDA, CPU]


def require_device(session: Any, device: Device) -> None:  # noqa: ANN401 - the library has no types
    """Refuse a session that requested a GPU and got none: ONNX Runtime silently continues without it.

    Raises:
        NoGpuError: it runs on the CPU only.
    """
    if device == "cuda" and CUDA not in session.get_providers():
        raise NoGpuError(
            "ONNX Runtime found no usable GPU: there is none, or its driver, CUDA or cuDNN is "
            "missing or too old."
        )
