"""Optional requirements of tests, and the summary of the tests that were skipped without them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ray_cluster import RayCluster

# On a busy machine, the duration of one example means nothing.
hypothesis.settings.register_profile("copytrace", deadline=None)
hypothesis.settings.load_profile("copytrace")


def _importable(*modules: str) -> Callable[[], bool]:
    return lambda: all(importlib.util.find_spec(module) is not None for module in modules)


def _s3_tools() -> bool:
    """Whether the S3 server and the AWS CLI are in the environment that scripts/setup creates for them."""
    folder = Path(os.environ.get("COPYTRACE_S3_TOOLS", str(Path(sys.prefix, "s3"))), "bin")
    return all((folder / name).exists() for name in ("moto_server", "aws"))


def _browser() -> bool:
    """Whether a browser, its driver and the accessibility checks are installed."""
    axe = Path(sys.prefix, "axe", "node_modules", "axe-core", "axe.min.js")
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    return all((chromium, axe.exists(), _importable("playwright")()))


# name -> (whether it is installed, how to install it)
GROUPS: dict[str, tuple[Callable[[], bool], str]] = {
    "pdq": (_importable("pdqhash"), "pip install '.[pdq]' (needs g++ and python3-dev)"),
    "demo": (_importable("matplotlib", "skimage", "sklearn"), "pip install '.[demo]'"),
    "postgresql": (
        lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "apt-get install postgresql",
    ),
    "s3": (_s3_tools, "scripts/setup makes .venv/s3 with moto and the AWS CLI"),
    "bare": ((Path(sys.prefix) / "bare").is_dir, "make (sets up .venv/bare, where the wheel is tried alone)"),
    "browser": (_browser, "apt-get install chromium-headless-shell npm, then make (sets up .venv/axe)"),
    "documentation": (
        (Path(__file__).parents[1] / "build" / "docs" / "index.html").is_file,
        "make docs",
    ),
    "strace": (lambda: shutil.which("strace") is not None, "apt-get install strace"),
    "torch": (_importable("torch", "onnx"), "pip install '.[torch]'"),
    "milvus": (_importable("pymilvus", "milvus_lite"), "pip install '.[milvus]' milvus-lite"),
    "ray": (_importable("ray"), "pip install '.[ray]'"),
    "faiss": (_importable("faiss"), "pip install faiss-cpu"),
}

MEASURED = ("agreement", "contracts", "unit/evaluation", "unit/search", "unit/submissions", "unit/vectors")
"""Folders of the tests that, with the doctests, cover all branches of the packages named in pyproject.toml."""

_skipped: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills", type=int, default=4, help="how often tests kill processes at random moments (default: 4)"
    )


class ModulesWithExamples:
    """Collects doctests only from modules that have some: importing the others, such as those with torch, is slow."""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Whether to leave out a file; None lets other plugins decide."""
        if collection_path.suffix != ".py" or collection_path.name.startswith("test_"):
            return None
        return b">>> " not in collection_path.read_bytes() or None


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ModulesWithExamples())
    # Tests started by a shell in the background ignore Ctrl-C, as does everything that they start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if controller := _coverage(config):
        _import_all(controller.cov.get_option("run:source"))
    # First, and thus on one worker: a cluster takes long to start, so one serves all of a module's tests that use it.
    items.sort(key=lambda item: item.get_closest_marker("cluster") is None)


@pytest.fixture(scope="session")
def kills(pytestconfig: pytest.Config) -> int:
    """How often to kill a process at a random moment."""
    count: int = pytestconfig.getoption("kills")
    return count


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulates a GPU with the CPU, in this process only."""
    from copytrace.descriptors import Choice, device, kept_model, onnx

    monkeypatch.setattr(onnx, "providers_of", lambda _: [device.CPU])
    monkeypatch.setattr(onnx, "require_device", lambda *_: None)
    yield
    kept_model(Choice("gist"))  # Nothing caches the simulated model.


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of an S3 server."""
    from s3_server import s3_server

    with s3_server() as url:
        yield url


# Not of the session: even an idle cluster uses a twentieth of a core.
@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """A Ray cluster of a head and two nodes."""
    from ray_cluster import ray_cluster

    with ray_cluster() as started:
        yield started


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for group in marker.args:
            here, remedy = GROUPS[group]
            if here():
                continue
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must not skip the group '{group}': {remedy}", pytrace=False)
            pytest.skip(f"group {group}: {remedy}")


def _coverage(config: pytest.Config) -> Any:
    """What controls the measurement of coverage, if it is measured."""
    plugin = config.pluginmanager.getplugin("_cov")
    return plugin and plugin.cov_controller


def _import_all(packages: Iterable[str]) -> None:
    """Import every module of some packages: if another test were the first to import one, its body would not count."""
    for package in packages:
        folder = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(folder, f"{package}."):
            importlib.import_module(module.name)


def _is_measured(path: Path) -> bool:
    tests = Path(__file__).parent
    return not path.is_relative_to(tests) or any(path.is_relative_to(tests / folder) for folder in MEASURED)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Pause the measurement of coverage, which halves the speed of Python code."""
    controller = _coverage(item.config)
    if not controller or _is_measured(item.path):
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple) and "group " in report.longrepr[2]:
        _skipped.add(report.longrepr[2].removeprefix("Skipped: "))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _skipped and not hasattr(config, "workerinput"):
        print("skipped groups: " + "; ".join(sorted(_skipped)))  # noqa: T201 - the last line of the run
