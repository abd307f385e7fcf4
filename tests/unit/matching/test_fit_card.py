from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import InputError
from copytrace.matching import (
    RETRIEVAL_SIGNALS,
    SIGNALS,
    Known,
    brier_score,
    fit_card,
    held_out_log_ratios,
    read_card,
    reliability,
)

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.matching import Card


@pytest.fixture(scope="module")
def pairs() -> Known:
    """600 queries with two pairs each; a copy has higher signals, and more often a mapping."""
    rng = np.random.default_rng(5)
    copies = np.arange(1200) % 5 == 0
    shift = copies[:, None] * 1.5
    signals = rng.normal(shift, 1.0, (1200, len(SIGNALS)))
    signals[rng.random(1200) > np.where(copies, 0.9, 0.4)] = np.nan
    retrieval = rng.normal(shift, 1.0, (1200, len(RETRIEVAL_SIGNALS)))
    return Known(np.arange(1200) // 2, signals, retrieval, copies)


@pytest.fixture(scope="module")
def card(pairs: Known) -> Card:
    return fit_card(pairs, "abc", "drawn pairs")


def test_probabilities_of_queries_that_were_held_out_hold(pairs: Known) -> None:
    log_ratios = held_out_log_ratios(pairs)
    for each in reliability(log_ratios, pairs.copies):
        if each.pairs > 50:
            assert each.copies == pytest.approx(each.mean, abs=0.15)
    assert brier_score(log_ratios, pairs.copies) < 0.05


def test_a_card_survives_its_file_and_uses_the_search_only_where_it_has_one(
    card: Card, tmp_path: Path
) -> None:
    path = tmp_path / "card.json"
    path.write_text(card.to_json(), encoding="utf-8")
    assert read_card(path) == card
    names = tuple(curve.signal for curve in card.found.mapped.curves)
    assert names == SIGNALS + RETRIEVAL_SIGNALS
    assert tuple(curve.signal for curve in card.compared.mapped.curves) == SIGNALS
    assert card.compared.unmapped.curves == ()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"compared_mapped": 3}'])
def test_a_file_that_is_not_a_card_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="fit-verdict"):
        read_card(path)


def test_curves_are_known_by_their_signals_wherever_they_stand(card: Card, tmp_path: Path) -> None:
    content = json.loads(card.to_json())
    content["found_mapped"]["curves"].reverse()
    dropped = content["compared_mapped"]["curves"].pop(0)
    path = tmp_path / "card.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    read = read_card(path)
    assert read.found == card.found
    flat, *others = read.compared.mapped.curves
    assert (flat.signal, set(flat.adds)) == (dropped["signal"], {0.0})
    assert tuple(others) == card.compared.mapped.curves[1:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signal": "colour"}, "the signal 'colour' is not one of support"),
        ({"adds": [0.0, math.nan]}, "the curve of 'support'"),
        ({"adds": [0.0]}, "the curve of 'support'"),
        ({"at": [1.0, 0.0]}, "the curve of 'support'"),
    ],
)
def test_a_card_with_an_impossible_curve_is_refused(
    card: Card, change: dict[str, object], said: str, tmp_path: Path
) -> None:
    content = json.loads(card.to_json())
    content["compared_mapped"]["curves"][0] |= {"at": [0.0, 1.0], "adds": [0.0, 1.0]} | change
    path = tmp_path / "card.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_card(path)


def test_a_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.json: cannot be read"):
        read_card(tmp_path / "missing.json")
