"""The description of a dataset: where its mirrors lie, its splits and phases, and its manifest.

A small YAML file that an organiser writes beside the manifest, see docs/data.md.
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
    """One place that holds all files of a dataset.

    Attributes:
        name: the region, as AWS calls it: eu-central-1.
        place: what a person calls it: Europe (Frankfurt).
        url: the folder that the manifest's paths are relative to; None where an organiser has to fill it in.
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
        name: as the manifest names it.
        kind: what its files are for.
        phase: the phase of the challenge in which it was given out; None where there are no phases.
        folder: the folder that holds all of it and nothing else, if there is one.
    """

    name: str
    kind: Kind | None
    phase: int | None
    folder: str | None


@dataclass(frozen=True)
class Dataset:
    """What a description says.

    Attributes:
        name: a word that names the dataset.
        title: what a person calls it.
        manifest: the address of the manifest, relative to the description; None where there is none.
        mirrors: where the files lie; at least one.
        splits: its parts; empty where nothing is known of them.
        sign: whether the mirrors want signed requests.
        home: the folder that the description lies in.
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
        home: the folder that it lies in.
        name: what messages call it.

    Raises:
        DataError: it is not YAML, has no mirror, or holds a word that is not known.
    """
    try:
        given = parse_yaml(text, name).checked(_Description)
    except DocumentError as error:
        raise DataError(f"{error} See docs/data.md for what a description holds.") from error
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
    """The part of a manifest that is asked for.

    A split that the description does not name is of the kind that its name begins with: `queries-2` holds
    queries.

    Args:
        manifest: all files.
        dataset: what is known of the splits.
        only: the kinds wanted; all if empty.
        phase: the phase whose splits are wanted; all if None.

    Raises:
        DataError: nothing is left, or phases are not known.
    """
    names = list(manifest.splits())
    known = {split.name: split for split in dataset.splits}
    if phase is not None and not any(split.phase for split in dataset.splits):
        raise DataError(f"{dataset.described_in}: tells of no phases. Leave --phase out.")
    wanted = [
        name
        for name in names
        if (not only or _kind_of(name, known) in only)
        and (phase is None or (name in known and known[name].phase == phase))
    ]
    if not wanted:
        raise DataError(
            f"{manifest.name}: none of its files is asked for. Its splits: {_told(names, known)}. "
            "Change --only or --phase."
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
