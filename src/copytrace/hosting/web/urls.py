"""The table of all addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from copytrace.hosting.web.api import api
from copytrace.hosting.web.outage_answers import mistake
from copytrace.hosting.web.pages import api_docs, problems
from copytrace.hosting.web.parts import parts
from copytrace.hosting.web.tus import Uploads

urlpatterns = [
    path("", include("copytrace.hosting.web.pages.routes")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/uploads", Uploads.as_view(), name="uploads"),
    path("api/v1/uploads/<uuid:upload_id>", Uploads.as_view(), name="upload"),
    path("api/v1/uploads/<uuid:upload_id>/parts", parts, name="upload-parts"),
    path("api/v1/docs", api_docs.show, name="api-docs"),
    path("api/v1/", api.urls),
]
handler400, handler403, handler404 = problems.bad_request, problems.not_allowed, problems.not_found
handler500 = mistake
