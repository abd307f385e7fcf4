"""Checks the machines of a cluster before work starts: each must have what the driver has."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import copytrace
from copytrace.descriptors import kept_model
from copytrace.errors import CopytraceError, ImageError, InputError
from copytrace.images import ImageFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors import Choice
    from copytrace.engines import Engine

LEAST_FREE = 1 << 30
"""Bytes of free disk that a machine needs: data that exceeds its memory goes there."""

_ENDS = 1 << 20


@dataclass(frozen=True)
class Question:
    """What to check on a machine.

    Attributes:
        choice: the model that it will need, if any.
        source: the first input that its workers will read, if any: an image, or a file of vectors.
    """

    choice: Choice | None
    source: ImageFile | Path | None


@dataclass(frozen=True)
class Report:
    """A machine's answer.

    Attributes:
        version: its version of copytrace.
        model: digests of the model and its background, or why it cannot be loaded.
        source: digest of the input, or why it cannot be read.
        free: bytes of free disk for temporary files.
    """

    version: str
    model: str
    source: str
    free: int


def check_machines(
    engine: Engine, choice: Choice | None = None, source: ImageFile | Path | str | None = None
) -> None:
    """Refuse a cluster whose machines differ from the driver's; does nothing for an engine without machines.

    Args:
        engine: runs the work.
        choice: the model that the work needs.
        source: its first input. Inputs that are sent with the tasks need not be readable.

    Raises:
        InputError: a machine has another version of copytrace or another model, cannot read the same input, or is short
            of disk; the message lists every difference and its machine.
    """
    if not engine.remote:
        return
    place = Path(source).resolve() if isinstance(source, str | Path) else source
    # The other machines decode; only this one uses a GPU.
    model = None if choice is None else replace(choice, device="cpu")
    question = Question(model, None if engine.ships else place)
    here = report(question)
    wrong: list[str] = []
    answers = engine.on_each_machine(report, question)
    if not answers:
        raise InputError("The cluster has no machine that runs tasks. Add one: ray start --address HOST:PORT")
    for name, found in answers:
        problems = [str(found)] if isinstance(found, CopytraceError) else _differences(here, found, question)
        wrong.extend(f"{name}: {problem}" for problem in problems)
    if wrong:
        raise InputError("The cluster cannot do this work.\n" + "\n".join(wrong))


def report(question: Question) -> Report:
    """Answer a question; runs on each machine."""
    model = ""
    if question.choice is not None:
        try:
            loaded = kept_model(question.choice)
            model = f"{loaded.card.sha256} {loaded.background_sha256}"
        except CopytraceError as error:
            model = str(error)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return Report(copytrace.__version__, model, _digest(question.source), free)


def _differences(here: Report, there: Report, question: Question) -> Iterator[str]:
    if there.version != here.version:
        yield f"copytrace is {there.version}; expected {here.version}, as on this machine. Install the same version."
    if there.model != here.model:
        yield f"the model is {there.model!r}; expected {here.model!r}. Copy the model and its background there."
    if there.source != here.source:
        name = question.source.name if isinstance(question.source, ImageFile) else question.source
        yield (
            f"{name}: {there.source}; it must be readable there under the same path. Or send images and vectors from "
            "here: --ship"
        )
    if there.free < LEAST_FREE:
        yield f"has {there.free:,} bytes of free disk for temporary files; expected at least {LEAST_FREE:,}."


def _digest(source: ImageFile | Path | None) -> str:
    """The digest of an image, or of the size and both ends of a file."""
    if source is None:
        return ""
    if isinstance(source, ImageFile):
        try:
            return "has the SHA-256 " + hashlib.sha256(source.read_bytes()).hexdigest()
        except ImageError as error:
            return error.reason
    try:
        with source.open("rb") as file:
            state = hashlib.sha256(file.read(_ENDS))
            size = file.seek(0, 2)
            file.seek(max(0, size - _ENDS))
            state.update(file.read())
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return f"has {size:,} bytes and the digest {state.hexdigest()}"
