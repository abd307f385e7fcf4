"""Tries an untrusted network in a limited process before it runs in this one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from copytrace.descriptors.card_file import read_card
from copytrace.descriptors.onnx import CARD_FILE, MODEL_FILE, OnnxDescriptor
from copytrace.engines.limited import LimitedError, Limits, call_limited
from copytrace.errors import DescriptorError, InputError

LIMITS = Limits(memory=8 << 30)
SECONDS = 60

_TRIED = "COPYTRACE_TRIED_NETWORK"
"""The network that was tried last: worker processes inherit it, and need not repeat the trial."""


def try_network(folder: Path, quality: str) -> None:
    """Describe a black picture with a network.

    Raises:
        DescriptorError: it fails, takes more than `SECONDS`, or exceeds `LIMITS`.
    """
    key = f"{read_card(folder / CARD_FILE, quality).model_sha256} {quality}"
    if os.environ.get(_TRIED) == key:
        return
    try:
        call_limited(_describe_black, str(folder), quality, limits=LIMITS, seconds=SECONDS)
    except LimitedError as error:
        raise DescriptorError(
            f"{folder / MODEL_FILE}: a trial on a black picture {error}. Use another network."
        ) from error
    except InputError as error:
        raise DescriptorError(str(error)) from error
    os.environ[_TRIED] = key


def _describe_black(folder: str, quality: str) -> None:
    descriptor = OnnxDescriptor(Path(folder), quality)
    wanted = descriptor.card.input
    descriptor.describe([np.zeros((wanted.height, wanted.width, 3), np.uint8)])
