"""The description of a dataset: where its mirrors lie, its splits and phases, and its manifest.

A small YAML file that an organiser writes beside the manifest, see docs/data.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from copytrace.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from copytrace.data.manifest import Manifest
    from copytrace.records import BoolArray
    from copytrace.stores import Address

Kind = Literal["queries", "references", "train", "truth"]
KINDS: tuple[Kind, ...] = get_args(Kind)


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


def parse_dataset(text: str, *, home: Address, name: str) -> Dataset:
    """Read a description.

    Args:
        text: YAML.
        home: the folder that it lies in.
        name: what messages call it.

    Raises:
        DataError: it is no YAML, has no mirror, or holds a word that is not known.
    """
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DataError(f"{name}: is no YAML ({' '.join(str(error).split())}).") from error
    fields = _mapping(values, name, {"name", "title", "manifest", "sign", "mirrors", "splits"})
    mirrors = tuple(
        _mirror(key, value, f"{name}: mirrors: {key}")
        for key, value in _mapping(fields.get("mirrors"), f"{name}: mirrors").items()
    )
    if not mirrors:
        raise DataError(f"{name}: has no mirrors. Wanted: mirrors: {{REGION: {{url: s3://BUCKET/PREFIX}}}}")
    splits = tuple(
        _split(key, value, f"{name}: splits: {key}")
        for key, value in _mapping(fields.get("splits"), f"{name}: splits").items()
    )
    return Dataset(
        name=_text(fields, "name", name) or home.name,
        title=_text(fields, "title", name) or "",
        manifest=_text(fields, "manifest", name),
        mirrors=mirrors,
        splits=splits,
        sign=fields.get("sign") is True,
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


def _mirror(key: str, value: object, where: str) -> Mirror:
    fields = _mapping(value, where, {"place", "url", "endpoint"})
    url, endpoint = _text(fields, "url", where), _text(fields, "endpoint", where)
    return Mirror(key, _text(fields, "place", where) or "", url, endpoint)


def _split(key: str, value: object, where: str) -> Split:
    fields = _mapping(value, where, {"kind", "phase", "folder"})
    kind = _text(fields, "kind", where)
    if kind is not None and kind not in KINDS:
        raise DataError(f"{where}: the kind '{kind}' is not known. Wanted: {', '.join(KINDS)}.")
    phase = fields.get("phase")
    if phase is not None and (not isinstance(phase, int) or phase < 1):
        raise DataError(f"{where}: the phase {phase!r} is no number from 1.")
    return Split(
        key, next((known for known in KINDS if known == kind), None), phase, _text(fields, "folder", where)
    )


def _mapping(value: object, where: str, known: Collection[str] | None = None) -> dict[str, Any]:
    """The value as a mapping from words; nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise DataError(f"{where}: a mapping of words is wanted, this is {value!r:.60}.")
    strange = [key for key in value if known is not None and key not in known]
    if strange:
        raise DataError(
            f"{where}: the word '{strange[0]}' is not known. Known: {', '.join(sorted(known or ()))}."
        )
    return value


def _text(fields: Mapping[str, Any], key: str, where: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{where}: {key}: a text is wanted, this is {value!r:.60}.")
    return value or None
