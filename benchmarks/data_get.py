"""Compares downloads by `copytrace data get` and the AWS CLI from the same server, each in a separate process.

python benchmarks/data_get.py [--small 20000] [--large 20] [--runs 1]

The server is `s3_server.py` on the loopback device; a client that discards what it receives measures the server's own
limit. The AWS CLI is the one in the environment that `make` sets up.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.data import Entry, make_manifest, write_manifest
from s3_server import make_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SMALL_BYTES = 20_000
LARGE_BYTES = 100_000_000
KEEP_ALIVES = 8


# A new process inherits its parent's peak memory until it exceeds it, so each contestant is started by a small
# process.
_LAUNCHER = """
import os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Timed:
    """The cost of a contestant: wall-clock and processor seconds, and MiB of memory at its peak."""

    seconds: float
    cpu: float
    peak: float


def timed(command: Sequence[str | Path], environment: dict[str, str]) -> Timed:
    """Run a command and measure only this command."""
    launched = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *map(str, command)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if launched.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{launched.stderr}")
    seconds, cpu, peak = map(float, launched.stdout.split())
    return Timed(seconds, cpu, peak / 1024)


@contextmanager
def serving(sizes: Sequence[int]) -> Iterator[int]:
    """The server in a separate process; yields its port."""
    command: list[str | Path] = [sys.executable, Path(__file__).with_name("s3_server.py"), *map(str, sizes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        yield int(process.stdout.readline())
        process.stdin.close()


def ceiling(port: int, keys: Sequence[str]) -> float:
    """Seconds the server takes to send these objects to a client that discards them."""
    remaining = iter(keys)

    def client() -> None:
        received = memoryview(bytearray(1 << 20))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for key in remaining:
                connection.sendall(f"GET /bench/{key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                count = connection.recv_into(received)
                head = bytes(received[: min(count, 1024)]).partition(b"\r\n\r\n")[0]
                left = int(head.partition(b"Content-Length: ")[2].split()[0]) - (count - len(head) - 4)
                while left:
                    left -= connection.recv_into(received)

    threads = [threading.Thread(target=client) for _ in range(KEEP_ALIVES)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def write_description(folder: Path, sizes: Sequence[int], port: int) -> dict[str, str]:
    """Write the bucket's manifest and a description for each kind of file; return each file's digest."""
    digests = {}
    entries: dict[str, list[Entry]] = {"small": [], "large": []}
    for key, found in make_bucket(*sizes).items():
        digests[key] = hashlib.sha256(found.body).hexdigest()
        kind, _, path = key.partition("/")
        entries[kind].append(Entry(path, path, len(found.body), digests[key], kind))
    for kind, rows in entries.items():
        write_manifest(folder / f"{kind}.parquet", make_manifest(rows, name=kind))
        (folder / f"{kind}.yaml").write_text(
            f"manifest: {kind}.parquet\nmirrors:\n"
            f"  us-west-2: {{url: 's3://bench/{kind}', endpoint: 'http://127.0.0.1:{port}'}}\n"
        )
    return digests


def check(folder: Path, kind: str, digests: dict[str, str]) -> None:
    """Make sure that a contestant has downloaded every file unchanged."""
    for key, digest in digests.items():
        if (
            key.startswith(kind)
            and hashlib.sha256((folder / Path(key).name).read_bytes()).hexdigest() != digest
        ):
            sys.exit(f"{folder}: {key} differs from the server's")


def compete(folder: Path, kind: str, port: int, digests: dict[str, str], runs: int) -> dict[str, Timed]:
    """Each contestant's best run; they alternate, so that other work on the machine affects both."""
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    aws = Path(os.environ.get("COPYTRACE_S3_TOOLS", str(Path(sys.prefix, "s3"))), "bin", "aws")
    source = f"s3://bench/{kind}/"
    best: dict[str, Timed] = {}
    for _ in range(runs):
        for name in ("copytrace", "AWS CLI"):
            output = folder / "fetched"
            command: list[str | Path] = (
                [sys.executable, "-m", "copytrace", "data", "get", folder / f"{kind}.yaml", "-o", output]
                if name == "copytrace"
                else [aws, "s3", "cp", source, output, "--recursive", "--no-sign-request", "--quiet"]
            )
            run = timed([*command, *(["--region", "us-west-2"])], environment)
            check(output, kind, digests)
            shutil.rmtree(output)
            best[name] = min(best.get(name, run), run, key=lambda one: one.seconds)
    return best


def show(files: int, size: int, sent: float, best: dict[str, Timed]) -> None:
    """Print the table for one kind of file."""
    aws = best["AWS CLI"]
    print(
        f"\n{files:,} files of {size:,} bytes; the server alone needs {sent:.1f} s ({files / sent:,.0f} files/s)"
    )
    print("| | seconds | files/s | MB/s | times AWS CLI | CPU ms per file | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for name, run in best.items():
        print(
            f"| {name} | {run.seconds:.1f} | {files / run.seconds:,.0f} | {files * size / run.seconds / 1e6:,.0f} "
            f"| {aws.seconds / run.seconds:.1f} | {run.cpu / files * 1000:.2f} | {run.peak:.0f} |"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", type=int, default=20_000, help="files of 20 KB")
    parser.add_argument("--large", type=int, default=20, help="files of 100 MB")
    parser.add_argument("--runs", type=int, default=1, help="runs of each; the best counts")
    options = parser.parse_args()
    sizes = (options.small, SMALL_BYTES, options.large, LARGE_BYTES)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    with tempfile.TemporaryDirectory(prefix="data-get-") as name, serving(sizes) as port:
        folder = Path(name)
        digests = write_description(folder, sizes, port)
        for kind, files, size in (
            ("small", options.small, SMALL_BYTES),
            ("large", options.large, LARGE_BYTES),
        ):
            if files:
                sent = ceiling(port, [key for key in digests if key.startswith(kind)])
                show(files, size, sent, compete(folder, kind, port, digests, options.runs))
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
