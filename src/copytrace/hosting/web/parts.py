"""Uploads to the site's bucket: tells clients which part is missing, and where to send it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from copytrace.hosting.services import submitting, uploads
from copytrace.hosting.services.problems import Problem, TooMany
from copytrace.hosting.web.api import errors
from copytrace.hosting.web.api.auth import PartsThrottle
from copytrace.hosting.web.tus import uploader

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse


@csrf_exempt
@require_POST
def parts(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    """`/api/v1/uploads/ID/parts`: the next missing part and its address. Finishes the upload if none is missing.

    A client sends the part with PUT and asks again, until `next` is null.
    """
    try:
        account = uploader(request)
        # Ninja's throttles read this attribute.
        request.auth = account  # type: ignore[attr-defined]
        if not PartsThrottle(f"{settings.REQUESTS_PER_MINUTE}/m").allow_request(request):
            raise TooMany("Too many requests. Wait a minute.")
        upload = uploads.find(account, upload_id)
        part = uploads.next_part(upload)
        if upload.finished_at is not None:
            submitting.receive_waiting(upload)
    except Problem as problem:
        return errors.of_problem(problem)
    return JsonResponse(
        {"offset": upload.offset, "size": upload.size, "next": part and asdict(part)},
        headers={"Cache-Control": "no-store"},
    )
