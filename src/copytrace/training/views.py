"""The two views of a photograph that the network learns to recognise as the same: unchanged, and edited.

A light view represents the reference: the photograph itself, or a crop of most of it. A hard view represents the
query: edited with a recipe like those of a benchmark, from edits that are not held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from copytrace.edits import Album, Recipe, Step, Supplies, draw_recipe, find_edit, replay
from copytrace.edits.compose import HELD_OUT, Mix
from copytrace.edits.drawing.scripts import SCRIPTS, write_invented
from copytrace.edits.pixels import resized

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.geometry import Mapping
    from copytrace.records import BoolArray, ByteArray, IndexArray
    from copytrace.training.photos import Photos

_ATTEMPTS = 8
_ROOM = 64
"""How many pixels larger than the original an edited photograph may be."""
# An edited view with a smaller share of the photograph teaches nothing.
_LEAST_OF_QUERY = 0.08
# How often an edited view is rotated by 90 degrees, or upside down; half of all views are mirrored.
_TURNED, _TURNED_OVER = 0.25, 0.2
# The share of views without colour, and the weights of red, green and blue in their grey values (ITU-R 601-2).
_GREY = 0.2
_LUMA = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
# Parameters of `spoiled`: the remaining share of light, the side of a thumbnail, and the distance of dots in pixels.
_DARKEST = (0.08, 0.35)
_THUMBNAIL = (24, 49)
_DOT_STEP = (8.0, 32.0)
# The share of edited views that show at most a quarter of the photograph, cut out at a corner.
_CORNER = 0.04
# The share of edited views with writing in a script that the fonts lack, and the size of its signs.
_CAPTIONED = 0.08
_SIGN = (0.04, 0.2)
_GRID = 12
_STYLES = ("crop", "crop", "oil", "cartoon", "colour-map", "saturation")
_LIGHT_CROP = (0.7, 1.0)
_LIGHT_AS_IT_IS = 0.6

TRAINING_MIXES: tuple[Mix, ...] = (
    Mix(
        "light", 0.25, (1, 2), (0.1, 0.5),
        {"geometry": 3, "colour": 3, "quality": 3, "overlay": 3, "frame": 1, "composite": 0.5, "artistic": 0.3},
    ),
    Mix(
        "medium", 0.4, (2, 4), (0.2, 0.65),
        {
            "geometry": 4, "colour": 3, "quality": 3, "overlay": 3,
            "frame": 1.5, "composite": 1, "warp": 0.6, "artistic": 0.4,
        },
    ),
    Mix(
        "inside", 0.2, (1, 4), (0.15, 0.6),
        {"geometry": 2, "colour": 3, "quality": 2, "overlay": 1},
        always=(("onto", "collage", "phone", "browser", "screen-photo"),),
    ),
    Mix(
        "hard", 0.15, (3, 5), (0.4, 0.75),
        {"geometry": 3, "colour": 3, "quality": 3, "overlay": 3, "frame": 1, "composite": 1, "warp": 0.6},
        always=(("crop", "onto", "overlay"),),
    ),
)  # fmt: skip
"""Milder than a benchmark's hardest mix, and more often small inside a larger picture.

A network learns little from copies that are almost invisible, and otherwise sees too few that are inside another
picture, a collage or a screenshot.
"""


class Batch(NamedTuple):
    """Views of b photographs: (2b, side, side, 3) uint8, light ones first, and (b,) photograph numbers."""

    pictures: Tensor
    photos: Tensor


@dataclass
class Views(Dataset[Batch]):
    """Batches of views; each depends only on the seed and its number, so that a run can be resumed.

    Attributes:
        photos: all photographs.
        plan: (steps, b) numbers of the photographs of each batch.
        donors: numbers of photographs to paste onto; never learned themselves.
        first_step: number of the first batch of the plan.
        side: side of the views in pixels.
        seed: random seed.
        hard_pairs: share of the pairs whose light view is edited too.
        restyled: share of the photographs that are first converted to another kind of picture.
        held_out: edits and families that are never used.
    """

    photos: Photos
    plan: IndexArray
    donors: IndexArray
    first_step: int
    side: int
    seed: int
    hard_pairs: float
    restyled: float
    held_out: tuple[str, ...] = HELD_OUT

    @cached_property
    def _supplies(self) -> Supplies:
        return donated(self.photos, self.donors)

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, number: int) -> Batch:
        """The batch of a step."""
        cv2.setNumThreads(1)
        photos = self.plan[number]
        shape = (2 * len(photos), self.side, self.side, 3)
        pictures = np.empty(shape, np.uint8)
        for row, photo in enumerate(photos):
            rng = np.random.default_rng((self.seed, self.first_step + number, row))
            light, hard = self._pair(self.photos[photo], rng)
            pictures[row], pictures[len(photos) + row] = light, hard
        return Batch(torch.from_numpy(pictures), torch.from_numpy(photos))

    def _pair(self, photo: ByteArray, rng: np.random.Generator) -> tuple[ByteArray, ByteArray]:
        if rng.random() < self.restyled:
            photo = restyled(photo, rng, self._supplies)
        both = rng.random() < self.hard_pairs
        light, hard = (
            edited_view(photo, rng, self._supplies, self.held_out) if edited else light_view(photo, rng)
            for edited in (both, True)
        )
        return squashed(light, self.side), squashed(hard, self.side)


def donated(photos: Photos, donors: IndexArray) -> Supplies:
    """Photographs with these numbers as supplies for edits."""
    return Supplies(photos=Album(tuple(str(number) for number in donors), lambda name: photos[int(name)]))


def restyled(photo: ByteArray, rng: np.random.Generator, supplies: Supplies) -> ByteArray:
    """The photograph converted to another kind of picture: painted, drawn, grey, or a close-up."""
    name = _STYLES[rng.integers(len(_STYLES))]
    strength = round(float(rng.uniform(0.4, 0.9)), 4)
    edit = find_edit(name)
    return replay(photo, Recipe((Step(name, edit.draw(rng, strength, supplies), strength),)), supplies).image


def light_view(photo: ByteArray, rng: np.random.Generator) -> ByteArray:
    """The unchanged photograph, or a crop of most of it."""
    if rng.random() < _LIGHT_AS_IT_IS:
        return photo
    share, ratio = rng.uniform(*_LIGHT_CROP), np.exp(rng.uniform(-0.15, 0.15))
    height = min(photo.shape[0], max(1, round(photo.shape[0] * (share * ratio) ** 0.5)))
    width = min(photo.shape[1], max(1, round(photo.shape[1] * (share / ratio) ** 0.5)))
    top, left = rng.integers(photo.shape[0] - height + 1), rng.integers(photo.shape[1] - width + 1)
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def edited_view(
    photo: ByteArray, rng: np.random.Generator, supplies: Supplies, held_out: tuple[str, ...]
) -> ByteArray:
    """The photograph edited with a recipe that leaves part of it visible."""
    if rng.random() < _CORNER:
        photo = _corner(photo, rng)
    if rng.random() < _CAPTIONED:
        photo = captioned(photo, rng)
    longest = int(max(photo.shape)) + _ROOM
    for _ in range(_ATTEMPTS):
        recipe = draw_recipe(
            rng, mixes=TRAINING_MIXES, held_out=held_out, supplies=supplies, longest_side=longest
        )
        edited = replay(photo, recipe, supplies)
        if points_shown(edited.mapping, _GRID).mean() >= _LEAST_OF_QUERY:
            return edited.image
    return photo


def _corner(photo: ByteArray, rng: np.random.Generator) -> ByteArray:
    """A quarter of the photograph, cut out at one of its corners."""
    height, width = ((side + 1) // 2 for side in photo.shape[:2])
    top, left = rng.choice((0, photo.shape[0] - height)), rng.choice((0, photo.shape[1] - width))
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def captioned(photo: ByteArray, rng: np.random.Generator) -> ByteArray:
    """The photograph with one to three lines of an invented script over it, like Chinese, Arabic or Devanagari."""
    height, width = photo.shape[:2]
    size = max(2, round(float(rng.uniform(*_SIGN)) * min(height, width)))
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    pen.ink = 255
    script = SCRIPTS[rng.integers(len(SCRIPTS))]
    top, left = rng.uniform(0, max(1, height - size)), rng.uniform(0, 0.5) * width
    for line in range(int(rng.integers(1, 4))):
        write_invented(pen, (left, top + 1.3 * line * size), width - left, size, script, rng)
    shown = Image.fromarray(photo)
    shown.paste(tuple(rng.integers(256, size=3).tolist()), mask=mask)
    return np.asarray(shown)


def squashed(picture: ByteArray, side: int) -> ByteArray:
    """(side, side, 3): the whole picture, whatever its shape."""
    return resized(picture, (side, side))


def points_shown(mapping: Mapping, count: int) -> BoolArray:
    """(count, count): which points of a grid over the query show the photograph."""
    steps = (np.arange(count) + 0.5) / count
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * mapping.size
    return np.asarray(~np.isnan(mapping.to_reference(grid)[:, 0]).reshape(count, count))


def as_input(pictures: Tensor) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 from -1 to 1, channels last in memory."""
    return pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def varied(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Cheap changes to whole batches: half are mirrored, some rotated or grey; colour, light and contrast vary.

    Args:
        pictures: (n, 3, s, s) from -1 to 1; changed in place.
        generator: random generator.
    """
    count = len(pictures)
    mirrored = torch.rand(count, generator=generator) < 0.5  # noqa: PLR2004 - half of them
    pictures[mirrored] = pictures[mirrored].flip(3)
    over = torch.rand(count, generator=generator) < _TURNED_OVER
    pictures[over] = pictures[over].flip(2)
    # Mirroring a view rotated by 90 degrees gives one rotated the other way.
    turned = torch.rand(count, generator=generator) < _TURNED
    pictures[turned] = pictures[turned].transpose(2, 3)
    recoloured(pictures, generator)
    # Light views come first; a reference is rarely degraded.
    spoiled(pictures[count // 2 :], generator)
    return pictures


def recoloured(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Remove the colour of some pictures; vary colour, light and contrast in all.

    Args:
        pictures: (n, 3, s, s) from -1 to 1; changed in place.
        generator: random generator.
    """
    count = len(pictures)
    # Left to itself, a network relies on colour, and then loses a fifth of the grey copies.
    colour = (1 + 0.3 * torch.randn(count, 1, 1, 1, generator=generator)).clamp_(0, 2)
    colour[torch.rand(count, generator=generator) < _GREY] = 0
    grey = (pictures * _LUMA).sum(1, keepdim=True)
    pictures.sub_(grey).mul_(colour).add_(grey)
    gain = 1 + 0.2 * torch.randn(count, 1, 1, 1, generator=generator)
    light = 0.1 * torch.randn(count, 1, 1, 1, generator=generator)
    tint = 0.05 * torch.randn(count, 3, 1, 1, generator=generator)
    return pictures.mul_(gain).add_(light + tint).clamp_(-1, 1)


def spoiled(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Rare, harsh changes to a few pictures each: swapped channels, near darkness, a thumbnail, a grid of dots.

    Args:
        pictures: (n, 3, s, s) from -1 to 1; changed in place.
        generator: random generator.
    """
    for change, share in _SPOILS:
        chosen = torch.rand(len(pictures), generator=generator) < share
        if chosen.any():
            pictures[chosen] = change(pictures[chosen], generator)
    return pictures


def _channels_exchanged(pictures: Tensor, generator: torch.Generator) -> Tensor:
    return pictures[:, torch.randperm(3, generator=generator)]


def _darkened(pictures: Tensor, generator: torch.Generator) -> Tensor:
    light = torch.empty(len(pictures), 1, 1, 1).uniform_(*_DARKEST, generator=generator)
    return (pictures + 1) * light - 1


def _shrunk(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Make pictures look like enlarged thumbnails."""
    side = int(torch.randint(*_THUMBNAIL, (1,), generator=generator))
    small = functional.interpolate(pictures, size=(side, side), mode="area")
    return functional.interpolate(small, size=pictures.shape[-2:], mode="bilinear", align_corners=False)


def _dotted(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Cover up to two fifths with dots of one colour on a grid."""
    count, side = len(pictures), pictures.shape[-1]
    step = torch.empty(count, 1, 1).uniform_(*_DOT_STEP, generator=generator)
    covered = torch.empty(count, 1, 1).uniform_(0.1, 0.4, generator=generator)
    across = torch.arange(side)[None, None, :] % step - step / 2
    down = torch.arange(side)[None, :, None] % step - step / 2
    dots = across**2 + down**2 < covered * step**2 / torch.pi
    colour = torch.empty(count, 3, 1, 1).uniform_(-1, 1, generator=generator)
    return torch.where(dots[:, None], colour, pictures)


_SPOILS: tuple[tuple[Callable[[Tensor, torch.Generator], Tensor], float], ...] = (
    (_channels_exchanged, 0.06),
    (_darkened, 0.05),
    (_shrunk, 0.06),
    (_dotted, 0.05),
)
"""The effects of `spoiled`, and the share of pictures for each."""
