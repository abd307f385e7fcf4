"""`copytrace doctor`: check the installation."""

from __future__ import annotations

import platform
import re
import shutil
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

import copytrace
from copytrace.cli import terminal
from copytrace.cli.tables import Cell, Column, show_table
from copytrace.errors import MissingDependencyError
from copytrace.extras import WHERE, install_command, remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

State = Literal["ok", "optional", "problem"]
COLOURS: dict[State, str] = {"ok": "green", "optional": "yellow", "problem": "red"}
LIBRARIES = "h5py", "numpy", "onnxruntime", "opencv-python-headless", "Pillow", "pyarrow"
FOR_DEVELOPERS = {"dev", "docs"}
FEATURES = "avx2", "avx512f", "avx512_vnni", "asimd"
"""CPU features that make searches and models faster."""
LEAST_MEMORY = 2e9
"""Bytes: with less, large images and sets do not fit."""
LEAST_DISK = 1e9
_OF_EXTRA = re.compile(r"([\w.-]+).*;.*\bextra == ['\"]([\w-]+)['\"]")


class Check(NamedTuple):
    """The result of one check.

    Attributes:
        name: what was checked.
        state: `ok`, `optional` (missing, but most users do not need it) or `problem`.
        detail: what was found.
        remedy: how to get what is missing; empty if nothing is missing.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def doctor(*, as_json: terminal.Json = False) -> None:
    """Check what this installation can do, and how to get what is missing.

    Exits with 3 if something that every command needs is missing.

    Examples:
        copytrace doctor
        copytrace doctor --json
    """
    checks: list[Check] = []
    for check in (_software, _machine, _models, _extras, _folders):
        try:
            checks += check()
        except ImportError as error:
            checks.append(Check(check.__name__[1:], "problem", str(error), "Install copytrace again"))
    problems = [each for each in checks if each.state == "problem"]
    if as_json:
        listed = [each._asdict() for each in checks]
        terminal.result_json({"version": copytrace.__version__, "ok": not problems, "checks": listed})
    else:
        columns: list[Column | str] = [
            "check",
            "state",
            Column("found", prose=True),
            Column("to fix it", prose=True),
        ]
        show_table(columns, [_row(each) for each in checks])
        if any(each.remedy.startswith("pip install '.") for each in checks):
            terminal.say(f"\n{WHERE}")
    if problems:
        raise typer.Exit(MissingDependencyError.exit_code)


def _row(check: Check) -> tuple[Cell, ...]:
    state = Cell(check.state, COLOURS[check.state])
    return Cell(check.name, "bold"), state, Cell(check.detail), Cell(check.remedy)


def _software() -> Iterator[Check]:
    yield Check("copytrace", "ok", f"{copytrace.__version__}, {Path(copytrace.__file__).parent}")
    yield Check("Python", "ok", f"{platform.python_version()}, {platform.platform()}")
    for name in LIBRARIES:
        found = _version(name)
        if found is None and name == "onnxruntime":
            found = _version("onnxruntime-gpu")
        state: State = "problem" if found is None else "ok"
        yield Check(name, state, found or "not installed", "" if found else f"pip install {name}")


def _machine() -> Iterator[Check]:
    from copytrace.engines import available_cores

    yield Check("cores", "ok", f"{available_cores()}")
    features = [name for name in FEATURES if name in _cpu_flags()]
    yield Check("CPU features", "ok", ", ".join(features) or "none that speed up searches")
    memory = _memory()
    enough = memory is None or memory >= LEAST_MEMORY
    detail = "unknown" if memory is None else f"{terminal.size_of(memory)} available"
    to_fix = "" if enough else f"Free {terminal.size_of(LEAST_MEMORY)}, or limit searches with --memory"
    yield Check("memory", "ok" if enough else "optional", detail, to_fix)
    yield _gpu()


def _gpu() -> Check:
    from copytrace.descriptors import NoGpuError
    from copytrace.descriptors.device import REPLACE, providers_of

    try:
        providers_of("cuda")
    except (NoGpuError, ImportError):
        commands = f"{install_command('gpu')}; {REPLACE}"
        return Check("GPU", "optional", "this ONNX Runtime cannot use GPUs", commands)
    return Check("GPU", "ok", "ONNX Runtime with CUDA")


def _models() -> Iterator[Check]:
    from copytrace.descriptors.known import known_models

    for card, state in known_models():
        if state == "published":
            continue
        here = state == "here"
        yield Check(
            f"model {card.name}",
            "ok" if here else "optional",
            card.licence,
            "" if here else remedy(card.extra),
        )


def _extras() -> Iterator[Check]:
    packages: dict[str, list[str]] = {}
    for requirement in requires("copytrace") or ():
        if (found := _OF_EXTRA.match(requirement)) and found[1] != "copytrace":
            packages.setdefault(found[2], []).append(found[1])
    for extra in sorted(packages.keys() - FOR_DEVELOPERS):
        missing = [name for name in packages[extra] if _version(name) is None]
        detail = f"lacks {', '.join(missing)}" if missing else "installed"
        yield Check(
            f"extra {extra}", "optional" if missing else "ok", detail, remedy(extra) if missing else ""
        )


def _folders() -> Iterator[Check]:
    from copytrace.descriptors.added import models_folder
    from copytrace.typefaces import font_path

    fonts = sorted(font_path("").glob("*.ttf"))
    yield Check(
        "fonts",
        "ok" if fonts else "problem",
        f"{len(fonts)} in {font_path('')}",
        "" if fonts else "Install copytrace again",
    )
    yield _writable(
        "temporary files", Path(tempfile.gettempdir()), "Set TMPDIR to another folder", needed=True
    )
    yield _writable("added models", models_folder(), "Set COPYTRACE_MODELS to another folder", needed=False)
    yield _writable("current folder", Path.cwd(), "Write outputs to another folder", needed=False)


def _writable(name: str, folder: Path, to_fix: str, *, needed: bool) -> Check:
    """Whether files can be created in a folder, or in its nearest existing parent."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Check(name, "problem" if needed else "optional", f"{folder}: {reason}", to_fix)
    low = free < LEAST_DISK
    detail = f"{folder}: writable, {terminal.size_of(free)} free"
    return Check(name, "optional" if low else "ok", detail, to_fix if low else "")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu_flags() -> set[str]:
    with suppress(OSError):
        found = re.search(r"^(?:flags|Features)\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        return set(found[1].split()) if found else set()
    return set()


def _memory() -> int | None:
    """Bytes of available memory; None if the system does not report it."""
    with suppress(OSError):
        found = re.search(r"^MemAvailable:\s*(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    return None
