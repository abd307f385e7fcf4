"""Recipes: everything that determines a training run except the photographs, as a YAML file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from copytrace.documents import Document, DocumentError, read_yaml
from copytrace.edits import HELD_OUT
from copytrace.errors import InputError
from copytrace.records import MAX_DIMS

SHIPPED = ("imagenet", "lite0", "scratch", "small")
"""The recipes in the package, by name."""

_WARM_UP = 0.04
_SPREAD_RAMP = 0.3


def _known_network(name: str) -> str:
    from copytrace.training.network import NETWORKS

    if name not in NETWORKS:
        raise ValueError(f"must be one of {', '.join(NETWORKS)}")
    return name


def _from_the_start(sizes: tuple[tuple[float, int], ...]) -> tuple[tuple[float, int], ...]:
    if not sizes or sizes[0][0] != 0:
        raise ValueError("must begin with share 0, as in [[0.0, side], ...]")
    return sizes


_Side = Annotated[int, Field(ge=32, multiple_of=32)]
_Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class TrainingRecipe:
    """How to train.

    Attributes:
        network: a name in `network.NETWORKS`.
        dims: dimensions of the vectors; 255, so that a score normalisation can be added.
        frozen: number of leading stages that are not trained.
        sizes: sides of pictures in pixels, each from a share of the run.
        described: side of pictures when the model describes; by default the last one in training.
        batch: photographs per batch.
        memory: vectors of earlier batches to distinguish from a batch.
        temperature: temperature of the contrastive loss.
        spread: weight of KoLeo, at the start and from 30% of the run.
        relations: weight of a teacher's distances between photographs, if there is a teacher.
        rate: learning rate of the head.
        trunk_rate: learning rate of the last stage; earlier stages learn more slowly.
        stage_decay: factor from each stage's rate to that of the stage before it.
        weight_decay: decay of weights; norms and biases have none.
        average: decay of the exponential moving average of the weights, which is kept.
        hard_pairs: share of pairs with two edited views.
        hard_negatives: share of a batch that consists of similar photographs.
        drawn: number of drawn pictures to add to the photographs: pages of text, surfaces and scenes, kinds of picture
            that photographs alone do not teach the network to distinguish.
        restyled: share of the photographs converted to another kind of picture: painted, drawn, a close-up.
        held_out: edits that are never used, to judge the model on edits it never saw.
        seed: random seed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    network: Annotated[str, AfterValidator(_known_network)]
    sizes: Annotated[tuple[tuple[float, _Side], ...], AfterValidator(_from_the_start)]
    dims: Annotated[int, Field(ge=1, le=MAX_DIMS)] = 255
    frozen: int = 0
    described: _Side | None = None
    batch: Annotated[int, Field(ge=2)] = 64
    memory: _Count = 8192
    temperature: float = 0.05
    spread: tuple[float, float] = (0.5, 1.5)
    relations: float = 20.0
    rate: float = 2e-3
    trunk_rate: float = 2e-3
    stage_decay: float = 0.9
    weight_decay: float = 0.05
    average: float = 0.998
    hard_pairs: float = 0.2
    hard_negatives: float = 0.25
    drawn: _Count = 0
    restyled: float = 0.0
    held_out: tuple[str, ...] = HELD_OUT
    seed: int = 0

    def side(self, share: float) -> int:
        """The side of pictures at a share of the run, 0 to 1.

        >>> TrainingRecipe("resnet10", sizes=((0.0, 96), (0.5, 128))).side(0.7)
        128
        """
        return [side for start, side in self.sizes if start <= share][-1]

    @property
    def default_side(self) -> int:
        """The side of pictures at the quality `default`."""
        return self.described or self.side(1.0)

    def rate_factor(self, share: float) -> float:
        """The factor for all rates: a short linear rise, then half a cosine down to 1%."""
        if share < _WARM_UP:
            return max(0.01, share / _WARM_UP)
        return 0.01 + 0.99 * (1 + cos(pi * min(1.0, share))) / 2

    def spread_weight(self, share: float) -> float:
        """The weight of KoLeo at a share of the run."""
        low, high = self.spread
        return low + (high - low) * min(1.0, share / _SPREAD_RAMP)

    def to_json(self) -> dict[str, Any]:
        """The recipe as plain YAML and JSON values."""
        return asdict(self)


def read_recipe(name_or_path: str) -> TrainingRecipe:
    """Read a recipe of the package by name, or any by path.

    Raises:
        InputError: the recipe does not exist, or is invalid.

    >>> read_recipe("imagenet").network
    'mobilenet_v2'
    """
    shipped = Path(__file__).parent / "recipes" / f"{name_or_path}.yaml"
    path = shipped if name_or_path in SHIPPED else Path(name_or_path)
    if not path.exists():
        raise InputError(f"{name_or_path}: no such recipe file. Recipes by name: {', '.join(SHIPPED)}")
    return _checked(read_yaml(path))


def recipe_from(values: object, source: str) -> TrainingRecipe:
    """Make a recipe from plain values; `source` names them in errors.

    Raises:
        InputError: a name is unknown or missing, or a value has the wrong type.
    """
    return _checked(Document(values, source))


def _checked(document: Document) -> TrainingRecipe:
    try:
        return document.checked(TrainingRecipe)
    except DocumentError as error:
        raise InputError(f"{error} See docs/training.md for the lines of a recipe.") from error
