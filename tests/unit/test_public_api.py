from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import copytrace

if TYPE_CHECKING:
    from pathlib import Path


def test_every_public_name_exists() -> None:
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


def test_training_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("copytrace.training.find_spec", lambda _: None)
    for verb in (copytrace.train, copytrace.train_inset):
        with pytest.raises(copytrace.MissingDependencyError, match=r"pip install '\.\[train\]'"):
            verb(tmp_path, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
