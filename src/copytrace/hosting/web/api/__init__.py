"""The API, version 1: whatever a page or the command line does goes through it."""

from copytrace.hosting.web.api.routes import api

__all__ = ["api"]
