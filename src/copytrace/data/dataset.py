"""The description of a dataset: its mirrors, splits, phases and manifest.

A small YAML file that an organiser writes next to the manifest, see docs/data.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from copytrace.documents import DocumentError, parse_yaml
from copytrace.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from copytrace.data.manifest import Manifest
    from copytrace.records import BoolArray
    from copytrace.stores import Address

Kind = Literal["queries", "references", "train", "truth"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_Text = Annotated[str | None, AfterValidator(lambda text: text or None)]


@dataclass(frozen=True)
class Mirror:
    """A place that contains all files of a dataset.

    Attributes:
        name: the region's name in AWS: eu-central-1.
        place: its name for people: Europe (Frankfurt).
        url: the folder that the manifest's paths are relative to; None if an organiser must fill it in.
        endpoint: the address of an S3 service other than AWS.
    """

    name: str
    place: str
    url: str | None
    endpoint: str | None = None

    def __str__(self) -> str:
        return f"{self.name}, {self.place}" if self.place else self.name


@dataclass(frozen=True)
class Split:
    """A part of a dataset.

    Attributes:
        name: its name in the manifest.
        kind: purpose of its files.
        phase: the phase of the challenge in which it was published; None without phases.
        folder: the folder that contains exactly this split, if there is one.
    """

    name: str
    kind: Kind | None
    phase: int | None
    folder: str | None


@dataclass(frozen=True)
class Dataset:
    """The content of a description.

    Attributes:
        name: a one-word name of the dataset.
        title: its name for people.
        manifest: the address of the manifest, relative to the description; None if there is none.
        mirrors: locations of the files; at least one.
        splits: its parts; empty if unknown.
        sign: whether the mirrors require signed requests.
        home: the folder of the description.
        described_in: the file, for messages.
    """

    name: str
    title: str
    manifest: str | None
    mirrors: tuple[Mirror, ...]
    splits: tuple[Split, ...]
    sign: bool
    home: Address
    described_in: str


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Mirror(_Fields):
    place: str | None = None
    url: _Text = None
    endpoint: _Text = None


class _Split(_Fields):
    kind: Kind | None = None
    phase: Annotated[int, Field(ge=1)] | None = None
    folder: _Text = None


class _Description(_Fields):
    mirrors: Annotated[dict[str, _Mirror | None], Field(min_length=1)]
    splits: dict[str, _Split | None] | None = None
    name: str | None = None
    title: str | None = None
    manifest: _Text = None
    sign: bool | None = None


def parse_dataset(text: str, *, home: Address, name: str) -> Dataset:
    """Read a description.

    Args:
        text: YAML.
        home: the folder of the description.
        name: its name in messages.

    Raises:
        DataError: it is not YAML, has no mirror, or contains an unknown key.
    """
    try:
        given = parse_yaml(text, name).checked(_Description)
    except DocumentError as error:
        raise DataError(f"{error} See docs/data.md for the fields of a description.") from error
    mirrors = {key: fields or _Mirror() for key, fields in given.mirrors.items()}
    splits = {key: fields or _Split() for key, fields in (given.splits or {}).items()}
    return Dataset(
        name=given.name or home.name,
        title=given.title or "",
        manifest=given.manifest,
        mirrors=tuple(Mirror(key, m.place or "", m.url, m.endpoint) for key, m in mirrors.items()),
        splits=tuple(Split(key, s.kind, s.phase, s.folder) for key, s in splits.items()),
        sign=given.sign or False,
        home=home,
        described_in=name,
    )


def choose(
    manifest: Manifest, dataset: Dataset, *, only: Collection[Kind] = (), phase: int | None = None
) -> Manifest:
    """Select the requested part of a manifest.

    A split that the description does not name has the kind that its name starts with: `queries-2` contains
    queries.

    Args:
        manifest: all files.
        dataset: describes the splits.
        only: the kinds to select; all if empty.
        phase: the phase whose splits to select; all if None.

    Raises:
        DataError: nothing is left, or phases are unknown.
    """
    names = list(manifest.splits())
    known = {split.name: split for split in dataset.splits}
    if phase is not None and not any(split.phase for split in dataset.splits):
        raise DataError(f"{dataset.described_in}: names no phases. Remove --phase.")
    wanted = [
        name
        for name in names
        if (not only or _kind_of(name, known) in only)
        and (phase is None or (name in known and known[name].phase == phase))
    ]
    if not wanted:
        raise DataError(
            f"{manifest.name}: no file matches. Its splits: {_told(names, known)}. Change --only or --phase."
        )
    return manifest if len(wanted) == len(names) else manifest.take(_rows_of(manifest, wanted))


def _rows_of(manifest: Manifest, splits: list[str]) -> BoolArray:
    inside = pc.is_in(manifest.table["split"], value_set=pa.array(splits, pa.large_string()))
    return np.asarray(inside, dtype=bool)


def _kind_of(name: str, known: Mapping[str, Split]) -> str | None:
    if name in known and known[name].kind:
        return known[name].kind
    return next((kind for kind in KINDS if name.lower().startswith(kind)), None)


def _told(names: list[str], known: Mapping[str, Split]) -> str:
    phases = {name: known[name].phase for name in names if name in known}
    return ", ".join(f"{name} (phase {phases[name]})" if phases.get(name) else name for name in names)
