"""Trains the shipped model, or your own (extra: train)."""

from importlib.util import find_spec

from copytrace.errors import MissingDependencyError
from copytrace.extras import how_to_install

__all__ = ["require_torch"]


def require_torch() -> None:
    """Say what to install if torch or onnx is missing.

    Raises:
        MissingDependencyError: at least one of them is missing.
    """
    if missing := [name for name in ("torch", "onnx") if find_spec(name) is None]:
        raise MissingDependencyError(
            f"Training needs {' and '.join(missing)}, which a standard installation does not include. "
            f"Install them {how_to_install('train')}"
        )
