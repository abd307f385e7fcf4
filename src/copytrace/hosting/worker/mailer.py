"""Sends e-mail in its own thread, so that a slow mail server does not delay the renewal of leases."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from copytrace.hosting.services import outbox

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class Mailer(threading.Thread):
    """Drains the outbox until the process ends; another worker then resends what was being sent."""

    def __init__(self) -> None:
        super().__init__(name="mailer", daemon=True)

    def run(self) -> None:
        """Send batch after batch, with this thread's own database connection."""
        while True:
            try:
                outbox.drain()
            except (DatabaseError, InterfaceError) as error:
                _log.warning("the database is not responding: %s", str(error).strip())
                connection.close()
            except Exception:  # noqa: BLE001 - without this thread no e-mail goes out until the worker is started again
                _log.exception("e-mails could not be sent")
            time.sleep(PAUSE_SECONDS)
