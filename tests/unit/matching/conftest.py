from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from skimage import data

from copytrace.matching import Subject, extract

if TYPE_CHECKING:
    from copytrace.records import ByteArray


@pytest.fixture(scope="session")
def photo() -> ByteArray:
    """A photograph of a cat, 451 x 300 pixels."""
    return np.asarray(data.chelsea())


@pytest.fixture(scope="session")
def other() -> ByteArray:
    """Another photograph, of a cup of coffee, 600 x 400 pixels."""
    return np.asarray(data.coffee())


@pytest.fixture(scope="session")
def subject(photo: ByteArray) -> Subject:
    return Subject(extract(photo))
