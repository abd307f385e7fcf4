"""The API's documentation as a page, rendered from its OpenAPI document."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.web.api import api
from copytrace.hosting.web.public import public

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@public
def show(request: HttpRequest) -> HttpResponse:
    """All operations, in groups."""
    return render(request, "api_docs.html", {"groups": _groups(), "address": settings.SITE_URL})


@cache
def _groups() -> list[tuple[str, list[dict[str, Any]]]]:
    """The operations of each tag."""
    document = api.get_openapi_schema()
    bodies = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = {"method": method.upper(), "path": path, **_described(operation, bodies)}
            groups.setdefault(operation["tags"][0], []).append(shown)
    return list(groups.items())


def _described(operation: dict[str, Any], bodies: dict[str, Any]) -> dict[str, Any]:
    scheme = next(iter(operation.get("security", [{}])[0]), "")
    query = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return {
        "text": operation["description"],
        "scope": scheme.removesuffix("Token").lower(),
        "query": query,
        "body": _fields(bodies[body.rpartition("/")[2]]) if body else [],
    }


def _fields(schema: dict[str, Any]) -> list[str]:
    """The fields of a request body; optional ones end in a question mark."""
    required = schema.get("required", ())
    return [field if field in required else f"{field}?" for field in schema["properties"]]
