"""Retries of requests: how often, after what delay, and coordinated over a whole download."""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import random
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, TypeVar

from copytrace.stores import Trouble, trouble_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from copytrace.stores import Store

Result = TypeVar("Result")

FIRST_WAIT = 0.5
"""Seconds before the second attempt; each further delay doubles, and is shortened randomly by up to half."""

LONGEST_WAIT = 60.0
"""The longest delay in seconds, whatever the server asks for."""


class RequestError(Exception):
    """A request that failed after all attempts; never shown to users."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


class Retry:
    """Retries requests, and slows all of them down if the server asks for it.

    A busy server may say how long to wait (Retry-After), but the library that makes the requests does not pass this on.
    So the server is asked once more for the headers only, by a single request for all that wait.
    """

    def __init__(self, store: Store, tries: int) -> None:
        self._store = store
        self._tries = tries
        self._resume_at = 0.0
        self._asking: asyncio.Task[float] | None = None

    async def call(self, request: Callable[[], Awaitable[Result]], relative: str) -> Result:
        """Repeat a request until it succeeds, up to the allowed number of attempts.

        Raises:
            RequestError: it did not succeed, or repeating it cannot help.
        """
        from obstore.exceptions import BaseError

        tried = 0
        while True:
            tried += 1
            await self._wait()
            try:
                return await request()
            except (BaseError, FileNotFoundError) as error:
                trouble = trouble_of(error)
                if not trouble.passing:
                    raise RequestError(trouble) from error
                if tried >= self._tries:
                    raise RequestError(self._exhausted(trouble)) from error
                if trouble.kind == "busy":
                    await self._heed(relative)
                # Randomness keeps requests that failed together from returning together.
                await asyncio.sleep(FIRST_WAIT * 2 ** (tried - 1) * random.uniform(0.5, 1))  # noqa: S311

    def _exhausted(self, trouble: Trouble) -> Trouble:
        often = f", even after {self._tries} attempts" if self._tries > 3 else ""  # noqa: PLR2004 - 4th, 5th ...
        return Trouble(trouble.kind, trouble.reason + often)

    async def _wait(self) -> None:
        """Wait as long as the server asks."""
        if (left := self._resume_at - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _heed(self, relative: str) -> None:
        """Ask how long the server wants to be left alone; requests that fail meanwhile wait for the answer."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(relative))
        asking = self._asking
        seconds = await asyncio.shield(asking)
        if self._asking is asking:
            self._asking = None
            self._resume_at = max(self._resume_at, time.monotonic() + min(seconds, LONGEST_WAIT))

    async def _ask(self, relative: str) -> float:
        return await asyncio.to_thread(_retry_after, self._store.url(relative))


def _retry_after(url: str | None) -> float:
    """The seconds that the server's Retry-After asks for; 0 if there is none."""
    if url is None:
        return 0.0
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - a store gives http and https only
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
            return 0.0
    except urllib.error.HTTPError as error:
        with error:
            return _seconds(error.headers.get("Retry-After", ""))
    except (OSError, ValueError, http.client.HTTPException):
        return 0.0


def _seconds(text: str) -> float:
    """The meaning of a Retry-After: a number of seconds, or a date.

    >>> _seconds("120"), _seconds("Wed, 21 Oct 2015 07:28:00 GMT"), _seconds("soon"), _seconds("\u00b2")
    (120.0, 0.0, 0.0, 0.0)
    """
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
