"""The package as a user gets it: the wheel, in an environment without extras."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.needs("bare")

ROOT = Path(__file__).parents[2]
BARE = Path(sys.prefix) / "bare" / "bin"


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder to work in, once the wheel is built and installed.

    There is only one environment to install into, so processes that run these tests take turns.
    """
    with (BARE.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _installed(tmp_path_factory)


def _installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    built = run(*build, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    install = run(BARE / "pip", "install", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=folder)
    assert install.returncode == 0, install.stderr
    return folder


def test_the_metadata_name_every_licence_in_the_package(installed: Path) -> None:
    program = """if True:
        from importlib.metadata import distribution
        package = distribution("copytrace")
        print(package.metadata["License-Expression"], *sorted(package.metadata.get_all("License-File")), sep="\\n")
        texts = [file.read_text() for file in package.files if ".dist-info/licenses/" in str(file)]
        print(sum("Apache License" in text for text in texts), len(texts))
    """
    assert run(BARE / "python", "-c", program, cwd=installed).stdout.splitlines() == [
        "MIT AND Apache-2.0 AND Bitstream-Vera",
        "LICENSE",
        "src/copytrace/descriptors/weights/copytrace/LICENSE",
        "src/copytrace/matching/xfeat/LICENSE",
        "src/copytrace/typefaces/LICENSE",
        "2 4",
    ]


def test_a_plot_is_drawn_without_extras(installed: Path) -> None:
    assert run(BARE / "python", "-c", "import matplotlib", cwd=installed).returncode != 0
    (installed / "truth.csv").write_text("query_id,reference_id\nQ1,R1\n")
    (installed / "matches.csv").write_text("query_id,reference_id,score\nQ1,R1,0.5\n")
    score = ["score", "matches.csv", "--truth", "truth.csv", "--bootstrap", "0", "--plot"]
    for picture in ("curve.svg", "curve.png"):
        scored = run(BARE / "copytrace", *score, picture, cwd=installed)
        assert scored.returncode == 0, scored.stderr
        assert (installed / picture).exists()


def test_help_works_without_extras(installed: Path) -> None:
    assert run(BARE / "python", "-c", "import pdqhash", cwd=installed).returncode != 0
    shown = run(BARE / "copytrace", "--help", cwd=installed)
    assert shown.returncode == 0
    assert "describe" in shown.stdout


def test_the_main_job_works_without_extras(installed: Path, library: Path, suspects: Path) -> None:
    found = run(
        BARE / "copytrace", "find", suspects / "Q03.jpg", library, "--report", "report", cwd=installed
    )
    assert found.returncode == 0, found.stderr
    assert "copy of R03" in found.stdout.splitlines()[0]
    assert (installed / "report" / "index.html").exists()


def test_a_missing_extra_is_named_with_its_install_line(installed: Path, library: Path) -> None:
    described = run(BARE / "copytrace", "describe", library, "-o", "set.h5", "-m", "pdq", cwd=installed)
    assert described.returncode == 3
    assert "pip install '.[pdq]'" in described.stderr
    demo = run(BARE / "copytrace", "demo", cwd=installed)
    assert demo.returncode == 3
    assert "pip install '.[demo]'" in demo.stderr
