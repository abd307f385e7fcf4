"""The thread that sends e-mail."""

from __future__ import annotations

import pytest

from copytrace.hosting.services import outbox
from copytrace.hosting.worker import mailer


def test_a_batch_that_fails_does_not_end_the_mailer(monkeypatch, caplog):
    ends = iter([ValueError("a fault"), SystemExit()])

    def drain() -> int:
        raise next(ends)

    monkeypatch.setattr(outbox, "drain", drain)
    monkeypatch.setattr(mailer, "PAUSE_SECONDS", 0)
    with pytest.raises(SystemExit):
        mailer.Mailer().run()
    assert "a fault" in caplog.text
