from __future__ import annotations

import numpy as np
import pytest

from copytrace.training.validation import nearest_false

pytestmark = pytest.mark.needs("torch")


def test_the_nearest_false_reference_is_never_the_one_that_a_query_derives_from() -> None:
    references = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    queries = np.array([[1, 0], [0.6, 0.8]], np.float32)
    # The first query is a copy of reference 0; the second is not a copy.
    found = nearest_false(queries, references, np.array([0, -1]))
    assert found == pytest.approx([2.0, 0.4])
