"""ThreatExchange's own tests of signal types, and further tests for a copy detector."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

if os.environ.get("CI") != "true":
    pytest.importorskip("threatexchange", reason="group threatexchange: pip install '.[threatexchange]'")

from threatexchange.content_type.photo import PhotoContent
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import DescriptorError
from copytrace.library import threatexchange
from copytrace.library.signals import write_signal
from copytrace.library.threatexchange import CopytraceIndex, CopytraceSignal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image


def encoded(picture: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


@pytest.fixture(scope="module")
def signals() -> list[str]:
    """Signals of twenty drawn pictures."""
    return [CopytraceSignal.hash_from_bytes(encoded(draw_picture(seed), 90)) for seed in range(20)]


def matches(index: CopytraceIndex[int], signal: str) -> list[int]:
    return [match.metadata for match in index.query(signal)]


def test_the_extension_is_found_by_the_name_of_its_module() -> None:
    manifest = ThreatExchangeExtensionManifest.load_from_module_name("copytrace.library.threatexchange")
    assert manifest.signal_types == (CopytraceSignal,)
    assert CopytraceSignal.get_name() == "copytrace"
    assert CopytraceSignal.get_content_types() == [PhotoContent]
    assert CopytraceSignal.get_index_cls() is CopytraceIndex


def test_examples_are_valid_and_match_themselves_alone() -> None:
    examples = [*CopytraceSignal.get_examples(), CopytraceSignal.get_random_signal()]
    for number, example in enumerate(examples):
        assert CopytraceSignal.validate_signal_str(f" {example}\n") == example
        found = [CopytraceSignal.compare_hash(known, example).match for known in examples]
        assert found == [number == other for other in range(len(examples))]


def test_a_smaller_and_reencoded_copy_matches_and_other_pictures_do_not(signals: Sequence[str]) -> None:
    picture = draw_picture(7)
    copy = encoded(picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)), 40)
    signal = CopytraceSignal.hash_from_bytes(copy)
    assert len(signal) < 400
    assert CopytraceSignal.compare_hash(signals[7], signal).match
    assert matches(CopytraceIndex.build(list(zip(signals, range(20), strict=True))), signal) == [7]


def test_bytes_that_are_not_a_picture_have_no_signal() -> None:
    assert CopytraceSignal.hash_from_bytes(b"Dear reader") == ""


def test_the_index_finds_what_comparing_each_finds(
    signals: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Blocks of few signals, and a threshold that some pairs of different pictures reach.
    monkeypatch.setattr(threatexchange, "BLOCK", 8)
    monkeypatch.setattr(threatexchange, "FIRST", 1)
    distances = [
        CopytraceSignal.compare_hash(known, query).distance.distance for known in signals for query in signals
    ]
    monkeypatch.setattr(threatexchange, "_threshold", lambda: float(np.median(distances)))
    index: CopytraceIndex[int] = CopytraceIndex()
    assert matches(index, signals[0]) == []
    for number, signal in enumerate(signals):
        index.add(signal, number)
        if number % 6 == 0:
            matches(index, signal)
    for query in signals:
        compared = [CopytraceSignal.compare_hash(known, query) for known in signals]
        expected = sorted((one.distance.distance, row) for row, one in enumerate(compared) if one.match)
        found = [(match.similarity_info.distance, match.metadata) for match in index.query(query)]
        assert found == expected


def test_each_entry_of_a_signal_is_found(signals: Sequence[str]) -> None:
    index = CopytraceIndex.build([(signals[3], "first"), (signals[3], "second"), (signals[4], "third")])
    assert [match.metadata for match in index.query(signals[3])] == ["first", "second"]
    assert len(index) == 3


def test_an_index_is_written_and_read_without_pickling(signals: Sequence[str]) -> None:
    index = CopytraceIndex.build(list(zip(signals, range(20), strict=True)))
    written = io.BytesIO()
    index.serialize(written)
    assert written.getvalue().startswith(b'["')
    written.seek(0)
    again: CopytraceIndex[int] = CopytraceIndex.deserialize(written)
    assert [matches(again, signal) for signal in signals] == [matches(index, signal) for signal in signals]
    again.dispose()
    assert matches(again, signals[0]) == []


def test_a_signal_of_another_model_is_refused(signals: Sequence[str]) -> None:
    other = write_signal("f" * 64, np.ones(255, np.float32), 0)
    index = CopytraceIndex.build([(signals[0], 0)])
    for ask in (
        lambda: CopytraceSignal.validate_signal_str(other),
        lambda: CopytraceSignal.compare_hash(signals[0], other),
        lambda: index.query(other),
        lambda: index.add(other, 1),
    ):
        with pytest.raises(DescriptorError, match="signals from different models cannot be compared"):
            ask()


def test_a_bias_beyond_the_threshold_matches_nothing() -> None:
    name, dims = threatexchange._model()
    far = write_signal(name, np.ones(dims, np.float32), 1e6)
    assert CopytraceIndex.build([(far, 0)]).query(far) == []
