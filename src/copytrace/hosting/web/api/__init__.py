"""Version 1 of the API."""

from copytrace.hosting.web.api.routes import api

__all__ = ["api"]
