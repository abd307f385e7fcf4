from __future__ import annotations

import subprocess
import sys

import copytrace


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(copytrace.__all__) == copytrace.__all__
    for name in copytrace.__all__:
        assert getattr(copytrace, name) is not None


def heavy_modules(program: str) -> set[str]:
    """The heavy libraries that a program imports."""
    heavy = {"numpy", "pyarrow", "h5py", "cv2", "numba", "onnxruntime", "PIL", "resvg_py"}
    run = [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"]
    modules = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return heavy & set(modules.split())


def test_help_imports_nothing_heavy() -> None:
    assert heavy_modules("import copytrace.cli") == set()


def test_plots_import_only_numpy_since_every_web_process_holds_them() -> None:
    assert heavy_modules("import copytrace.reports.plots") <= {"numpy"}
