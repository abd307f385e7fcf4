"""The card of fitted likelihood ratios: a JSON file that a person can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.errors import InputError
from copytrace.matching.probability import Curve, LikelihoodRatio
from copytrace.matching.signals import RETRIEVAL_SIGNALS, SIGNALS, signals_of, signals_of_retrieval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.matching.retrieval import Retrieval
    from copytrace.matching.verifier import Evidence
    from copytrace.records import FloatArray

SHIPPED = "likelihood.json"


@dataclass(frozen=True)
class Fitted:
    """The likelihood ratios of one kind of pair.

    Attributes:
        mapped: for pairs with a mapping.
        unmapped: for pairs without one.
    """

    mapped: LikelihoodRatio
    unmapped: LikelihoodRatio

    def log(self, signals: FloatArray, retrieval: FloatArray) -> FloatArray:
        """(k,) natural logarithms.

        Args:
            signals: (k, s) values of `SIGNALS`; NaN if there is no mapping.
            retrieval: (k, r) values of `RETRIEVAL_SIGNALS`, or (k, 0) without a search.
        """
        mapped = ~np.isnan(signals[:, 0])
        found = np.empty(len(signals))
        found[~mapped] = self.unmapped.log(retrieval[~mapped])
        found[mapped] = self.mapped.log(np.hstack([signals, retrieval])[mapped])
        return found


@dataclass(frozen=True)
class Card:
    """Likelihood ratios and the data they were fitted to.

    Attributes:
        compared: for two pictures that a person chose.
        found: for pairs that a search proposed; also uses the signals of `Retrieval`.
        model: digest of the descriptor whose distances `found` was fitted to, or its name if it is code only.
        fitted_to: description of the pairs.
    """

    compared: Fitted
    found: Fitted
    model: str
    fitted_to: str

    def log_ratio(self, evidence: Evidence | None, retrieval: Retrieval | None) -> float:
        """The natural logarithm of how much more likely the signals are for a copy than for another pair.

        The search counts only if its vectors are from the descriptor that the card was fitted to.
        """
        known = retrieval if retrieval is not None and retrieval.model == self.model else None
        fitted = self.compared if known is None else self.found
        retrieved = np.empty(0) if known is None else signals_of_retrieval(known)
        return float(fitted.log(signals_of(evidence)[None], retrieved[None])[0])

    def to_json(self) -> str:
        """The card as JSON, one curve per line; `card_from_json` reads it."""
        blocks = (
            f"  {json.dumps(f'{kind}_{name}')}: {_ratio_json(ratio)}"
            for kind, fitted in (("compared", self.compared), ("found", self.found))
            for name, ratio in (("mapped", fitted.mapped), ("unmapped", fitted.unmapped))
        )
        told = (f"  {json.dumps(name)}: {json.dumps(getattr(self, name))}" for name in ("fitted_to", "model"))
        return "{\n" + ",\n".join((*told, *blocks)) + "\n}\n"


def _ratio_json(ratio: LikelihoodRatio) -> str:
    curves = (json.dumps(vars(curve)) for curve in ratio.curves)
    return f'{{"start": {ratio.start}, "curves": [' + ",".join(f"\n    {curve}" for curve in curves) + "]}"


def card_from_json(text: str) -> Card:
    """Read a card written by `Card.to_json`.

    Raises:
        ValueError: the text is not such a card.
    """
    content = json.loads(text)
    try:
        compared, found = (
            Fitted(
                _ratio(content[f"{kind}_mapped"], (*SIGNALS, *further)),
                _ratio(content[f"{kind}_unmapped"], further),
            )
            for kind, further in (("compared", ()), ("found", RETRIEVAL_SIGNALS))
        )
        return Card(compared, found, str(content["model"]), str(content["fitted_to"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a card of likelihood ratios ({error})") from error


def _ratio(content: Any, names: Sequence[str]) -> LikelihoodRatio:  # noqa: ANN401 - whatever the file holds
    """A ratio with its curves in the order of the signals; a signal without a curve adds nothing."""
    start, curves = float(content["start"]), {}
    for each in content["curves"]:
        curve = Curve(str(each["signal"]), tuple(map(float, each["at"])), tuple(map(float, each["adds"])))
        if curve.signal not in names:
            raise ValueError(f"the signal '{curve.signal}' is not one of {', '.join(names) or 'none'}")
        if not _is_sound(curve):
            raise ValueError(f"the curve of '{curve.signal}' does not consist of ascending, finite numbers")
        curves[curve.signal] = curve
    if not np.isfinite(start):
        raise ValueError(f"the start is {start}")
    flat = (0.0,), (0.0,)
    return LikelihoodRatio(start, tuple(curves.get(name) or Curve(name, *flat) for name in names if curves))


def _is_sound(curve: Curve) -> bool:
    numbers = np.array((*curve.at, *curve.adds))
    rise = all((np.diff(side) >= 0).all() for side in (curve.at, curve.adds))
    return len(curve.at) == len(curve.adds) > 0 and bool(np.isfinite(numbers).all()) and rise


def read_card(path: Path) -> Card:
    """Read a card from a file.

    Raises:
        InputError: it cannot be read, or is not a card.
    """
    try:
        return card_from_json(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}. Expected a file written by `copytrace fit-verdict`.") from error


@cache
def shipped_card() -> Card:
    """The card that ships with copytrace."""
    return card_from_json(files("copytrace.matching").joinpath(SHIPPED).read_text("utf-8"))
