"""An S3 server for tests: moto, in a process and an environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

S3_TOOLS = Path(os.environ.get("COPYTRACE_S3_TOOLS", str(Path(sys.prefix, "s3")))) / "bin"


@contextmanager
def s3_server() -> Iterator[str]:
    """Start the server; gives its address, until the block ends."""
    command = [S3_TOOLS / "moto_server", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        log = iter(process.stderr)
        url = next(found[1] for line in log if (found := re.search(r"Running on (http://\S+)", line)))
        # What it says of each request must not fill the pipe.
        reader = threading.Thread(target=deque, args=(log, 0))
        reader.start()
        yield url
        process.kill()
        reader.join()
