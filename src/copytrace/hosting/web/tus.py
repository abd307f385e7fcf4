"""Resumable uploads by the tus protocol 1.0: core, creation, checksum, expiration, termination (tus.io).

Bytes go straight from the connection to the storage, unread. If the site stores its files in a bucket, uploads begin
here, and the header Upload-Parts gives the address to request part addresses from.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from ninja.utils import check_csrf

from copytrace.hosting.services import submitting, tokens, uploads
from copytrace.hosting.services.problems import NotAllowed, Problem, TooMany, Unusable
from copytrace.hosting.web.api import errors
from copytrace.hosting.web.api.auth import UploadThrottle
from copytrace.hosting.web.bodies import uploading
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    import uuid
    from typing import BinaryIO

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from copytrace.hosting.models import Account, Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
_LONGEST_NUMBER = 18


class Unknown(Problem):
    """The request is not authenticated."""

    status = 401
    title = errors.TITLES[401]


@method_decorator(csrf_exempt, name="dispatch")
class Uploads(View):
    """`/api/v1/uploads` and `/api/v1/uploads/ID`.

    Programs send a token. The site's own pages have a session instead, and send its CSRF token. It is checked here,
    since requests with a token have none.
    """

    http_method_names = ("options", "post", "head", "patch", "delete")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Respond with the protocol's headers; refuse other versions and unauthenticated requests."""
        try:
            answer = self._answer(request, *args, **kwargs)
        except Problem as problem:
            answer = errors.of_problem(problem)
        if request.method == "HEAD" and isinstance(answer, HttpResponse):
            answer.content = b""
        answer.headers["Tus-Resumable"] = VERSION
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _answer(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return super().dispatch(request, *args, **kwargs)
        if request.headers.get("Tus-Resumable") != VERSION:
            answer = errors.problem(
                412, "Unsupported tus version", f"Expected the header Tus-Resumable: {VERSION}."
            )
            answer.headers["Tus-Version"] = VERSION
            return answer
        self.account = uploader(request)
        return super().dispatch(request, *args, **kwargs)

    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Report the server's capabilities."""
        del request, args, kwargs
        return HttpResponse(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Checksum-Algorithm": ",".join(uploads.ALGORITHMS),
            },
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Create an upload."""
        _require_pause(request, self.account)
        size = _number(request, "Upload-Length")
        filename = _metadata(request.headers.get("Upload-Metadata", "")).get("filename", "")
        if size:
            upload = uploads.begin(self.account, size, filename)
        else:
            upload = uploads.take(self.account, cast("BinaryIO", request), 0, filename)
        answer = HttpResponse(status=201, headers=_about(upload))
        answer.headers["Location"] = f"{request.path.rstrip('/')}/{upload.pk}"
        return answer

    def head(self, request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
        """Report how much has arrived."""
        del request
        upload = uploads.find(self.account, upload_id)
        headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size), **_about(upload)}
        return HttpResponse(status=200, headers=headers)

    def patch(self, request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
        """Append a piece; the last one completes the upload, and a submission waiting for it is received."""
        if request.headers.get("Content-Type") != "application/offset+octet-stream":
            return errors.problem(
                415, "Unsupported media type", "Expected Content-Type: application/offset+octet-stream."
            )
        upload = uploads.find(self.account, upload_id)
        checksum = uploads.checksum_of(request.headers.get("Upload-Checksum", ""))
        offset = _number(request, "Upload-Offset")
        with uploading.take(self.account.pk):
            upload = uploads.append(upload, offset, cast("BinaryIO", request), checksum)
        if upload.finished_at is not None:
            submitting.receive_waiting(upload)
        return HttpResponse(status=204, headers={"Upload-Offset": str(upload.offset), **_about(upload)})

    def delete(self, request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
        """Delete an upload."""
        del request
        uploads.discard(uploads.find(self.account, upload_id))
        return HttpResponse(status=204)


def uploader(request: HttpRequest) -> Account:
    """The uploading account: from a token with the scope `submit`, or a session with its CSRF token.

    Raises:
        Unknown: the request has neither.
        NotAllowed: the token lacks the scope, or the session's CSRF token is missing.
    """
    authorization = request.headers.get("Authorization", "")
    account = signed_in_as(request)
    if not authorization and account is not None:
        if check_csrf(request) is not None:
            raise NotAllowed(
                "Your session has expired, or your browser blocks cookies. Reload the page, sign in and choose the same"
                " file; the upload will resume."
            )
        return account
    scheme, _, secret = authorization.partition(" ")
    token = tokens.find(secret) if scheme.lower() == "bearer" else None
    if token is None:
        raise Unknown("Sign in, or send a token: Authorization: Bearer ct_...")
    if "submit" not in token.scopes:
        raise NotAllowed("This token cannot upload; uploads need the scope 'submit'.")
    return token.account


def _require_pause(request: HttpRequest, account: Account) -> None:
    # Ninja's throttles read this attribute.
    request.auth = account  # type: ignore[attr-defined]
    throttle = UploadThrottle(f"{settings.UPLOADS_PER_MINUTE}/m")
    if not throttle.allow_request(request):
        raise TooMany(f"You started {settings.UPLOADS_PER_MINUTE} uploads within a minute. Wait a minute.")


def _number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER):
        raise Unusable(f"{header} is {value!r}; expected a number of bytes.")
    return int(value)


def _metadata(header: str) -> dict[str, str]:
    """The pairs of an Upload-Metadata header, whose values are base64.

    >>> _metadata("filename dGVhbTcuY3N2, final")
    {'filename': 'team7.csv', 'final': ''}
    """
    found = {}
    for pair in header.split(","):
        key, _, encoded = pair.strip().partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Unusable(
                f"Upload-Metadata has {encoded!r} for {key!r}; expected base64-encoded UTF-8."
            ) from error
        found[key] = "".join(letter for letter in text if letter.isprintable())
    return found


def _about(upload: Upload) -> dict[str, str]:
    """When an upload expires and, if the file goes to the bucket, where to request part addresses."""
    headers = {"Upload-Expires": http_date(upload.expires_at.timestamp())}
    if uploads.go_to_a_bucket():
        headers["Upload-Parts"] = reverse("upload-parts", args=[upload.pk])
    return headers
