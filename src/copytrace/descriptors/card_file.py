"""Card files (YAML): all that copytrace has to know of a network, beside its ONNX file.

docs/models.md describes every field.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import yaml

from copytrace.descriptors.background import Normalisation
from copytrace.descriptors.descriptor import DEFAULT_QUALITY, Card
from copytrace.descriptors.inset import Inset
from copytrace.errors import DescriptorError
from copytrace.images import RESIZES, Input

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

View = Literal["plain", "mirrored"]
VIEWS: tuple[View, ...] = ("plain", "mirrored")

QUALITIES = ("fast", DEFAULT_QUALITY, "best")

MAX_SIDE = 2048
"""The largest input, in pixels of a side."""

_TEXTS = ("name", "summary", "licence", "origin")
_WANTED = (*_TEXTS, "dims", "input", "mean", "std")
_OPTIONAL = (
    "threshold", "threshold_source", "sha256", "published", "normalisation", "views", "inset", "qualities",
)  # fmt: skip
_CHANNELS = 3


Form = Literal["onnx", "torchscript", "state-dict"]
FORMS: tuple[Form, ...] = ("onnx", "torchscript", "state-dict")


@dataclass(frozen=True)
class Published:
    """Where the weights of a published model can be had.

    Attributes:
        address: an URL of the file itself; empty where only a browser gets it.
        file: what the file is called.
        page: where its authors describe it.
        form: what the file is; all but `onnx` are converted by torch.
        network: which network a state dict belongs to, see `convert`; empty otherwise.
    """

    address: str
    file: str
    page: str
    form: Form
    network: str


@dataclass(frozen=True)
class Network:
    """What a card file says of a network, at one of its qualities.

    Attributes:
        card: what a user should know.
        mean: of each channel, of pixels in 0..1; subtracted.
        std: of each channel; divided by.
        views: what is described of a picture; the vector is the mean of theirs, brought back to length 1.
        inset: the network that finds the part to be described; None where the whole picture always is.
        model_sha256: digest of the network's file.
        published: where the weights can be had, and in what form; None for weights that came another way.
    """

    card: Card
    mean: tuple[float, ...]
    std: tuple[float, ...]
    views: tuple[View, ...]
    inset: Inset | None
    model_sha256: str
    published: Published | None

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of what the network is given, in pixels; 0 where each picture has its own."""
        if self.inset is not None:
            return self.inset.side, self.inset.side
        wanted = self.card.input
        # Under `keep` each picture has a size of its own, which no fixed size can be equal to.
        return (0, 0) if wanted.resize == "keep" else (wanted.height, wanted.width)


def read_card(path: Path, quality: str = DEFAULT_QUALITY) -> Network:
    """Read a card file at one of the qualities that it has.

    Raises:
        DescriptorError: the file is no card, a field is missing, unknown or of the wrong kind, or it has no such
            quality.
    """
    try:
        fields_ = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DescriptorError(f"{path}: cannot be read as a card: {error}") from error
    try:
        return _network(fields_, quality)
    except (TypeError, ValueError) as error:
        raise DescriptorError(f"{path}: {error}. See docs/models.md for what a card holds.") from error


def _network(given: Any, quality: str) -> Network:  # noqa: ANN401 - whatever the file holds
    _check_keys(given, _WANTED, _OPTIONAL, "the card")
    texts = {key: _text(given, key) for key in _TEXTS}
    variations = _qualities(given.get("qualities") or {})
    if quality not in variations:
        raise ValueError(f"has no quality '{quality}'; it has: {', '.join(variations)}")
    chosen = given | variations[quality]
    model_sha256, inset = _digest(given.get("sha256") or ""), _inset(chosen.get("inset"))
    card = Card(
        name=texts["name"],
        summary=texts["summary"],
        dims=_whole(given["dims"], "dims", 1, 1 << 16),
        input=_input(given["input"], variations[quality].get("input") or {}),
        threshold=None if chosen.get("threshold") is None else _number(chosen["threshold"], "threshold"),
        threshold_source=str(chosen.get("threshold_source") or "none is known"),
        licence=texts["licence"],
        sha256=model_sha256 if inset is None else inset.joined(model_sha256),
        origin=texts["origin"],
        quality=quality,
        qualities=tuple(variations),
        normalisation=_normalisation(given.get("normalisation")),
    )
    return Network(
        card=card,
        mean=_channels(given["mean"], "mean"),
        std=_channels(given["std"], "std"),
        views=_views(chosen.get("views", ["plain"])),
        inset=inset,
        model_sha256=model_sha256,
        published=_published(given.get("published")),
    )


def _check_keys(given: Any, wanted: tuple[str, ...], optional: tuple[str, ...], what: str) -> None:  # noqa: ANN401
    if not isinstance(given, dict):
        raise TypeError(f"{what} is {given!r:.60}; fields are wanted")
    if missing := [key for key in wanted if given.get(key) is None]:
        raise ValueError(f"{what} lacks {', '.join(missing)}")
    if unknown := [str(key) for key in given if key not in wanted + optional]:
        raise ValueError(
            f"{what} has the unknown field {', '.join(unknown)}; there are {', '.join(wanted + optional)}"
        )


def _qualities(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What each quality changes, in the order fast, default, best."""
    for name, changes in given.items():
        if name not in QUALITIES:
            raise ValueError(f"qualities: there is no '{name}'; there are {', '.join(QUALITIES)}")
        known = ("input", "inset", "views", "threshold", "threshold_source")
        _check_keys(changes, (), known, f"the quality '{name}'")
    return {name: given.get(name, {}) for name in QUALITIES if name in given or name == DEFAULT_QUALITY}


def _input(default: Any, changes: Any) -> Input:  # noqa: ANN401
    known = tuple(field.name for field in fields(Input))
    _check_keys(default, ("width", "height"), known, "input")
    _check_keys(changes, (), known, "input")
    given = default | changes
    if unfit := [
        key for key in given if key not in {"width", "height", "resize", "short_side", "bicubic", "exact"}
    ]:
        raise ValueError(f"input: {unfit[0]} cannot be chosen for a network")
    if given.get("resize", "squash") not in RESIZES:
        raise ValueError(f"input: resize is {given['resize']!r}; wanted is one of {', '.join(RESIZES)}")
    wanted = Input(**given)
    sides = ("width", "height") if wanted.resize == "squash" else ("width", "height", "short_side")
    for side in sides:
        _whole(getattr(wanted, side), f"input: {side}", 1, MAX_SIDE)
    if wanted.resize == "crop" and wanted.short_side < max(wanted.width, wanted.height):
        raise ValueError("input: short_side is less than what is cut out of the picture")
    if wanted.resize == "keep" and {wanted.width, wanted.height} != {wanted.short_side}:
        raise ValueError("input: under 'keep' width, height and short_side are one number")
    return wanted


def _normalisation(given: Any) -> Normalisation | None:  # noqa: ANN401
    if given is None:
        return None
    _check_keys(given, ("weight", "first", "last"), (), "normalisation")
    first = _whole(given["first"], "normalisation: first", 0, 1 << 20)
    last = _whole(given["last"], "normalisation: last", first + 1, 1 << 20)
    weight = _number(given["weight"], "normalisation: weight")
    if weight <= 0:
        raise ValueError(f"normalisation: weight is {weight}; a number above 0 is wanted")
    return Normalisation(weight, first, last)


def _inset(given: Any) -> Inset | None:  # noqa: ANN401
    if given is None:
        return None
    _check_keys(given, ("side", "certainty", "most", "sha256"), (), "inset")
    shares = [_number(given[key], f"inset: {key}") for key in ("certainty", "most")]
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError("inset: certainty and most are shares; numbers of 0 to 1 are wanted")
    side = _whole(given["side"], "inset: side", 1, MAX_SIDE)
    return Inset(side, shares[0], shares[1], _digest(given["sha256"]))


def _published(given: Any) -> Published | None:  # noqa: ANN401
    if given is None:
        return None
    _check_keys(given, ("page", "form"), ("address", "file", "network"), "published")
    if given["form"] not in FORMS:
        raise ValueError(f"published: form is {given['form']!r}; wanted is one of {', '.join(FORMS)}")
    address = str(given.get("address") or "")
    return Published(
        address=address,
        file=str(given.get("file") or address.rpartition("/")[2]),
        page=str(given["page"]),
        form=given["form"],
        network=str(given.get("network") or ""),
    )


def _views(given: Any) -> tuple[View, ...]:  # noqa: ANN401
    if not isinstance(given, list) or not given or any(view not in VIEWS for view in given):
        raise ValueError(f"views is {given!r:.60}; a list of {', '.join(VIEWS)} is wanted")
    return tuple(given)


def _channels(given: Any, what: str) -> tuple[float, ...]:  # noqa: ANN401
    if not isinstance(given, list) or len(given) != _CHANNELS:
        raise ValueError(f"{what} is {given!r:.60}; three numbers are wanted, for pixels in 0..1")
    numbers = tuple(_number(value, what) for value in given)
    if what == "std" and min(numbers) <= 0:
        raise ValueError("std has a number that is not above 0")
    return numbers


def _text(given: Mapping[str, Any], key: str) -> str:
    if not isinstance(given[key], str) or not given[key].strip():
        raise TypeError(f"{key} is {given[key]!r:.60}; a text is wanted")
    return str(given[key]).strip()


def _number(value: Any, what: str) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is {value!r:.60}; a number is wanted")
    return float(value)


def _whole(value: Any, what: str, least: int, most: int) -> int:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{what} is {value!r:.60}; a whole number of {least} to {most:,} is wanted")
    return value


def _digest(text: Any) -> str:  # noqa: ANN401
    if text and (not isinstance(text, str) or len(text) != 64 or set(text) - set("0123456789abcdef")):  # noqa: PLR2004
        raise ValueError(f"sha256 is {text!r:.80}; 64 hexadecimal digits in lower case are wanted")
    return str(text)
