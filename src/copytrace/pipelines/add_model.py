"""Installs a network on this machine, downloaded or from a file, as ONNX with its card."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from copytrace.data import Entry, download, make_manifest
from copytrace.descriptors import DEFAULT_QUALITY, DESCRIPTORS, NetworkCard, OnnxDescriptor, read_card
from copytrace.descriptors.added import added_folder, is_name, models_folder
from copytrace.descriptors.inset import INSET_FILE
from copytrace.descriptors.installed import CARDS, PUBLISHED_AS, installed_file, load_installed
from copytrace.descriptors.network import Published
from copytrace.descriptors.onnx import BACKGROUND_FILE, CARD_FILE, MODEL_FILE, file_digest, papers
from copytrace.descriptors.published import published_file, published_names
from copytrace.descriptors.trial import try_network
from copytrace.documents import read_yaml
from copytrace.errors import DescriptorError, MissingDependencyError
from copytrace.files import check_output, whole_file, whole_folder
from copytrace.progress import SILENT, Progress
from copytrace.stores import Store, open_store, parse_address, trouble_of

if TYPE_CHECKING:
    from copytrace.descriptors import Card
    from copytrace.records import Failure
    from copytrace.stores import Trouble

DIGESTS_FILE = "digests.json"
"""In the models' folder: the digest of each model's first file, so that later files can be compared with it."""

_CARDS = (".yaml", ".yml")


@dataclass(frozen=True)
class Added:
    """What was installed.

    Attributes:
        name: its name for `--model`.
        folder: its folder.
        source_sha256: digest of the file that was downloaded or given.
        model_sha256: digest of the ONNX file, which descriptor sets record.
        licence: licence of the weights.
        dims: dimensions of its vectors.
    """

    name: str
    folder: Path
    source_sha256: str
    model_sha256: str
    licence: str
    dims: int


def add_model(what: str, *, card: str | None = None, progress: Progress = SILENT) -> Added:
    """Add a network, so that `describe --model NAME` can use it without a network connection.

    Args:
        what: the name of a published model, or a card with the address of the weights, which are then downloaded
            unless an installed package contains them (`sscd`); or a file: ONNX, or TorchScript or a state dict, which
            torch converts; or a folder with a network and its card, which is added as a whole.
        card: the card of a file: a YAML file, or the name of a published model. By default, the published model whose
            file has this name.
        progress: reports the progress of the download.

    Raises:
        InputError: the model or file does not exist, the card is not sound, or the file does not match the card or
            the file that was added first.
        MissingDependencyError: the weights cannot be downloaded without a network connection, or torch is missing.
    """
    given = _given(Path(what))
    if given is None and card is None and what in CARDS:
        if (file := installed_file(what)) is not None:
            return _in_its_package(load_installed(what).card, file, progress)
        what = PUBLISHED_AS.get(what, what)
    card_file = _card_of(what, given, card)
    network = read_card(card_file)
    _require_free(network.card.name, card_file)
    if given is None and (there := _already_here(network, card_file)) is not None:
        progress.note(f"{network.card.name}: already added; nothing was downloaded")
        return there
    models_folder().mkdir(parents=True, exist_ok=True)
    file = given or _fetched(network, progress)
    place = str(file) if given or network.published is None else network.published.address
    digest = file_digest(file)
    _check_first(network.card.name, digest, place)
    added = _install(file, network, card_file, digest)
    _record_first(network.card.name, digest, place)
    if given is None:
        shutil.rmtree(_downloads(network.card.name))
    return added


def _in_its_package(card: Card, file: Path, progress: Progress) -> Added:
    """A network that need not be added, since an installed package contains it."""
    progress.note(f"{card.name}: using {file} from its package; nothing was copied")
    return Added(card.name, file.parent, card.sha256, card.sha256, card.licence, card.dims)


def _given(what: Path) -> Path | None:
    """The given file of weights, possibly in a model's folder; None if they must be downloaded."""
    if what.is_dir() and str(what) not in published_names():
        return what / MODEL_FILE
    return what if what.is_file() and what.suffix not in _CARDS else None


def convert_model(file: Path, output: Path, *, card: str | None = None, replace: bool = False) -> str:
    """Write published weights as ONNX; return the digest of the ONNX file.

    Args:
        file: TorchScript or a state dict.
        output: the ONNX file to write.
        card: as `add_model`.
        replace: an existing file at `output` may be replaced.

    Raises:
        InputError: the file does not match its card.
        MissingDependencyError: torch is not installed.
    """
    from copytrace.descriptors.published.convert import convert

    if not file.is_file():
        raise DescriptorError(f"{file}: does not exist, or is not a file.")
    check_output(output, replace=replace, inputs=[file])
    network = read_card(_card_of(str(file), file, card))
    convert(file, network, _form_of(file, network), output)
    return file_digest(output)


def _already_here(network: NetworkCard, card_file: Path) -> Added | None:
    """The result of an earlier call with the same card, after checking its digest; None if there is none."""
    name = network.card.name
    folder = added_folder(name)
    if folder is None or name not in _recorded():
        return None
    wanted, there = (read_yaml(path).content for path in (card_file, folder / CARD_FILE))
    if wanted | {"sha256": ""} != there | {"sha256": ""}:
        return None
    card = OnnxDescriptor(folder).card
    return Added(name, folder, _recorded()[name]["sha256"], card.sha256, card.licence, card.dims)


def _recorded() -> dict[str, dict[str, str]]:
    """The first file of each model: its `sha256`, and its origin (`from`)."""
    ledger = models_folder() / DIGESTS_FILE
    try:
        known = json.loads(ledger.read_text()) if ledger.exists() else {}
        return {
            name: {"sha256": str(first["sha256"]), "from": str(first["from"])}
            for name, first in known.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DescriptorError(f"{ledger}: is damaged. Remove it; digests are then recorded again.") from error


def _check_first(name: str, digest: str, place: str) -> None:
    """Refuse a file that differs from the first one of this model."""
    first = _recorded().get(name, {"sha256": digest})
    if first["sha256"] != digest:
        raise DescriptorError(
            f"{place}: has the SHA-256 {digest}; the first file of '{name}' on this machine had {first['sha256']} "
            f"(from {first['from']}). If you trust the new one, remove '{name}' from {models_folder() / DIGESTS_FILE}."
        )


def _record_first(name: str, digest: str, place: str) -> None:
    known = _recorded()
    known.setdefault(name, {"sha256": digest, "from": place})
    with whole_file(models_folder() / DIGESTS_FILE) as path:
        path.write_text(json.dumps(known, indent=2))


def _card_of(what: str, given: Path | None, card: str | None) -> Path:
    """The card file to use."""
    if card is not None:
        return Path(card) if Path(card).suffix in _CARDS else published_file(PUBLISHED_AS.get(card, card))
    if given is not None and given != Path(what):
        return _card_in(given.parent)
    if given is None and Path(what).suffix in _CARDS:
        return Path(what)
    if given is None:
        if "/" in what or Path(what).suffix in {".onnx", ".pt", ".pth", ".tar"}:
            raise DescriptorError(f"{what}: does not exist.")
        return published_file(what)
    for name in published_names():
        published = read_card(published_file(name)).published
        if published is not None and published.file == given.name:
            return published_file(name)
    raise DescriptorError(
        f"{given}: no published model has a file of this name, so it needs a card: --card CARD.yaml, or --card NAME "
        f"for one of {', '.join(published_names())}. docs/models.md lists the fields of a card."
    )


def _card_in(folder: Path) -> Path:
    for name in (MODEL_FILE, CARD_FILE):
        if not (folder / name).is_file():
            raise DescriptorError(
                f"{folder}: is not a model's folder: it has no {name}. Expected {MODEL_FILE} and {CARD_FILE}, "
                "or one file and --card CARD.yaml."
            )
    return folder / CARD_FILE


def _require_free(name: str, card_file: Path) -> None:
    """Refuse names that cannot be a folder, or that a shipped descriptor has."""
    if not is_name(name):
        raise DescriptorError(
            f"{card_file}: the name '{name}' may contain only letters, digits, '.', '_' and '-'."
        )
    if name in {card.name for card, _ in DESCRIPTORS}:
        raise DescriptorError(
            f"{card_file}: the name '{name}' belongs to a descriptor of copytrace. Choose another one."
        )


def _form_of(file: Path, network: NetworkCard) -> Published:
    """The format of the file, from its card, or ONNX by its extension."""
    if file.suffix == ".onnx":
        return Published("", file.name, "", "onnx", "")
    if network.published is None:
        raise DescriptorError(
            f"{file}: is not an .onnx file, and its card does not name its format. Add to the card: published: "
            "{page: ..., form: torchscript}, or form: state-dict with a network."
        )
    return network.published


def _install(file: Path, network: NetworkCard, card_file: Path, digest: str) -> Added:
    """Create the model's folder; it appears once everything in it has been tested."""
    form = _form_of(file, network)
    card = network.card
    folder = models_folder() / card.name
    with whole_folder(folder) as making:
        model = making / MODEL_FILE
        if form.form == "onnx":
            if network.model_sha256 not in {"", digest}:
                raise DescriptorError(
                    f"{file}: has the SHA-256 {digest}; its card says {network.model_sha256}."
                )
            shutil.copyfile(file, model)
        else:
            from copytrace.descriptors.published.convert import convert

            convert(file, network, form, model)
        model_digest = file_digest(model)
        fields = read_yaml(card_file).content | {"sha256": model_digest}
        if any(read_card(card_file, quality).inset for quality in network.card.qualities):
            shutil.copyfile(_inset_beside(card_file), making / INSET_FILE)
        if file == card_file.with_name(MODEL_FILE):
            for path in (*file.parent.glob(BACKGROUND_FILE), *papers(file.parent)):
                shutil.copyfile(path, making / path.name)
        (making / CARD_FILE).write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True))
        try:
            try_network(making, DEFAULT_QUALITY)
            added = OnnxDescriptor(making).card
        except DescriptorError as error:
            # The user knows the given file, not the copy in a temporary folder.
            raise DescriptorError(str(error).replace(str(model), str(file))) from error
    return Added(card.name, folder, digest, added.sha256, card.licence, card.dims)


def _inset_beside(card_file: Path) -> Path:
    inset = card_file.with_name(INSET_FILE)
    if not inset.is_file():
        raise DescriptorError(
            f"{card_file}: names a network that finds insets, but {INSET_FILE} is missing next to it. Add it, or "
            "remove `inset` from the card."
        )
    return inset


def _downloads(name: str) -> Path:
    """The download folder of a model; the download of an interrupted run stays there to be resumed."""
    return models_folder() / f".fetch-{name}"


def _fetched(network: NetworkCard, progress: Progress) -> Path:
    """The file of a published model, downloaded if missing."""
    card, published = network.card, network.published
    if published is None or not published.address:
        page = published.page if published else "its authors"
        raise DescriptorError(
            f"The weights of '{card.name}' cannot be downloaded by a program. Download the file with a browser from "
            f"{page}, then run: copytrace models add FILE --card {card.name}"
        )
    address = parse_address(published.address)
    store = open_store(address.folder)
    folder = _downloads(card.name)
    progress.note(f"{card.name}: {published.address} (licence: {card.licence})")
    entry = Entry(card.name, address.name, _size(store, address.name, network), "", "models")
    done = download(make_manifest([entry], name=card.name), store, folder, progress=progress)
    if done.failures or done.untried:
        raise _not_fetched(network, done.failures)
    return folder / address.name


def _size(store: Store, name: str, network: NetworkCard) -> int:
    """The size of the file at its source, in bytes."""
    from obstore import get, head
    from obstore.exceptions import BaseError, NotSupportedError

    first_byte: Any = {"range": (0, 1)}
    try:
        try:
            # Some servers sign an address for GET only, so request the size with the first byte.
            return int(get(store.objects, store.key(name), options=first_byte).meta["size"])
        except NotSupportedError:
            return int(head(store.objects, store.key(name))["size"])
    except (BaseError, OSError) as error:
        raise _unreachable(network, trouble_of(error)) from error


def _unreachable(network: NetworkCard, trouble: Trouble) -> Exception:
    message = _what_to_do(network, trouble.reason)
    return MissingDependencyError(message) if trouble.passing else DescriptorError(message)


def _not_fetched(network: NetworkCard, failures: list[Failure]) -> Exception:
    reason = failures[0].reason if failures else "the source no longer responds"
    return MissingDependencyError(_what_to_do(network, reason) + " The same command resumes the download.")


def _what_to_do(network: NetworkCard, reason: str) -> str:
    published = cast("Published", network.published)
    name = network.card.name
    return (
        f"{published.address}: {reason}. Without a network connection, download the file on another machine, "
        f"from this address or {published.page}, copy it here, then run: "
        f"copytrace models add {published.file} --card {name}"
    )
