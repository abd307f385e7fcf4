"""The table of all addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from copytrace.hosting.web.api import api
from copytrace.hosting.web.tus import Uploads

urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/challenges"), name="home"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/uploads", Uploads.as_view(), name="uploads"),
    path("api/v1/uploads/<uuid:upload_id>", Uploads.as_view(), name="upload"),
    path("api/v1/", api.urls),
]
