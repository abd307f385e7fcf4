"""Networks, qualities and backgrounds through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.edits.drawing.scenes import draw_picture
from tiny_networks import write_bank, write_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

PHOTOS = 80
SPACE = 76_000
"""Bytes: too few for a set of this many vectors, but enough for each of its two parts."""


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with all qualities and its own background."""
    qualities = {"fast": {"input": {"width": 24, "height": 24}}, "best": {"views": ["plain", "mirrored"]}}
    folder = write_network(tmp_path_factory.mktemp("networks") / "tiny", qualities=qualities)
    write_bank(folder)
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(PHOTOS):
        draw_picture(1000 + seed).resize((96, 72)).save(folder / f"P{seed:03d}.jpg")
    return folder


def test_a_set_records_how_it_was_made(
    copytrace: Callable[..., Run], library: Path, network: Path, tmp_path: Path
) -> None:
    run = copytrace("describe", library, "-o", "set.h5", "-m", network, "--quality", "best", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["quality"] == "best"
    with h5py.File(tmp_path / "set.h5") as file:
        assert file["vectors"].shape == (12, 255)
        assert file["bias"].shape == (12,)
        assert (file["bias"][:] >= 0).all()
        assert file.attrs["model"] == "tiny"
        assert file.attrs["quality"] == "best"
        assert len(file.attrs["model_sha256"]) == len(file.attrs["background_sha256"]) == 64


def test_workers_chunks_and_a_resumed_run_give_the_same_bits(
    copytrace: Callable[..., Run],
    copytrace_out_of_space: Callable[..., Run],
    photos: Path,
    network: Path,
    tmp_path: Path,
) -> None:
    assert copytrace("describe", photos, "-o", "one.h5", "-m", network, "--workers", "1").returncode == 0
    assert copytrace("describe", photos, "-o", "two.h5", "-m", network, "--workers", "2").returncode == 0
    # A set that cannot be written leaves its parts, which the next run reuses with their biases.
    assert copytrace_out_of_space(SPACE, "describe", photos, "-o", "three.h5", "-m", network).returncode == 1
    run = copytrace("describe", photos, "-o", "three.h5", "-m", network, "--json")
    assert json.loads(run.stdout)["reused"] == PHOTOS
    with h5py.File(tmp_path / "one.h5") as one:
        for name in ("two.h5", "three.h5"):
            with h5py.File(tmp_path / name) as other:
                for dataset in ("vectors", "bias"):
                    np.testing.assert_array_equal(one[dataset][:], other[dataset][:])


def test_parts_of_another_quality_are_not_taken_up(
    copytrace: Callable[..., Run],
    copytrace_out_of_space: Callable[..., Run],
    photos: Path,
    network: Path,
    tmp_path: Path,
) -> None:
    assert copytrace_out_of_space(SPACE, "describe", photos, "-o", "set.h5", "-m", network).returncode == 1
    assert len(list((tmp_path / "set.h5.parts").glob("[!.]*.part"))) == 2
    run = copytrace("describe", photos, "-o", "set.h5", "-m", network, "--quality", "fast", "--json")
    assert json.loads(run.stdout)["reused"] == 0


def test_copies_are_found_with_your_own_background(
    copytrace: Callable[..., Run], photos: Path, library: Path, suspects: Path, network: Path
) -> None:
    fitted = copytrace("fit-background", photos, "-o", "bank.npz", "-m", network, "--json")
    assert fitted.returncode == 0, fitted.stderr
    about = json.loads(fitted.stdout)
    assert (about["model"], about["images"], about["dims"]) == ("tiny", PHOTOS, 255)
    assert about["threshold"] > 0
    described = copytrace("describe", library, "-o", "r.h5", "-m", network, "--background", "bank.npz")
    assert described.returncode == 0, described.stderr
    own = ("-m", network, "--background", "bank.npz")
    found = copytrace("find", suspects, "r.h5", *own, "--no-verify", "--per-query", "1", "--json")
    assert found.returncode == 0, found.stderr
    pairs = {match["query_id"]: match["reference_id"] for match in json.loads(found.stdout)["matches"]}
    assert (pairs["Q03"], pairs["Q07"]) == ("R03", "R07")
    assert json.loads(found.stdout)["threshold"] == pytest.approx(-about["threshold"])


def test_a_search_takes_the_quality_of_the_set_or_that_which_is_asked_for(
    copytrace: Callable[..., Run], library: Path, suspects: Path, network: Path
) -> None:
    copytrace("describe", library, "-o", "r.h5", "-m", network, "--quality", "fast")
    for references, options in ((library, ("--quality", "fast")), ("r.h5", ())):
        run = copytrace("find", suspects, references, "-m", network, *options, "--per-query", "1", "--json")
        assert run.returncode == 0, run.stderr
        pairs = {match["query_id"]: match["reference_id"] for match in json.loads(run.stdout)["matches"]}
        assert (pairs["Q03"], pairs["Q07"]) == ("R03", "R07")


def test_packed_sets_have_one_more_dimension_for_the_bias(
    copytrace: Callable[..., Run], library: Path, suspects: Path, network: Path, tmp_path: Path
) -> None:
    for images, name in ((suspects, "q.h5"), (library, "r.h5")):
        assert copytrace("describe", images, "-o", name, "-m", network).returncode == 0
    assert copytrace("pack", "q.h5", "r.h5", "-o", "s.h5").returncode == 0
    with h5py.File(tmp_path / "s.h5") as packed, h5py.File(tmp_path / "q.h5") as queries:
        assert packed["query"].shape == (3, 256)
        np.testing.assert_allclose(packed["query"][:, 255] ** 2, queries["bias"][:], rtol=1e-6)
        assert not packed["reference"][:, 255].any()


def test_qualities_and_backgrounds_are_incompatible(
    copytrace: Callable[..., Run], photos: Path, library: Path, suspects: Path, network: Path
) -> None:
    copytrace("fit-background", photos, "-o", "bank.npz", "-m", network)
    copytrace("describe", library, "-o", "r.h5", "-m", network)
    copytrace("describe", suspects, "-o", "fast.h5", "-m", network, "--quality", "fast")
    copytrace("describe", suspects, "-o", "other.h5", "-m", network, "--background", "bank.npz")
    refusals = {
        (
            "find",
            "fast.h5",
            "r.h5",
            "--no-verify",
            "--threshold",
            -1,
        ): "the quality differs: 'fast' for the queries, 'default'",
        ("pack", "fast.h5", "r.h5", "-o", "s.h5"): "the quality differs",
        ("find", suspects, "r.h5", "-m", network, "--quality", "fast"): "was made at the quality 'default'",
        ("find", "other.h5", "r.h5", "--no-verify", "--threshold", -1): "the background's digest differs",
        (
            "find",
            "other.h5",
            "other.h5",
            "--no-verify",
            "-m",
            network,
        ): "Name the file that it was described with: --background",
        ("pack", "other.h5", "r.h5", "-o", "s.h5"): "Describe both with one --background",
        (
            "find",
            "other.h5",
            library,
            "-m",
            network,
        ): "Name the file that it was described with: --background",
        (
            "describe",
            library,
            "-o",
            "x.h5",
            "--model",
            "gist",
            "--quality",
            "best",
        ): "'gist' has no quality 'best'",
        ("find", suspects, "r.h5"): "Unknown descriptor 'tiny'",
    }
    for arguments, sentence in refusals.items():
        run = copytrace(*arguments)
        assert run.returncode == 2, arguments
        assert sentence in run.stderr, run.stderr
        assert "Traceback" not in run.stderr


def test_two_sets_need_no_model_where_a_threshold_is_given(
    copytrace: Callable[..., Run], library: Path, network: Path
) -> None:
    copytrace("describe", library, "-o", "r.h5", "-m", network)
    refused = copytrace("find", "r.h5", "r.h5")
    assert "Unknown descriptor 'tiny'" in refused.stderr
    found = copytrace("find", "r.h5", "r.h5", "--no-verify", "--threshold", "-100", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["model"] == "tiny"


def test_describing_and_searching_never_load_torch(
    library: Path, suspects: Path, network: Path, tmp_path: Path
) -> None:
    script = (
        "import sys, copytrace\n"
        "copytrace.describe(sys.argv[1], 'r.h5', model=sys.argv[2], workers=1)\n"
        "copytrace.find_copies(sys.argv[3], 'r.h5', model=sys.argv[2], workers=1)\n"
        "print([name for name in ('torch', 'onnx', 'timm') if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script, str(library), str(network), str(suspects)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_a_model_of_512_dimensions_is_projected_by_its_background(
    copytrace: Callable[..., Run], tmp_path: Path, library: Path, suspects: Path
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for seed in range(260):
        draw_picture(2000 + seed).resize((48, 36)).save(many / f"{seed}.jpg")
    wide = write_network(tmp_path / "wide", dims=512, name="wide", threshold=None)
    refused = copytrace("describe", library, "-o", "r.h5", "-m", wide)
    assert refused.returncode == 2
    assert "produces 512 dimensions" in refused.stderr
    few = copytrace("fit-background", library, "-o", "bank.npz", "-m", wide)
    assert few.returncode == 2
    assert "12 photographs can be used; a background needs at least 256" in few.stderr
    fitted = copytrace("fit-background", many, "-o", "bank.npz", "-m", wide)
    assert fitted.returncode == 0, fitted.stderr
    assert "projected from 512" in fitted.stdout
    found = copytrace(
        "find", suspects, library, "-m", wide, "--background", "bank.npz", "--per-query", "1", "--json"
    )
    pairs = {match["query_id"]: match["reference_id"] for match in json.loads(found.stdout)["matches"]}
    assert (pairs["Q03"], pairs["Q07"]) == ("R03", "R07")


def test_a_sample_of_many_photographs_is_always_the_same(
    copytrace: Callable[..., Run], photos: Path, network: Path, tmp_path: Path
) -> None:
    for name in ("one.npz", "two.npz"):
        run = copytrace(
            "fit-background", photos, "-o", name, "-m", network, "--size", 70, "--ranks", "1:4", "--json"
        )
        assert json.loads(run.stdout)["images"] == 70
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as arrays:
        assert arrays["ranks"].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--ranks", "3:1"), "'3:1' is not a range"),
        (("--weight", "0"), "a number above 0"),
        (("-m", "x"), "Unknown descriptor 'x'"),
    ],
)
def test_a_wrong_argument_of_a_fit_is_explained(
    copytrace: Callable[..., Run], photos: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    run = copytrace("fit-background", photos, "-o", "bank.npz", *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr.replace("\n", " ").replace("│", "")
