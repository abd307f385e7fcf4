"""Limits on memory, files and time for a process that reads an untrusted file."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from copytrace.errors import CopytraceError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        memory: bytes of address space.
        files: open files.
    """

    memory: int
    files: int = 256


class LimitedError(CopytraceError):
    """A limited process ran out of time or memory, or crashed; the message is the end of a sentence."""


class OvertimeError(LimitedError):
    """A limited process ran out of time, which may be the fault of a busy machine."""


def how_it_ended(status: int) -> str:
    """The exit status of a process, or the signal that ended it."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def limit_process(limits: Limits) -> None:
    """Limit this process for the rest of its life."""
    # Only Unix supports this; elsewhere only the time is limited.
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.files, limits.files))
    # A memory dump would contain the file's content.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def call_limited(function: Callable[..., Any], *arguments: Any, limits: Limits, seconds: float) -> Any:  # noqa: ANN401 - JSON
    """Call a module's function in a separate, limited process; arguments and result are JSON.

    Raises:
        InputError: the function raised one.
        LimitedError: the process took too long, needed too much memory, or crashed.
    """
    call = {
        "module": function.__module__,
        "function": function.__name__,
        "arguments": arguments,
        "limits": [limits.memory, limits.files],
    }
    try:
        done = subprocess.run(  # noqa: S603 - this very Python
            [sys.executable, "-m", __name__, json.dumps(call)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OvertimeError(f"took longer than {seconds:g} seconds") from error
    if done.returncode:
        raise LimitedError(f"crashed ({how_it_ended(done.returncode)})")
    answer = json.loads(done.stdout.splitlines()[-1])
    if "memory" in answer:
        raise LimitedError(f"needed more than {limits.memory:,} bytes of memory")
    if "refused" in answer:
        raise InputError(answer["refused"])
    return answer["result"]


def _main(call: dict[str, Any]) -> dict[str, Any]:
    # Imported before the limits apply: they are for the file only.
    function = getattr(importlib.import_module(call["module"]), call["function"])
    limit_process(Limits(*call["limits"]))
    try:
        return {"result": function(*call["arguments"])}
    except InputError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"memory": True}


if __name__ == "__main__":
    os.write(1, json.dumps(_main(json.loads(sys.argv[1]))).encode() + b"\n")
