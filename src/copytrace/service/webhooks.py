"""Signed messages to a webhook, according to the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from copytrace.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.service.events import Event

RETRIES = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)
"""Seconds until the next attempt, after each failed one."""
PREFIX = "whsec_"
LEAST = 24
"""The shortest secret in bytes."""
SECONDS = 15
"""Seconds to wait for a response."""


@dataclass(frozen=True)
class Webhook:
    """The destination of messages.

    Attributes:
        url: the address.
        secret: signs messages; the receiver knows it too.
    """

    url: str
    secret: bytes


def read_secret(path: Path) -> bytes:
    """Read the secret in a file: `whsec_` and at least 24 bytes in base64.

    Raises:
        InputError: the file does not exist, or contains something else.
    """
    remedy = f"Create one: echo {PREFIX}$(openssl rand -base64 32) > {path}"
    try:
        text = path.read_text(encoding="ascii").strip()
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. {remedy}") from error
    except (UnicodeDecodeError, binascii.Error) as error:
        raise InputError(f"{path}: is not a secret. {remedy}") from error
    if not text.startswith(PREFIX) or len(secret) < LEAST:
        raise InputError(f"{path}: is not a secret of at least {LEAST} bytes. {remedy}")
    return secret


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message, for the header `webhook-signature`.

    >>> sign(b"secret", "msg_1", 0, b"{}")
    'v1,sti6m5wfzVDclSKWhERritTcCYHSMVKjmU7PF5lLeh0='
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


async def deliver(client: httpx.AsyncClient, webhook: Webhook, event: Event) -> str | None:
    """Send a message; return why it was not accepted, or None."""
    body, now = event.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(webhook.secret, event.id, now, body),
    }
    try:
        answer = await client.post(webhook.url, content=body, headers=headers, timeout=SECONDS)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return None if answer.is_success else f"answered with {answer.status_code}"
