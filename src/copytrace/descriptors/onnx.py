"""Any network that turns a picture into a vector: a folder with `model.onnx`, `card.yaml` and possibly a background."""

from __future__ import annotations

import hashlib
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.descriptors.background_file import read_background
from copytrace.descriptors.card_file import read_card
from copytrace.descriptors.descriptor import DEFAULT_QUALITY
from copytrace.descriptors.device import GPU_BATCH, providers_of, require_device
from copytrace.descriptors.inset import INSET_FILE, InsetFinder
from copytrace.descriptors.pixels import network_pixels
from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from copytrace.descriptors.device import Device
    from copytrace.descriptors.inset import Inset
    from copytrace.descriptors.network import NetworkCard
    from copytrace.records import ByteArray, Float32Array

MODEL_FILE = "model.onnx"
CARD_FILE = "card.yaml"
BACKGROUND_FILE = "background.npz"


class OnnxDescriptor:
    """A network in ONNX, run by ONNX Runtime.

    On the CPU, one thread runs one picture at a time, so its vector cannot depend on the batch or the number of
    threads. Batches of four would be 9% faster (docs/performance.md), but worker processes keep the cores busy. A GPU
    gets batches, and the last bits of a vector may depend on them.

    Args:
        folder: folder of the files.
        quality: one of the card's qualities.
        device: device to run on.

    Raises:
        DescriptorError: a file is missing or does not match the others.
        NoGpuError: the GPU cannot be used.
    """

    def __init__(self, folder: Path, quality: str = DEFAULT_QUALITY, device: Device = "cpu") -> None:
        self._network = network = read_card(folder / CARD_FILE, quality)
        self.card = network.card
        self._session = open_network(folder / MODEL_FILE, network.model_sha256, device)
        _check_input(self._session, network, folder / MODEL_FILE)
        self._inset = (
            None if network.inset is None else open_inset(folder / INSET_FILE, network.inset, device)
        )
        pixels = self._session.get_inputs()[0]
        self._pixels = pixels.name
        self._at_once = 1 if device == "cpu" or isinstance(pixels.shape[0], int) else GPU_BATCH
        self._vectors = self._session.get_outputs()[0].name
        self._scale = (1 / (255 * np.array(network.std))).astype(np.float32)[:, None, None]
        self._offset = (-np.array(network.mean) / np.array(network.std)).astype(np.float32)[:, None, None]
        bank = folder / BACKGROUND_FILE
        self.background = read_background(bank, self.card.normalisation) if bank.exists() else None

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe each picture: n of (height, width, 3) uint8 to (n, d) float32 of length 1."""
        vectors = np.empty((len(batch), self.card.dims), np.float32)
        done = 0
        for pixels in self._stacked(batch):
            views = [self._run(_VIEWS[view](pixels)) for view in self._network.views]
            for mean in views[0] if len(views) == 1 else np.mean(views, axis=0):
                vectors[done] = mean / max(np.linalg.norm(mean), np.finfo(np.float32).tiny)
                done += 1
        return vectors

    def _stacked(self, batch: Sequence[ByteArray]) -> Iterator[Float32Array]:
        """The pictures as network input, (k, 3, h, w): as many at once as allowed, of the same size."""
        parts = batch if self._inset is None else map(self._inset.picture, batch)
        for _, alike in groupby(parts, key=np.shape):
            while pictures := list(islice(alike, self._at_once)):
                yield np.stack([network_pixels(each, self._scale, self._offset) for each in pictures])

    def _run(self, pixels: Float32Array) -> Float32Array:
        """(k, 3, h, w) float32 to (k, d) float32."""
        feed = {self._pixels: np.ascontiguousarray(pixels)}
        try:
            vectors: Float32Array = self._session.run([self._vectors], feed)[0].reshape(len(pixels), -1)
        except Exception as error:
            # As above: a failing kernel raises one of the library's own error types.
            raise DescriptorError(
                f"The network of '{self.card.name}' fails on a picture: {first_line(error)}"
            ) from error
        if vectors.shape[1] != self.card.dims:
            raise DescriptorError(
                f"The network of '{self.card.name}' returns {vectors.shape[1]} numbers; its card says "
                f"{self.card.dims} dims."
            )
        return vectors


_VIEWS: dict[str, Callable[[Float32Array], Float32Array]] = {
    "plain": lambda pixels: pixels,
    "mirrored": lambda pixels: pixels[..., ::-1],
}


def papers(folder: Path) -> list[Path]:
    """Texts for people next to a network: its README.md and its licences."""
    return [*folder.glob("README.md"), *sorted(folder.glob("LICENSE*"))]


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_inset(path: Path, inset: Inset, device: Device = "cpu") -> InsetFinder:
    """Load the network that finds insets.

    Raises:
        DescriptorError: the file cannot be read, or does not match `inset`.
        NoGpuError: the GPU cannot be used.
    """
    session = open_network(path, inset.sha256, device)
    _check_inset(session, inset, path)
    return InsetFinder(session, inset)


def open_network(path: Path, digest: str, device: Device = "cpu") -> Any:  # noqa: ANN401 - the library has no types
    """Load a network; its file must be the one that the card describes.

    Raises:
        DescriptorError: the file cannot be read, its SHA-256 is not `digest`, or it is not an ONNX model.
        NoGpuError: the GPU cannot be used.
    """
    import onnxruntime

    providers = providers_of(device)

    options = onnxruntime.SessionOptions()
    # One thread, which does not spin while waiting: each core has its own worker process.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        model = path.read_bytes()
        _check_digest(model, digest, path)
        session = onnxruntime.InferenceSession(model, options, providers=providers)
    except OSError as error:
        raise DescriptorError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except DescriptorError:
        raise
    except Exception as error:
        # On invalid models, the library raises its own error types, which differ between versions.
        raise DescriptorError(f"{path}: is not a usable ONNX model: {first_line(error)}") from error
    require_device(session, device)
    return session


def _check_digest(model: bytes, wanted: str, path: Path) -> None:
    digest = hashlib.sha256(model).hexdigest()
    if digest != wanted:
        raise DescriptorError(
            f"{path}: has the SHA-256 {digest}; its card says {wanted or 'nothing'}. The file was "
            "replaced or damaged: download it again, or update the card."
        )


def _check_input(session: Any, network: NetworkCard, path: Path) -> None:  # noqa: ANN401 - the library has no types
    """Refuse a network whose input does not match the card."""
    shape = session.get_inputs()[0].shape
    pictures = (1, 3, *network.sides)
    wanted_shape = _shown([side or "any" for side in pictures])
    fits = len(shape) == len(pictures) and all(
        have == want or not isinstance(have, int) for have, want in zip(shape, pictures, strict=True)
    )
    if not fits:
        raise DescriptorError(
            f"{path}: takes pictures of {_shown(shape)}; its card says {wanted_shape} at the quality "
            f"'{network.card.quality}' (count, channels, height, width)."
        )


def _check_inset(session: Any, inset: Inset, path: Path) -> None:  # noqa: ANN401 - the library has no types
    """Refuse a network that does not return scores for four sides."""
    taken, given = session.get_inputs()[0].shape, session.get_outputs()[0].shape
    if taken[1:] != [3, inset.side, inset.side] or len(given) != 3 or given[1] != 4:  # noqa: PLR2004
        raise DescriptorError(
            f"{path}: takes {_shown(taken)} and returns {_shown(given)}; to find insets as its card says, it must "
            f"take any x 3 x {inset.side} x {inset.side} and return any x 4 x any."
        )


def _shown(shape: Sequence[object]) -> str:
    return " x ".join("any" if not isinstance(side, int) else str(side) for side in shape)


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type if it has none."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
