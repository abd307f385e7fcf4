from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import (
    Background,
    Choice,
    Normalisation,
    Projection,
    background_file,
    kept_model,
    load_model,
    quantised,
    read_background,
    write_background,
)
from copytrace.descriptors.background import bias_of, biases
from copytrace.errors import DescriptorError
from copytrace.records import Descriptors, Float32Array
from copytrace.vectors import query_vectors, reference_vectors
from tiny_networks import DIMS, write_bank, write_network

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(0)


def units(count: int, dims: int = DIMS) -> Float32Array:
    vectors = RNG.normal(size=(count, dims)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def background(count: int = 40, dims: int = DIMS, **how: float) -> Background:
    bank, scale = quantised(units(count, dims))
    return Background(bank, scale, Normalisation(**how))  # type: ignore[arg-type]


def test_a_bias_is_the_weighted_mean_similarity_at_its_ranks_by_definition() -> None:
    bank = background(weight=1.5, first=1, last=4)
    queries = units(6)
    _, bias = bank.applied(queries)
    for query, b in zip(queries, bias, strict=True):
        similarities = sorted((float(row @ query) for row in bank.vectors), reverse=True)
        assert b == pytest.approx(1.5 * (1 + sum(similarities[1:4]) / 3), abs=1e-5)


def test_the_plain_distance_of_packed_vectors_is_the_normalised_one() -> None:
    # |q~ - r~|^2 = 2 - 2 q.r + b(q), within 256 dimensions, for all pairs.
    vectors, bias = background().applied(units(30))
    stored = Descriptors([str(row) for row in range(30)], vectors, "tiny", bias=bias)
    queries, references = query_vectors(stored)[:], reference_vectors(stored)[:]
    assert queries.shape == references.shape == (30, 256)
    squared = ((queries[:, None].astype(np.float64) - references[None]) ** 2).sum(axis=2)
    wanted = 2 - 2 * vectors.astype(np.float64) @ vectors.T.astype(np.float64) + bias[:, None]
    np.testing.assert_allclose(squared, wanted, atol=1e-5)


def test_ranking_by_that_distance_is_ranking_by_the_score_less_the_similarity_to_the_background() -> None:
    bank = background(weight=2, first=0, last=3)
    queries, references = units(8), units(20)
    _, bias = bank.applied(queries)
    distance = 2 - 2 * queries @ references.T + bias[:, None]
    nearest = np.sort(queries @ bank.vectors.T, axis=1)[:, -3:].mean(axis=1)
    score = queries @ references.T - nearest[:, None]
    # Twice the score, apart from the sign and a constant.
    np.testing.assert_allclose(distance, 4 - 2 * score, atol=1e-5)


def test_a_bias_is_never_negative_even_for_what_is_opposite_to_all() -> None:
    one = np.zeros((1, DIMS), np.float32)
    one[0, 0] = 1
    bank, scale = quantised(one)
    for vector in (one, -one):
        assert Background(bank, scale, Normalisation()).applied(vector)[1][0] >= 0


def test_a_cap_bounds_the_bias_and_leaves_the_digest_unchanged() -> None:
    free, queries = background(weight=2), units(20)
    capped = replace(free, normalisation=replace(free.normalisation, most=2.3))
    assert capped.applied(queries)[1] == pytest.approx(np.minimum(free.applied(queries)[1], 2.3))
    assert capped.sha256 == free.sha256


def test_biases_are_those_of_the_images_one_by_one() -> None:
    similarities = RNG.normal(size=(9, 12)).astype(np.float32)
    for how in (Normalisation(1.5, 2, 6), Normalisation(2, 20, 30), Normalisation(3, 0, 3, most=1.0)):
        single = [bias_of(row, how) for row in similarities]
        assert biases(similarities, how) == pytest.approx(single, abs=1e-6)


def test_a_bank_smaller_than_the_ranks_uses_what_it_has() -> None:
    bank = background(2, first=5, last=9, weight=1)
    query = units(1)
    smallest = min(float(row @ query[0]) for row in bank.vectors)
    assert bank.applied(query)[1][0] == pytest.approx(1 + smallest, abs=1e-5)


def test_a_background_is_read_as_it_was_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    whole = replace(
        background(weight=3, first=1, last=2, most=1.125),
        projection=Projection(
            *(rng.normal(size=shape).astype(np.float32) for shape in ((512,), (DIMS, 512)))
        ),
        model="tiny",
        model_sha256="ab",
        quality="best",
        threshold=1.25,
        threshold_source="a test",
    )
    write_background(tmp_path / "bank.npz", whole)
    again = read_background(tmp_path / "bank.npz")
    assert again.sha256 == whole.sha256
    for name in ("normalisation", "model", "model_sha256", "quality", "threshold", "threshold_source"):
        assert getattr(again, name) == getattr(whole, name)


def test_a_bank_of_the_models_maker_takes_the_cards_normalisation(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "tiny", normalisation={"weight": 1.25, "first": 2, "last": 5})
    write_bank(folder)
    model = load_model(Choice(str(folder)))
    assert model.background is not None
    assert model.background.normalisation == Normalisation(1.25, 2, 5)


def test_whatever_decides_the_bias_changes_the_digest() -> None:
    bank = background()
    others = [
        replace(bank, normalisation=Normalisation(weight=1)),
        replace(bank, bank=-bank.bank),
        replace(bank, scale=bank.scale * 2),
        replace(bank, projection=Projection(np.zeros(3, np.float32), np.zeros((DIMS, 3), np.float32))),
    ]
    assert len({bank.sha256, *(other.sha256 for other in others)}) == 5


def test_a_background_of_another_model_or_quality_is_refused(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "tiny", qualities={"fast": {}})
    digest = load_model(Choice(str(folder))).card.sha256
    fitted = replace(background(), model="tiny", model_sha256=digest, quality="fast")
    write_background(tmp_path / "bank.npz", fitted)
    assert load_model(Choice(str(folder), "fast", tmp_path / "bank.npz")).background is not None
    with pytest.raises(
        DescriptorError, match=r"was fitted to the model 'tiny' .*quality fast\); expected one for 'tiny'"
    ):
        load_model(Choice(str(folder), "default", tmp_path / "bank.npz"))
    write_background(tmp_path / "bank.npz", background(dims=100))
    with pytest.raises(
        DescriptorError, match="is for vectors of 100 dimensions; the model 'tiny' produces 255"
    ):
        load_model(Choice(str(folder), background=tmp_path / "bank.npz"))


@pytest.mark.parametrize("dims", [256, 512])
def test_too_many_dimensions_are_refused_until_a_background_projects_them(tmp_path: Path, dims: int) -> None:
    folder = write_network(tmp_path / "wide", dims=dims)
    if dims > 256:
        with pytest.raises(DescriptorError, match=r"produces 512 dimensions; .* copytrace fit-background"):
            load_model(Choice(str(folder)))
    write_background(tmp_path / "bank.npz", background(dims=dims))
    with pytest.raises(DescriptorError, match=f"produces {dims + 1} dimensions with the bias"):
        load_model(Choice(str(folder), background=tmp_path / "bank.npz"))
    axes = np.random.default_rng(1).normal(size=(DIMS, dims)).astype(np.float32)
    projected = replace(background(), projection=Projection(np.zeros(dims, np.float32), axes))
    write_background(tmp_path / "bank.npz", projected)
    model = load_model(Choice(str(folder), background=tmp_path / "bank.npz"))
    vectors, bias = model.describe([np.full((32, 32, 3), 7, np.uint8)])
    assert vectors.shape == (1, DIMS)
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)
    assert bias is not None


@pytest.mark.parametrize(
    "arrays",
    [
        {"scale": np.float32(1)},
        {"bank": np.zeros((3, 4), np.float32), "scale": np.float32(1)},
        {"bank": np.zeros(3, np.int8), "scale": np.float32(1)},
        {"bank": np.zeros((0, 4), np.int8), "scale": np.float32(1)},
        {
            "bank": np.zeros((3, 4), np.int8),
            "scale": np.float32(1),
            "mean": np.zeros(9),
            "axes": np.zeros((4, 8)),
        },
        {"bank": np.array([{}]), "scale": np.float32(1)},
    ],
    ids=[
        "no bank",
        "a bank of floats",
        "a flat bank",
        "an empty bank",
        "axes that do not fit",
        "pickled objects",
    ],
)
def test_an_unsound_file_is_explained(tmp_path: Path, arrays: dict[str, Float32Array]) -> None:
    np.savez(tmp_path / "bank.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(
        DescriptorError, match=r"bank\.npz: is not a background .* `copytrace fit-background`"
    ):
        read_background(tmp_path / "bank.npz")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89HDF\r\n\x1a\n...", "it is an HDF5 file, such as a descriptor set"),
        (b"a,b\n1,2\n", "it contains no plain arrays"),
    ],
)
def test_another_file_is_identified_and_never_unpickled(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(
        DescriptorError, match=rf"other: is not a background \({reason}\)\. Expected"
    ) as raised:
        read_background(tmp_path / "other")
    assert "pickle" not in str(raised.value)


def test_a_file_that_unpacks_to_more_than_any_background_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_file, "LARGEST", 1000)
    np.savez_compressed(tmp_path / "bomb.npz", bank=np.zeros((100, 100), np.int8), scale=np.float32(1))
    with pytest.raises(DescriptorError, match=r"unpacks to [0-9,]+ bytes; a background has at most 1,000"):
        read_background(tmp_path / "bomb.npz")


def test_a_missing_or_damaged_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(
        DescriptorError, match=r"does not exist. Fit a background: copytrace fit-background PHOTOS"
    ):
        read_background(tmp_path / "bank.npz")
    (tmp_path / "bank.npz").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(DescriptorError, match="is not a background"):
        read_background(tmp_path / "bank.npz")


@pytest.mark.parametrize("flaw", ["broken packing", "encryption", "unknown packing"])
def test_an_archive_that_cannot_be_unpacked_is_explained(tmp_path: Path, flaw: str) -> None:
    path = tmp_path / "bank.npz"
    np.savez_compressed(path, bank=np.zeros((400, 8), np.int8), scale=np.float32(1))
    content = bytearray(path.read_bytes())
    packed = 30 + int.from_bytes(content[26:28], "little") + int.from_bytes(content[28:30], "little")
    listed = content.index(b"PK\x01\x02")
    if flaw == "broken packing":
        content[packed : packed + 8] = b"\xff" * 8
    elif flaw == "encryption":
        content[6] = content[listed + 8] = 1
    else:
        content[8] = content[listed + 10] = 99
    path.write_bytes(content)
    with pytest.raises(DescriptorError, match="is not a background"):
        read_background(path)


def test_a_model_is_kept_until_one_of_its_files_changes(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "tiny")
    choice = Choice(str(folder), background=tmp_path / "bank.npz")
    with pytest.raises(DescriptorError, match="does not exist"):
        kept_model(choice)
    write_background(tmp_path / "bank.npz", background())
    first = kept_model(choice)
    assert kept_model(choice) is first
    write_background(tmp_path / "bank.npz", replace(background(), threshold=1.5))
    assert kept_model(choice).threshold[0] == 1.5
