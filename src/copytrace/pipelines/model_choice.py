"""Determines the descriptor of a search, and checks that it made the descriptor sets."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, kept_model
from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copytrace.descriptors import Choice, Model
    from copytrace.vectors import Header


def complete(asked: Choice, sets: Iterable[Header]) -> Choice:
    """Complete a choice with the values of the descriptor sets, or with the defaults.

    Raises:
        DescriptorError: a set was made at a different quality than requested.
    """
    chosen = asked
    for made in sets:
        quality = made.quality or DEFAULT_QUALITY
        if asked.quality and asked.quality != quality:
            raise DescriptorError(
                f"{made.path}: was made at the quality '{quality}'; expected '{asked.quality}'. Describe the "
                f"images of both sides at the same quality: copytrace describe --quality {asked.quality}"
            )
        chosen = replace(chosen, model=chosen.model or made.model, quality=chosen.quality or quality)
    return replace(chosen, model=chosen.model or DEFAULT, quality=chosen.quality or DEFAULT_QUALITY)


def load_maker(choice: Choice, sets: Sequence[Header]) -> Model:
    """Load the chosen model, and refuse descriptor sets that it did not make.

    Raises:
        DescriptorError: a set was made with another model, model file or background, or its model no longer exists; or
            as `load_model`.
    """
    made_by = [made for made in sets if made.model == choice.model]
    try:
        model = kept_model(choice)
    except DescriptorError as error:
        if not made_by or choice.background is not None:
            raise
        raise DescriptorError(
            f"{made_by[0].path}: its model cannot be used: {error} Or describe its images again with another model: "
            f"{_again(made_by[0], replace(choice, model=DEFAULT, quality=DEFAULT_QUALITY))}"
        ) from error
    for made in sets:
        _require_made_by(made, model, choice)
    return model


def _require_made_by(made: Header, model: Model, choice: Choice) -> None:
    card = model.card
    if made.model != card.name:
        raise DescriptorError(
            f"{made.path}: was made by the model '{made.model}', but the other side uses '{card.name}'. "
            f"Describe the images of both sides with the same model: copytrace describe --model {card.name}"
        )
    if made.model_sha256 != card.sha256:
        raise DescriptorError(
            f"{made.path}: was made with a different file of the model '{card.name}', perhaps an earlier version: "
            f"SHA-256 {_short(made.model_sha256)} instead of {_short(card.sha256)}. Describe its images again: "
            f"{_again(made, choice)}"
        )
    if made.background_sha256 != model.background_sha256:
        raise DescriptorError(
            f"{made.path}: was described with the background {_short(made.background_sha256)}, not with "
            f"{_short(model.background_sha256)}. Name the file that it was described with: --background BANK.npz"
        )


def _again(made: Header, choice: Choice) -> str:
    """The command that makes a set again with the chosen model."""
    source = shlex.quote(made.source) if made.source else "IMAGES"
    command = f"copytrace describe {source} -o {shlex.quote(str(made.path))}"
    options = {
        "--model": choice.model if choice.model != DEFAULT else "",
        "--quality": choice.quality if choice.quality != DEFAULT_QUALITY else "",
        "--background": "" if choice.background is None else str(choice.background),
    }
    named = "".join(f" {option} {shlex.quote(value)}" for option, value in options.items() if value)
    return f"{command}{named} --replace"


def _short(digest: str) -> str:
    return f"{digest[:12]}..." if digest else "none"
