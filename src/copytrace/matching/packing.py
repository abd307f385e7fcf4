"""Features as bytes: what a cache keeps of a picture, without pickle."""

from __future__ import annotations

import struct

import cv2
import numpy as np

from copytrace.errors import InputError
from copytrace.matching.features import Features

LAYOUT = 1
"""Grows with every change of what `pack` writes or `extract` finds; features of another layout are found again."""
_HEADER = struct.Struct("<HIIH")
_LOOK_QUALITY = 90


def pack(features: Features) -> bytes:
    """Features as bytes, about 80 KB for 700 points and 10 KB for the look."""
    points = np.rint(features.points.clip(0, 1) * 65535).astype("<u2")
    look = cv2.imencode(".jpg", features.look[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _LOOK_QUALITY])[
        1
    ].tobytes()
    return b"".join(
        (
            _HEADER.pack(LAYOUT, *features.size, len(features)),
            points.tobytes(),
            features.scales.astype("<f2").tobytes(),
            features.angles.astype("<f2").tobytes(),
            features.descriptors.tobytes(),
            look,
        )
    )


def unpack(data: bytes) -> Features:
    """Take back what `pack` wrote.

    Raises:
        InputError: the bytes are of another layout, or cut off.
    """
    try:
        layout, width, height, count = _HEADER.unpack_from(data)
        if layout != LAYOUT:
            raise InputError(f"Features of layout {layout}; this version reads {LAYOUT}.")
        at = _HEADER.size
        columns = []
        for kind, columns_wide in (("<u2", 2), ("<f2", 1), ("<f2", 1), ("u1", 128)):
            column = np.frombuffer(data, kind, count * columns_wide, at)
            at += column.nbytes
            columns.append(column)
        look = cv2.imdecode(np.frombuffer(data, np.uint8, offset=at), cv2.IMREAD_COLOR)
    except (struct.error, ValueError, cv2.error) as error:
        raise InputError("Features that are cut off.") from error
    if look is None:
        raise InputError("Features without their look.")
    points, scales, angles, descriptors = columns
    return Features(
        (width, height),
        (points.reshape(-1, 2) / 65535).astype(np.float32),
        scales.astype(np.float32),
        angles.astype(np.float32),
        descriptors.reshape(-1, 128),
        np.ascontiguousarray(look[..., ::-1]),
    )
