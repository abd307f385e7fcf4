"""The shipped descriptor as a signal type for ThreatExchange and Hasher-Matcher-Actioner.

Add it with `threatexchange config extensions add copytrace.library.threatexchange`, or name the signal type in HMA's
configuration.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

import numpy as np
from threatexchange.content_type.photo import PhotoContent
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest
from threatexchange.signal_type.index import (
    IndexMatchUntyped,
    SignalSimilarityInfoWithSingleDistance,
    SignalTypeIndex,
)
from threatexchange.signal_type.signal_base import (
    BytesHasher,
    CanGenerateRandomSignal,
    SignalComparisonResult,
    SignalType,
)

from copytrace.descriptors import Choice, kept_model
from copytrace.errors import CopytraceError, ImageError
from copytrace.library.pictures import describe_picture
from copytrace.library.signals import (
    read_signal,
    require_one_model,
    short_digest,
    signal_distance,
    write_signal,
)
from copytrace.search import KeptSearch, keep_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threatexchange.content_type.content_base import ContentType

    from copytrace.library.signals import Signal
    from copytrace.records import Float32Array
    from copytrace.search import KeptBlock

Entry = TypeVar("Entry")
Distance = SignalSimilarityInfoWithSingleDistance[float]

BLOCK = 65_536
"""Once there are this many signals, they are prepared together."""
FIRST = 16
"""Matches to search for at first; more if all of them are close enough."""


class CopytraceIndex(SignalTypeIndex[Entry]):
    """Finds all signals within the threshold, exactly.

    Args:
        entries: signals with their data, which must be JSON-compatible to be serialised.
    """

    _search: KeptSearch | None

    def __init__(self, entries: Iterable[tuple[str, Entry]] = ()) -> None:
        super().__init__()
        self.dispose()
        self.add_all(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, signal_str: str, entry: Entry) -> None:
        """Add a signal.

        Raises:
            DescriptorError: it is not a signal of this machine's model.
        """
        self._new.append(_read(signal_str).vector)
        self._texts.append(signal_str)
        self._entries.append(entry)
        self._search = None

    def query(self, query: str) -> list[IndexMatchUntyped[Distance, Entry]]:
        """The data of the signals within the threshold, nearest first.

        Raises:
            DescriptorError: it is not a signal of this machine's model.
        """
        signal = _read(query)
        within = _threshold() - signal.bias
        if not self._entries or within < 0:
            return []
        search = self._prepared()
        wanted = FIRST
        while True:
            found = search.nearest(signal.vector[None], wanted, within=within)
            near = found.reference[0] >= 0
            if not near.all() or wanted >= len(self):
                break
            wanted *= 4
        rows, distances = found.reference[0][near].tolist(), found.distance[0][near].tolist()
        return [
            IndexMatchUntyped(Distance(distance + signal.bias), self._entries[row])
            for row, distance in zip(rows, distances, strict=True)
        ]

    def _prepared(self) -> KeptSearch:
        while len(self._new) >= BLOCK:
            self._blocks.append(keep_block(np.stack(self._new[:BLOCK])))
            del self._new[:BLOCK]
        if self._search is None:
            rest = [keep_block(np.stack(self._new), codes=False)] if self._new else []
            self._search = KeptSearch([*self._blocks, *rest])
        return self._search

    def serialize(self, fout: BinaryIO) -> None:
        """Write the index as lines of JSON: nothing is pickled, so reading a file cannot run code."""
        lines = zip(self._texts, self._entries, strict=True)
        fout.writelines(f"{json.dumps(line)}\n".encode() for line in lines)

    @classmethod
    def deserialize(cls, fin: BinaryIO) -> Self:
        """Read what `serialize` wrote."""
        return cls((text, entry) for text, entry in map(json.loads, fin))

    def dispose(self) -> None:
        """Release all signals."""
        self._texts: list[str] = []
        self._entries: list[Entry] = []
        self._new: list[Float32Array] = []
        self._blocks: list[KeptBlock] = []
        self._search = None


class CopytraceSignal(SignalType, BytesHasher, CanGenerateRandomSignal):
    """The descriptor of a picture, by copytrace's default model.

    A signal names the model; signals from different models are never compared.
    """

    @classmethod
    def get_name(cls) -> str:
        """The name of the signal type."""
        return "copytrace"

    @classmethod
    def get_content_types(cls) -> list[type[ContentType]]:
        """Photos."""
        return [PhotoContent]

    @classmethod
    def get_index_cls(cls) -> type[CopytraceIndex[Any]]:
        """The index that finds signals."""
        return CopytraceIndex

    @classmethod
    def validate_signal_str(cls, signal_str: str) -> str:
        """The signal without surrounding whitespace.

        Raises:
            DescriptorError: it is not a signal of this machine's model.
        """
        _read(signal_str)
        return signal_str.strip()

    @classmethod
    def hash_from_bytes(cls, bytes_: bytes) -> str:
        """The signal of a picture's bytes; empty if they are not a readable picture."""
        model = kept_model(Choice())
        try:
            query = describe_picture(bytes_, model)
        except ImageError:
            return ""
        return write_signal(model.card.sha256, query.vector, query.bias or 0.0)

    @classmethod
    def compare_hash(cls, hash1: str, hash2: str) -> SignalComparisonResult:
        """Compare the signal of a known picture with another; a match is a likely copy.

        Raises:
            DescriptorError: one is not a signal, or they are from different models.
        """
        distance = signal_distance(_read(hash2), _read(hash1))
        return SignalComparisonResult.from_simple_dist(distance, _threshold())

    @classmethod
    def get_random_signal(cls) -> str:
        """A signal of a vector in a random direction."""
        return _random_signal(np.random.default_rng())

    @staticmethod
    def get_examples() -> list[str]:
        """Signals for demonstrations."""
        generator = np.random.default_rng(0)
        return [_random_signal(generator) for _ in range(3)]


TX_MANIFEST = ThreatExchangeExtensionManifest(signal_types=(CopytraceSignal,))


def _read(text: str) -> Signal:
    """Read a signal of this machine's model."""
    signal = read_signal(text)
    require_one_model(signal, *_model())
    return signal


@cache
def _model() -> tuple[str, int]:
    """The name of this machine's model in signals, and its dimensions."""
    model = kept_model(Choice())
    dims = model.card.dims if model.background is None else model.background.dims
    return short_digest(model.card.sha256), dims


@cache
def _threshold() -> float:
    threshold = kept_model(Choice()).threshold[0]
    if threshold is None:
        raise CopytraceError("The default model has no threshold.")
    return threshold


def _random_signal(generator: np.random.Generator) -> str:
    name, dims = _model()
    vector = generator.standard_normal(dims, dtype=np.float32)
    # Vectors in random directions have a distance of about 2: with this bias they do not match.
    return write_signal(name, vector / np.linalg.norm(vector), max(_threshold() - 1, 0.0))
