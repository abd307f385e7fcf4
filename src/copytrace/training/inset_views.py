"""Training pictures for insets: edited photographs, whose recipes give the position of the photograph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from copytrace.edits import Supplies, draw_recipe, replay
from copytrace.edits.compose import HELD_OUT, MIXES, Mix
from copytrace.training.inset_network import SIDE, STRIPS
from copytrace.training.views import donated, points_shown, restyled, squashed

if TYPE_CHECKING:
    from copytrace.records import BoolArray, ByteArray, IndexArray
    from copytrace.training.photos import Photos

# Recipes of a benchmark, and more of those that combine the photograph with another picture: which of two pictures is
# the copy can only be told by size and position, and by how often each case occurs.
_MIXES = (
    *MIXES,
    Mix(
        "inside", 0.3, (1, 4), (0.1, 0.85),
        {"geometry": 2, "colour": 3, "quality": 2, "overlay": 2},
        always=(("onto", "onto", "onto", "collage", "phone", "browser", "screen-photo"),),
    ),
    Mix(
        "covered", 0.1, (1, 3), (0.1, 0.85),
        {"geometry": 2, "colour": 3, "quality": 2, "overlay": 2},
        always=(("overlay",),),
    ),
)  # fmt: skip
_AS_IT_IS, _RESTYLED = 0.22, 0.12
_MIRRORED, _OVER, _TURNED = 0.5, 0.15, 0.15
_ATTEMPTS = 6
_ROOM = 64
# Smaller parts cannot be found, nor described.
_LEAST_INSIDE = 0.02
# Single points remain from holes and noise.
_LEAST_POINTS = 2


class InsetBatch(NamedTuple):
    """Pictures with the ground truth.

    Attributes:
        pictures: (b, 128, 128, 3) uint8.
        inside: (b, 64, 64) bool, which points show the copy.
        sides: (b, 4) int64, the first and last strips of the copy: left, right, top, bottom.
    """

    pictures: Tensor
    inside: Tensor
    sides: Tensor


@dataclass
class InsetViews(Dataset[InsetBatch]):
    """Batches of pictures; each depends only on the seed and its number, so that a run can be resumed.

    Attributes:
        photos: all photographs.
        numbers: numbers of the photographs to edit.
        donors: numbers of photographs to paste onto.
        first_step: number of the first batch.
        steps: number of batches.
        size: pictures per batch.
        seed: random seed.
    """

    photos: Photos
    numbers: IndexArray
    donors: IndexArray
    first_step: int
    steps: int
    size: int
    seed: int

    @cached_property
    def _supplies(self) -> Supplies:
        return donated(self.photos, self.donors)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, number: int) -> InsetBatch:
        """The batch of a step."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, self.first_step + number))
        made = [
            _turned(*self._picture(self.photos[int(photo)], rng), rng)
            for photo in rng.choice(self.numbers, self.size)
        ]
        return InsetBatch(
            torch.from_numpy(np.stack([picture for picture, _ in made])),
            torch.from_numpy(np.stack([inside for _, inside in made])),
            torch.from_numpy(np.stack([sides_of(inside) for _, inside in made])),
        )

    def _picture(self, photo: ByteArray, rng: np.random.Generator) -> tuple[ByteArray, BoolArray]:
        """An edited photograph, squashed, and which points of it show the photograph."""
        if rng.random() < _RESTYLED:
            photo = restyled(photo, rng, self._supplies)
        longest = int(max(photo.shape)) + _ROOM
        for _ in range(_ATTEMPTS if rng.random() >= _AS_IT_IS else 0):
            recipe = draw_recipe(
                rng, mixes=_MIXES, held_out=HELD_OUT, supplies=self._supplies, longest_side=longest
            )
            edited = replay(photo, recipe, self._supplies)
            inside = points_shown(edited.mapping, STRIPS)
            if inside.mean() >= _LEAST_INSIDE:
                return squashed(edited.image, SIDE), inside
        return squashed(photo, SIDE), np.ones((STRIPS, STRIPS), bool)


def sides_of(inside: BoolArray) -> IndexArray:
    """(4,) first and last columns and rows that show the copy; of the whole picture if almost nothing does."""
    sides = []
    for axis in (0, 1):
        shown = np.flatnonzero(inside.sum(axis=axis) >= _LEAST_POINTS)
        sides += [shown[0], shown[-1]] if len(shown) else [0, STRIPS - 1]
    return np.array(sides, np.int64)


def _turned(picture: ByteArray, inside: BoolArray, rng: np.random.Generator) -> tuple[ByteArray, BoolArray]:
    """Occasionally mirror, flip or rotate both by 90 degrees."""
    if rng.random() < _MIRRORED:
        picture, inside = picture[:, ::-1], inside[:, ::-1]
    if rng.random() < _OVER:
        picture, inside = picture[::-1], inside[::-1]
    if rng.random() < _TURNED:
        picture, inside = picture.transpose(1, 0, 2), inside.T
    return np.ascontiguousarray(picture), np.ascontiguousarray(inside)
