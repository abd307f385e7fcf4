"""Tells Django about this application."""

from __future__ import annotations

from django.apps import AppConfig


class HostingConfig(AppConfig):
    """All of the site's tables live in one application."""

    name = "copytrace.hosting"
    label = "hosting"
    verbose_name = "Challenge host"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the admin pages."""
        from copytrace.hosting.web import admin  # noqa: F401 - importing registers
