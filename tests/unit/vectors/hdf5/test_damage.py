"""Files with a few bytes changed at random: a check ends with a report, whatever the bytes mean."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

# The child ends, and the test fails, on anything except a report: another exception, a signal, an endless
# loop, or more than a gigabyte of memory.
CHECK_MANY = """
import faulthandler, resource, sys
from pathlib import Path
import numpy as np
from copytrace.submissions import check_submission

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
valid, path, queries_only = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), sys.argv[3] == "queries-only"
random = np.random.default_rng(7)
# Mostly bytes that are not zero, for these are where the file says something.
places = np.flatnonzero(np.frombuffer(valid, np.uint8))
faulty = 0
for _ in range(120):
    damaged = bytearray(valid)
    for place in random.choice(places, random.integers(1, 4)):
        damaged[place] = random.choice([0, 1, 127, 128, 255])
    path.write_bytes(damaged)
    faulthandler.dump_traceback_later(30, exit=True)
    faulty += not check_submission(path, queries_only=queries_only).valid
print(faulty)
"""


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("kind", ["plain", "gzip", "queries-only"])
def test_damaged_files_end_in_a_report(tmp_path: Path, version: str, kind: str) -> None:
    options = {"chunks": (16, 4), "compression": "gzip", "shuffle": True} if kind == "gzip" else {}
    vectors = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    with h5py.File(tmp_path / "valid.h5", "w", libver=version) as file:
        file.create_dataset("query", data=vectors, **options)
        file["query_ids"] = [f"Q{row}" for row in range(40)]
        if kind == "queries-only":
            file.attrs["reference_sha256"] = "ab" * 32
        else:
            file.create_dataset("reference", data=vectors, **options)
            file["reference_ids"] = np.array([f"R{row}" for row in range(40)], "S3")
    child = subprocess.run(
        [sys.executable, "-c", CHECK_MANY, tmp_path / "valid.h5", tmp_path / "damaged.h5", kind],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) > 30
