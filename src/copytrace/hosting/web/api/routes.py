"""Assembles the API."""

from __future__ import annotations

from importlib.metadata import version

from ninja import NinjaAPI

from copytrace.hosting.web.api import errors
from copytrace.hosting.web.api.accounts import router as accounts
from copytrace.hosting.web.api.announcements import router as announcements
from copytrace.hosting.web.api.auth import throttles
from copytrace.hosting.web.api.bodies import BoundedParser
from copytrace.hosting.web.api.challenges import router as challenges
from copytrace.hosting.web.api.leaderboards import router as leaderboards
from copytrace.hosting.web.api.organise import router as organise
from copytrace.hosting.web.api.oversight import router as oversight
from copytrace.hosting.web.api.submissions import router as submissions
from copytrace.hosting.web.api.teams import router as teams
from copytrace.hosting.web.api.work import router as work

api = NinjaAPI(
    title="copytrace host",
    version=version("copytrace"),
    description="Challenges, uploads (tus 1.0 at /api/v1/uploads), submissions and leaderboards.",
    urls_namespace="api",
    docs_url=None,
    throttle=throttles(),
    parser=BoundedParser(),
)
errors.add_handlers(api)
for router in (
    accounts,
    challenges,
    teams,
    submissions,
    leaderboards,
    announcements,
    organise,
    oversight,
    work,
):
    api.add_router("", router)
