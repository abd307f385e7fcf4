from __future__ import annotations

import subprocess
import sys

import copytrace


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(copytrace.__all__) == copytrace.__all__
    for name in copytrace.__all__:
        assert getattr(copytrace, name) is not None


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pyarrow", "h5py", "cv2", "matplotlib", "numba", "onnxruntime", "PIL"}
    program = "import copytrace.cli, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert heavy & set(modules.split()) == set()
