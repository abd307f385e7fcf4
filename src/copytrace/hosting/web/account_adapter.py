"""Puts the site's own address in account e-mails, regardless of the `Host` header of the request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Takes the address from the settings; the client controls the `Host` header."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an e-mail with links to this site."""
        own = {name: _at_this_site(value) for name, value in context.items()}
        super().send_mail(template_prefix, email, own | {"current_site": SimpleNamespace(domain=_name())})

    def format_email_subject(self, subject: str) -> str:
        """The subject, after the name of the site."""
        return f"[{_name()}] {subject}"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ANN401
        """Count failed logins once per account, not once per host name of the site."""
        del request
        return str(credentials.get("email", credentials.get("username", ""))).lower()


def _name() -> str:
    return urlsplit(settings.SITE_URL).netloc


def _at_this_site(value: object) -> object:
    """The same path at this site's address, if it is a link."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return value
    parts = urlsplit(value)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.SITE_URL}{parts.path}{query}"
