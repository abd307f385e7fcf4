"""The tokens of an account, with a button to revoke each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from copytrace.hosting.services import tokens
from copytrace.hosting.web.pages.guards import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account


@require_safe
@signed_in
def show(request: HttpRequest, account: Account) -> HttpResponse:
    """List the active tokens."""
    content = {"tokens": tokens.of_account(account), "address": settings.SITE_URL}
    return render(request, "account/tokens.html", content)


@require_POST
@signed_in
def revoke(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Revoke a token."""
    tokens.revoke(account, number)
    messages.success(request, "Token revoked.")
    return redirect("account-tokens")
