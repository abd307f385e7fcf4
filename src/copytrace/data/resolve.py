"""Finds the dataset and manifest that a user names: a challenge, a description, a manifest, or a location."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.data.challenges import CHALLENGES
from copytrace.data.dataset import Dataset, Mirror, parse_dataset
from copytrace.data.listing import list_manifest
from copytrace.data.manifest import ENDINGS, Manifest, read_manifest
from copytrace.data.paths import KEPT_MANIFEST
from copytrace.errors import DataError
from copytrace.stores import is_remote, open_store, parse_address, trouble_of

if TYPE_CHECKING:
    from copytrace.stores import Address, Store

DESCRIPTION = "dataset.yaml"
"""File name of a description in a folder or at a URL."""

_MANIFESTS = (KEPT_MANIFEST, "manifest.csv")
_MAX_BYTES = 2 << 30


def resolve(name: str, *, region: str | None = None, sign: bool | None = None) -> Dataset:
    """Find the dataset that a user names.

    - A challenge that ships with copytrace: `demo`, `isc2021`.
    - A description (`.yaml`), or a manifest (`.parquet`, `.csv`) with its files next to it, on this machine or at a
      URL.
    - A folder or URL that contains a `dataset.yaml`, a `manifest.parquet` or a `manifest.csv`.
    - An S3 location without any of these: the files below it.

    Args:
        name: the user's input.
        region: region of an S3 bucket named directly.
        sign: whether to sign requests, overriding the description.

    Raises:
        DataError: it is none of these, or cannot be read.
    """
    if name in CHALLENGES:
        # Even if a download has created a folder of that name here; ./demo means the folder.
        address = parse_address(str(CHALLENGES[name]))
    elif is_remote(name) or Path(name).exists():
        address = parse_address(name)
    else:
        raise DataError(
            f"{name}: no such file, folder or challenge. Challenges: {', '.join(sorted(CHALLENGES))}; "
            "or name a description (.yaml), a manifest (.parquet, .csv), a folder, or a URL."
        )
    ending = Path(address.name).suffix.lower()
    if ending in {".yaml", ".yml"}:
        return _described(address, region, sign=sign)
    if ending in ENDINGS:
        return _beside(address, region, sign=sign, manifest=address.name)
    return _look_into(address, region, sign=sign)


def manifest_of(dataset: Dataset, *, region: str | None = None) -> Manifest:
    """The manifest of a dataset, as its description says; otherwise a listing of its mirror.

    Raises:
        DataError: it cannot be read, or there is none and the mirror cannot be listed.
    """
    if dataset.manifest is None:
        mirror = next((mirror for mirror in dataset.mirrors if mirror.name == region), dataset.mirrors[0])
        return list_manifest(open_mirror(dataset, mirror), dataset)
    address = parse_address(dataset.manifest, relative_to=dataset.home)
    if address.kind == "folder":
        return read_manifest(Path(str(address)))
    store = open_store(address.folder, region=region, sign=dataset.sign)
    with tempfile.TemporaryDirectory(prefix="copytrace-") as folder:
        copy = Path(folder, "manifest" + Path(address.name).suffix.lower())
        copy.write_bytes(read_small(store, address.name))
        return read_manifest(copy, name=str(address))


def require_locations(dataset: Dataset) -> None:
    """Make sure that the description gives the files' location.

    Raises:
        DataError: no mirror has an address; the message explains how an organiser adds them.
    """
    if not any(mirror.url for mirror in dataset.mirrors):
        raise DataError(
            f"{dataset.name}: the location of its files is not public; its organiser gave it to participants only. If "
            f"you are one, or the organiser: cp {dataset.described_in} my-{dataset.name}.yaml, fill in the url "
            f"of a mirror (and the manifest, if there is one), then: copytrace data get my-{dataset.name}.yaml"
        )


def open_mirror(dataset: Dataset, mirror: Mirror) -> Store:
    """Open the location of a mirror.

    Raises:
        DataError: the description has no address for it.
    """
    if mirror.url is None:
        raise DataError(f"{dataset.described_in}: the mirror {mirror.name} has no url. Add it.")
    address = parse_address(mirror.url, relative_to=dataset.home)
    return open_store(address, region=mirror.name, endpoint=mirror.endpoint, sign=dataset.sign)


def read_small(store: Store, relative: str) -> bytes:
    """Read a file into memory.

    Raises:
        DataError: it cannot be read, or is too large for a manifest.
    """
    from obstore import get
    from obstore.exceptions import BaseError

    where = store.address.below(relative)
    try:
        result = get(store.objects, where.key)
        if result.meta["size"] > _MAX_BYTES:
            raise DataError(
                f"{where}: has {result.meta['size']:,} bytes; the limit for a manifest is {_MAX_BYTES:,}."
            )
        return bytes(result.bytes())
    except (BaseError, OSError) as error:
        trouble = trouble_of(error)
        raise DataError(f"{where}: {trouble.reason}.{store.advice(trouble)}") from error


def _described(address: Address, region: str | None, *, sign: bool | None) -> Dataset:
    if address.kind == "folder":
        text = _read_local(Path(str(address)))
    else:
        text = _decoded(
            read_small(open_store(address.folder, region=region, sign=bool(sign)), address.name), address
        )
    return _signed(parse_dataset(text, home=address.folder, name=str(address)), sign=sign)


def _beside(address: Address, region: str | None, *, sign: bool | None, manifest: str | None) -> Dataset:
    """A dataset without a description: a manifest and the files next to it, or just a location."""
    home = address.folder if manifest else address
    mirror = Mirror(region or "", "", str(home))
    name = home.name or home.root
    return Dataset(name, "", manifest, (mirror,), (), bool(sign), home, str(address))


def _look_into(address: Address, region: str | None, *, sign: bool | None) -> Dataset:
    """Find the description or the manifest in a folder, or at a URL."""
    if address.kind == "folder" and not Path(str(address)).is_dir():
        raise DataError(f"{address}: is not a description (.yaml), a manifest (.parquet, .csv) or a folder.")
    store = open_store(address, region=region, sign=bool(sign))
    for name in (DESCRIPTION, *_MANIFESTS):
        if _is_there(store, name):
            found = address.below(name)
            if name == DESCRIPTION:
                return _described(found, region, sign=sign)
            return _beside(found, region, sign=sign, manifest=name)
    if address.kind == "s3":
        return _beside(address, region, sign=sign, manifest=None)
    advice = (
        f"Make one: copytrace data manifest {address}"
        if address.kind == "folder"
        else "Ask for the manifest's URL."
    )
    raise DataError(f"{address}: contains none of {', '.join((DESCRIPTION, *_MANIFESTS))}. {advice}")


def _is_there(store: Store, relative: str) -> bool:
    from obstore import head
    from obstore.exceptions import BaseError

    try:
        head(store.objects, store.key(relative))
    except (BaseError, OSError) as error:
        trouble = trouble_of(error)
        if trouble.kind in {"missing", "refused", "wrong"}:
            return False
        raise DataError(f"{store.address}: {trouble.reason}.") from error
    return True


def _read_local(path: Path) -> str:
    try:
        return _decoded(path.read_bytes(), path)
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}.") from error


def _decoded(data: bytes, where: Address | Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: is not UTF-8 text ({error.reason} at byte {error.start:,}).") from error


def _signed(dataset: Dataset, *, sign: bool | None) -> Dataset:
    return dataset if sign is None else replace(dataset, sign=sign)
