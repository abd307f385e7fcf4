from __future__ import annotations

from contextlib import ExitStack

import pytest

from copytrace.hosting.services.problems import Busy
from copytrace.hosting.web.bodies import Places


def test_one_client_cannot_take_every_slot():
    places = Places(4, 2)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(places.take("a"))
        with pytest.raises(Busy, match="already receiving 2 files or forms from you"), places.take("a"):
            pass
        for _ in range(2):
            held.enter_context(places.take("b"))
        with pytest.raises(Busy, match="The host"), places.take("c"):
            pass
    with places.take("c"):
        pass


def test_a_failed_request_releases_its_slot():
    places = Places(1, 1)
    with pytest.raises(ZeroDivisionError), places.take("a"):
        1 / 0  # noqa: B018 - fails
    with places.take("b"):
        pass
