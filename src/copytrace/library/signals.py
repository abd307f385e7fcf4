"""Descriptors as short texts, for systems that exchange hashes."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from copytrace.records import Float32Array, FloatArray

_LARGEST = 127
_NUMBERS = struct.Struct("<ff")
_TEXT = re.compile(r"([0-9a-f]{12}|code):([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True)
class Signal:
    """A descriptor with the model that made it.

    Attributes:
        model: the first 12 digits of the digest of the model's file; `code` if it is code only.
        vector: (d,) float32, as whole multiples of its largest value / 127.
        bias: its score normalisation, at least 0.
    """

    model: str
    vector: Float32Array
    bias: float


def short_digest(model_sha256: str) -> str:
    """The name of a model in signals."""
    return model_sha256[:12] or "code"


def write_signal(model_sha256: str, vector: Float32Array, bias: float) -> str:
    """A descriptor (d,) as text: the model, then in base64 a scale, the bias and d 8-bit numbers.

    >>> write_signal("", np.array([1, -0.5], np.float32), 0)
    'code:BAIBPAAAAAB/wA=='
    """
    scale = np.float32(np.abs(vector).max() / _LARGEST) or np.float32(1)
    codes = np.round(vector / scale).astype(np.int8)
    packed = base64.b64encode(_NUMBERS.pack(scale, bias) + codes.tobytes()).decode()
    return f"{short_digest(model_sha256)}:{packed}"


def read_signal(text: str) -> Signal:
    """Read what `write_signal` wrote.

    Raises:
        DescriptorError: it is something else.
    """
    found = _TEXT.fullmatch(text.strip())
    try:
        packed = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        packed = b""
    if found is None or len(packed) <= _NUMBERS.size:
        raise DescriptorError(f"{text[:40]!r} is not a signal of copytrace.")
    scale, bias = _NUMBERS.unpack_from(packed)
    if not (np.isfinite(scale) and scale > 0 and np.isfinite(bias) and bias >= 0):
        raise DescriptorError(f"{text[:40]!r} has a scale of {scale} and a bias of {bias}; it is damaged.")
    codes = np.frombuffer(packed, np.int8, offset=_NUMBERS.size)
    return Signal(found[1], codes.astype(np.float32) * np.float32(scale), bias)


def signal_distance(query: Signal, reference: Signal) -> float:
    """The squared distance of two signals of the same model, plus the query's bias.

    Raises:
        DescriptorError: they are from different models.
    """
    require_one_model(query, reference.model, len(reference.vector))
    difference: FloatArray = query.vector.astype(np.float64) - reference.vector
    return float(np.add.accumulate(difference * difference)[-1]) + query.bias


def require_one_model(signal: Signal, model: str, dims: int) -> None:
    """Refuse a signal from another model.

    Raises:
        DescriptorError: it is from another model.
    """
    if (signal.model, len(signal.vector)) != (model, dims):
        raise DescriptorError(
            f"The signal is from the model {signal.model} ({len(signal.vector)} dimensions), not of {model} ({dims}): "
            "signals from different models cannot be compared. Hash the picture again."
        )
