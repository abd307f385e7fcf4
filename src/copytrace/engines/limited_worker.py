"""A limited process that is reused: it turns bytes into bytes, call by call, and is replaced if a call kills it.

Only bytes go through its pipe, never a pickle, so code that takes over the process can do no more than return wrong
answers.
"""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any

from copytrace.engines.limited import LimitedError, Limits, OvertimeError, how_it_ended, limit_process
from copytrace.engines.local import one_thread_environment
from copytrace.errors import CopytraceError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_DONE, _REFUSED, _FAILED, _MEMORY = b"+", b"-", b"!", b"m"


class LimitedWorker:
    """Calls a module's function in a limited process; one thread uses it at a time.

    Args:
        function: takes and returns bytes; it may raise any `CopytraceError`.
        limits: limits of the process.
    """

    def __init__(self, function: Callable[[bytes], bytes], limits: Limits) -> None:
        self._function = f"{function.__module__}:{function.__name__}"
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None

    def call(self, argument: bytes, seconds: float) -> bytes:
        """Call the function; the first call starts the process.

        Raises:
            InputError: the function raised one.
            CopytraceError: the function raised another one.
            LimitedError: the call took too long, needed too much memory, or crashed the process.
        """
        pipe = self._pipe or self._start()
        try:
            pipe.send_bytes(argument)
            if not pipe.poll(seconds):
                self.stop()
                raise OvertimeError(f"took longer than {seconds:g} seconds")
            # An answer larger than the process's memory is invalid.
            answer = pipe.recv_bytes(self._limits.memory)
        except (EOFError, OSError) as error:
            raise LimitedError(f"crashed ({self._bury()})") from error
        kind, payload = answer[:1], answer[1:]
        if kind == _MEMORY:
            # The rest of the call may keep its memory.
            self.stop()
            raise LimitedError(f"needed more than {self._limits.memory:,} bytes of memory")
        if kind == _REFUSED:
            raise InputError(payload.decode(errors="replace"))
        if kind == _FAILED:
            raise CopytraceError(payload.decode(errors="replace"))
        return payload

    def stop(self) -> None:
        """End the process; a later call starts another one."""
        if self._process is not None:
            self._process.kill()
            self._bury()

    def _start(self) -> Connection[Any, Any]:
        ours, theirs = Pipe()
        code = (
            f"import sys; sys.path[:] = {[str(entry) for entry in sys.path]!r}; "
            f"from copytrace.engines.limited_worker import serve; "
            f"serve({self._function!r}, {theirs.fileno()}, {self._limits.memory}, {self._limits.files})"
        )
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this very Python, on code written above
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=one_thread_environment(),
            )
        self._pipe = ours
        return ours

    def _bury(self) -> str:
        """Forget the process, which is ending; return how it ended."""
        if self._pipe is not None:
            self._pipe.close()
        status = 0 if self._process is None else self._process.wait()
        self._process = self._pipe = None
        return how_it_ended(status)


def serve(function: str, descriptor: int, memory: int, files: int) -> None:
    """Answer calls until the pipe ends, under limits."""
    # Ctrl-C in the terminal is for the parent, which closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, name = function.split(":")
    # Imported before the limits apply: they are for the calls only.
    work = getattr(importlib.import_module(module), name)
    limit_process(Limits(memory, files))
    pipe: Connection[Any, Any] = Connection(descriptor)
    while True:
        try:
            argument = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(work, argument))


def _answer(work: Callable[[bytes], bytes], argument: bytes) -> bytes:
    try:
        return _DONE + work(argument)
    except CopytraceError as error:
        kind = _REFUSED if isinstance(error, InputError) else _FAILED
        return kind + str(error).encode(errors="replace")
    except MemoryError:
        return _MEMORY
