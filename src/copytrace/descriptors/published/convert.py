"""Converts published weights from torch formats to ONNX; the only part of describing that needs torch."""

from __future__ import annotations

import argparse
import io
import warnings
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from copytrace.errors import DescriptorError, MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from copytrace.descriptors.network import NetworkCard, Published

TOLERANCE = 1e-3
"""The largest allowed difference in a component of a vector of length 1 between torch and ONNX Runtime."""

OPSET = 18

_WRAPPERS = ("state_dict", "model")


def convert(file: Path, network: NetworkCard, form: Published, output: Path) -> None:
    """Write weights in a torch format as ONNX, for one picture of the size given by the card.

    Args:
        file: a TorchScript archive or a state dict.
        network: its card.
        form: the format of the file.
        output: the ONNX file to write.

    Raises:
        MissingDependencyError: torch, or a library that defines the network, is not installed.
        DescriptorError: the file does not match the card, or the ONNX file returns different vectors.
    """
    torch = _torch()
    wanted = network.card.input
    if wanted.resize == "keep":
        raise DescriptorError(
            f"{file}: cannot be converted for pictures that keep their shape, since an ONNX file has one fixed size. "
            "Choose 'squash' or 'crop' in the card."
        )
    module = _scripted(file) if form.form == "torchscript" else _built(file, form.network)
    module = module.eval()
    generator = torch.Generator().manual_seed(0)
    picture = torch.randn((1, 3, wanted.height, wanted.width), generator=generator)
    model = _exported(file, module, picture)
    with torch.no_grad():
        expected = module(picture).numpy().reshape(-1)
    _compare(file, model, picture.numpy(), expected, network.card.dims)
    with whole_file(output) as path:
        path.write_bytes(model)


def _torch() -> Any:  # noqa: ANN401 - a module
    try:
        import onnx  # noqa: F401 - torch wants it to export
        import torch
    except ImportError as error:
        raise MissingDependencyError(
            f"Converting weights to ONNX needs torch and onnx ('{error.name}' is not installed). Install them "
            f"{how_to_install('torch')}"
        ) from error
    return torch


def _scripted(file: Path) -> Any:  # noqa: ANN401 - a torch module
    """Load a TorchScript archive; it contains code that torch interprets, so it is only as safe as its origin."""
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError, OSError) as error:
        raise DescriptorError(f"{file}: is not a TorchScript archive: {_first_line(error)}") from error


def _built(file: Path, network: str) -> Any:  # noqa: ANN401 - a torch module
    """Build the network of a state dict, which is read without running any code in it."""
    weights = _weights(file)
    builders = _builders()
    if network not in builders:
        raise DescriptorError(
            f"{file}: its card names the network '{network}' for the weights; available: {', '.join(builders)}."
        )
    try:
        return builders[network](weights)
    except (KeyError, RuntimeError, ValueError) as error:
        raise DescriptorError(
            f"{file}: does not contain the weights of a network '{network}': {_first_line(error)}"
        ) from error


def _builders() -> dict[str, Callable[[Mapping[str, Any]], Any]]:
    from copytrace.descriptors.published.isc21 import build_isc21
    from copytrace.descriptors.published.vit import build_vit

    return {"vit": build_vit, "isc21": build_isc21}


def _weights(file: Path) -> dict[str, Any]:
    import pickle

    import torch

    try:
        # Training scripts store their arguments with the weights, in a class that can do nothing.
        safe = torch.serialization.safe_globals([argparse.Namespace])
        with safe, warnings.catch_warnings(action="ignore"):
            held = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DescriptorError(
            f"{file}: is not a state dict that can be read without running code: {_first_line(error)}"
        ) from error
    for wrapper in _WRAPPERS:
        if isinstance(held, dict) and isinstance(held.get(wrapper), dict):
            held = held[wrapper]
    if not isinstance(held, dict) or not all(isinstance(value, torch.Tensor) for value in held.values()):
        raise DescriptorError(f"{file}: contains no state dict; expected tensors by name.")
    # Training on several GPUs adds this prefix to every name.
    return {name.removeprefix("module."): value for name, value in held.items()}


def _exported(file: Path, module: Any, picture: Any) -> bytes:  # noqa: ANN401 - torch's objects
    import torch

    model = io.BytesIO()
    try:
        # The older exporter accepts TorchScript; it says so at each use.
        with warnings.catch_warnings(action="ignore"):
            torch.onnx.export(
                module,
                (picture,),
                cast("Any", model),
                input_names=["pixels"],
                output_names=["vectors"],
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError) as error:
        raise DescriptorError(f"{file}: torch cannot write it as ONNX: {_first_line(error)}") from error
    return model.getvalue()


def _compare(file: Path, model: bytes, picture: Any, expected: Any, dims: int) -> None:  # noqa: ANN401 - arrays
    """Refuse a conversion that returns different vectors than torch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    vector = session.run(None, {"pixels": picture})[0].reshape(-1)
    if len(vector) != dims:
        raise DescriptorError(
            f"{file}: the network returns {len(vector)} numbers; its card says {dims} dims."
        )
    apart = np.abs(vector / np.linalg.norm(vector) - expected / np.linalg.norm(expected)).max()
    if not apart <= TOLERANCE:
        raise DescriptorError(
            f"{file}: the ONNX file's vectors differ from torch's by {apart:.2g}; the limit is {TOLERANCE:g}."
        )


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
