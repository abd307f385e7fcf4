from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors.gist import ENERGIES, Gist, _projection

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def grating(degrees: float, cycles: float = 12) -> ByteArray:
    """A grey 128 x 128 picture of stripes that run at an angle."""
    rows, columns = np.mgrid[0:128, 0:128] / 128
    along = columns * np.cos(np.radians(degrees)) + rows * np.sin(np.radians(degrees))
    return (127.5 + 100 * np.sin(2 * np.pi * cycles * along)).astype(np.uint8)


def test_the_projection_has_orthonormal_rows() -> None:
    projection = _projection()
    assert projection.shape == (256, ENERGIES)
    np.testing.assert_allclose(projection @ projection.T, np.eye(256), atol=1e-6)


def test_the_projection_never_changes() -> None:
    # A set described today must be comparable with one described after an upgrade.
    assert np.sign(_projection()[:3, :8]).astype(int).tolist() == [
        [1, 1, 1, -1, 1, -1, 1, -1],
        [1, -1, 1, 1, -1, -1, -1, -1],
        [1, 1, 1, -1, 1, -1, 1, -1],
    ]


def test_energy_lies_where_the_stripes_run() -> None:
    for orientation in range(8):
        energies = Gist()._energies(grating(180 * orientation / 8)).reshape(4, 8, 16)
        assert energies.sum(axis=(0, 2)).argmax() == orientation


def test_brightness_matters_little_and_content_much() -> None:
    dark = (grating(30) * 0.5).astype(np.uint8)
    bright, dim, other = Gist().describe([grating(30), dark, grating(110)])
    assert ((bright - dim) ** 2).sum() < 0.05 * ((bright - other) ** 2).sum()
