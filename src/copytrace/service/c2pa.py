"""The C2PA Soft Binding Resolution API: finds the Content Credentials of a picture after they were stripped.

An item's metadata contain the ID of its manifest, under `c2pa_manifest_id`, and possibly another repository that holds
it, under `c2pa_endpoint`. The soft binding is the descriptor of the library's model.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from copytrace.library.signals import short_digest
from copytrace.service.access import Reader, Served
from copytrace.service.api import IMAGE_BODY, PROBLEMS, vector_of_signal
from copytrace.service.backend import Backend
from copytrace.service.problems import Problem
from copytrace.service.schemas import ProblemShown

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.library import Settings

MANIFEST_ID, ENDPOINT = "c2pa_manifest_id", "c2pa_endpoint"
"""Key in the metadata of items."""

router = APIRouter(
    prefix="/c2pa",
    tags=["C2PA"],
    responses=PROBLEMS | {400: {"model": ProblemShown, "description": "The algorithm is not supported"}},
)


class Match(BaseModel):
    """A manifest that may belong to the picture."""

    manifest_id: str = Field(serialization_alias="manifestId")
    endpoint: str | None = Field(None, description="Its location, if elsewhere.")
    similarity: int = Field(ge=0, le=100, serialization_alias="similarityScore")


class Matches(BaseModel):
    """Manifests that may belong to a picture, most likely first."""

    matches: list[Match]


class Algorithm(BaseModel):
    """The name of an algorithm."""

    alg: str


class Algorithms(BaseModel):
    """The supported soft binding algorithms."""

    watermarks: list[Algorithm]
    fingerprints: list[Algorithm]


class Binding(BaseModel):
    """A soft binding."""

    model_config = ConfigDict(extra="ignore")

    alg: str
    value: str = Field(max_length=4096)


MostResults = Annotated[int, Query(alias="maxResults", ge=1, le=100, description="Results.")]


def algorithm(settings: Settings) -> str:
    """The name of a library's descriptor as a soft binding algorithm."""
    return f"copytrace.{short_digest(settings.model_sha256)}"


@router.get("/services/supportedAlgorithms")
async def supported_algorithms(backend: Served, _: Reader) -> Algorithms:
    """List the supported soft binding algorithms: the descriptor of the library's model."""
    return Algorithms(watermarks=[], fingerprints=[Algorithm(alg=algorithm(await backend.settings()))])


@router.get("/matches/byBinding", response_model_exclude_none=True)
async def by_binding(
    backend: Served,
    _: Reader,
    alg: Annotated[str, Query(description="The algorithm.")],
    value: Annotated[str, Query(max_length=4096, description="The soft binding in base64.")],
    most: MostResults = 10,
) -> Matches:
    """Find the manifests of pictures by a soft binding."""
    return await _by_binding(backend, Binding(alg=alg, value=value), most)


@router.post("/matches/byBinding", response_model_exclude_none=True)
async def by_posted_binding(backend: Served, _: Reader, binding: Binding, most: MostResults = 10) -> Matches:
    """Find the manifests of pictures by a soft binding."""
    return await _by_binding(backend, binding, most)


@router.post("/matches/byContent", openapi_extra=IMAGE_BODY, response_model_exclude_none=True)
async def by_content(
    request: Request,
    backend: Served,
    _: Reader,
    alg: Annotated[str | None, Query(description="The algorithm.")] = None,
    most: MostResults = 10,
) -> Matches:
    """Find the manifests that a picture may belong to; the score is the probability in percent. Send its bytes."""
    if alg is not None:
        _require(alg, await backend.settings())
    with backend.lookups:
        found = await backend.lookup(await request.body(), "picture", k=max(most, 10))
    return _matches(found["hits"], most, lambda hit: 100 * float(hit["probability"]))


@router.get(
    "/manifests/{manifest_id:path}",
    response_class=Response,
    responses={200: {"content": {"application/c2pa": {}}}, 404: {"model": ProblemShown}},
)
async def manifest(request: Request, _: Reader, manifest_id: str) -> Response:
    """Get a manifest store from the folder of manifests."""
    folder: Path | None = request.app.state.manifests
    content = (
        None if folder is None else await asyncio.to_thread(_content, folder / manifest_name(manifest_id))
    )
    if content is None:
        raise Problem(404, f"No manifest {manifest_id!r} here.")
    return Response(content, media_type="application/c2pa")


def manifest_name(manifest_id: str) -> str:
    """The file name of a manifest in the folder of manifests.

    >>> manifest_name("urn:c2pa:F9168C5E/x")
    'urn%3Ac2pa%3AF9168C5E%2Fx.c2pa'
    """
    return f"{quote(manifest_id, safe='')}.c2pa"


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        # It does not exist, or its ID is longer than a file name can be.
        return None


async def _by_binding(backend: Backend, binding: Binding, most: int) -> Matches:
    settings = await backend.settings()
    _require(binding.alg, settings)
    # In an address, "+" may have become a space; some encode base64 for addresses.
    value = binding.value.replace(" ", "+").replace("-", "+").replace("_", "/")
    signal = f"{short_digest(settings.model_sha256)}:{value}"
    vector, bias = vector_of_signal(settings, signal)
    with backend.lookups:
        found = await backend.lookup_vector(vector, bias, settings.version, k=max(most, 10))
    threshold = settings.threshold

    def similarity(hit: dict[str, Any]) -> float:
        """100 for the same vector, 50 at the distance from which a pair is not a likely copy."""
        return 100 + 50 * hit["score"] / threshold if threshold else 0.0

    return _matches(found["hits"], most, similarity)


def _require(alg: str, settings: Settings) -> None:
    if alg != algorithm(settings):
        raise Problem(400, f"The algorithm {alg!r} is not supported; expected {algorithm(settings)!r}.")


def _matches(hits: list[dict[str, Any]], most: int, similarity: Any) -> Matches:  # noqa: ANN401 - of a hit
    found = [
        Match(
            manifest_id=str(hit["metadata"][MANIFEST_ID]),
            endpoint=hit["metadata"].get(ENDPOINT),
            similarity=round(min(max(similarity(hit), 0), 100)),
        )
        for hit in hits
        if hit["likely_copy"] and MANIFEST_ID in hit["metadata"]
    ]
    return Matches(matches=found[:most])
