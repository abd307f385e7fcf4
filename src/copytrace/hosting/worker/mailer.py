"""Sends e-mail in a thread of its own: a mail server may take its time, and no lease waits for it."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from copytrace.hosting.services import outbox

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class Mailer(threading.Thread):
    """Drains the outbox until the process ends; what it was sending then is sent again by another worker."""

    def __init__(self) -> None:
        super().__init__(name="mailer", daemon=True)

    def run(self) -> None:
        """Send batch after batch, with a database connection that is this thread's own."""
        while True:
            try:
                outbox.drain()
            except (DatabaseError, InterfaceError) as error:
                _log.warning("the database is not responding: %s", str(error).strip())
                connection.close()
            except Exception:  # noqa: BLE001 - without this thread no e-mail goes out until the worker is started again
                _log.exception("e-mails could not be sent")
            time.sleep(PAUSE_SECONDS)
