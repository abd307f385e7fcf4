"""The pages: look up a picture, review matches, try the API. Everything they need is served from here."""

from __future__ import annotations

import mimetypes
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from copytrace.reports import app_file
from copytrace.service.access import Served
from copytrace.service.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

_SHARED = ("compare.js",)
"""Scripts shared with the report."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def lookup_page(backend: Served) -> HTMLResponse:
    """Drop a picture to look it up."""
    return _page(backend.path, "lookup", "Look up", "api.js", "match.js", "lookup.js")


@router.get("/review")
async def review_page(backend: Served) -> HTMLResponse:
    """Decide about uncertain matches."""
    return _page(backend.path, "review", "Review", "api.js", "match.js", "review.js")


@router.get("/try")
async def try_page(backend: Served) -> HTMLResponse:
    """Try the API."""
    return _page(backend.path, "try", "API", "api.js", "try.js")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """A static file for pages."""
    content = _files().get(name)
    if content is None:
        raise Problem(404, "No such file.")
    kind = mimetypes.guess_type(name)[0]
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


def _page(library: Path, template: str, name: str, *scripts: str) -> HTMLResponse:
    page = _environment().get_template(f"{template}.html.j2")
    return HTMLResponse(
        page.render(title=name, here=name, library=library.name, scripts=(*_SHARED, *scripts))
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("copytrace.service"), PackageLoader("copytrace.reports")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


@cache
def _files() -> dict[str, bytes]:
    """The content of static files by name."""
    files = {
        file.name: file.read_bytes()
        for file in resources.files("copytrace.service").joinpath("static").iterdir()
    }
    files |= {name: app_file(name).encode() for name in _SHARED}
    files["service.css"] = b"\n".join(
        [app_file("look.css").encode(), app_file("compare.css").encode(), files["service.css"]]
    )
    return files
