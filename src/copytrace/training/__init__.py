"""The recipe that makes the shipped model, and anyone's own (extra: train)."""

from importlib.util import find_spec

from copytrace.errors import MissingDependencyError

__all__ = ["require_torch"]


def require_torch() -> None:
    """Say what to install where torch or onnx is missing.

    Raises:
        MissingDependencyError: one of them is.
    """
    if missing := [name for name in ("torch", "onnx") if find_spec(name) is None]:
        raise MissingDependencyError(
            f"Training needs {' and '.join(missing)}, which a plain installation does not have. "
            "Install what it needs: pip install 'copytrace[train]'"
        )
