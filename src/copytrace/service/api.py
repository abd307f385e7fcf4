"""The API: `/v1`."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from copytrace.library import Library, Settings, UpgradedError
from copytrace.library.signals import read_signal, require_one_model, short_digest, write_signal
from copytrace.matching import DEFAULT_PRIOR
from copytrace.records import Float32Array
from copytrace.service.access import Reader, Served, Writer
from copytrace.service.events import Events
from copytrace.service.problems import Problem
from copytrace.service.schemas import (
    DecisionShown,
    DescribedShown,
    EventShown,
    ItemShown,
    LookupShown,
    NewDecision,
    ProblemShown,
    Reviews,
    ReviewShown,
    Stats,
    VectorQuery,
)

LONGEST_METADATA = 16_384
"""The longest metadata of an item as JSON, in characters."""

_IMAGE = {"schema": {"type": "string", "format": "binary"}}
IMAGE_BODY = {"requestBody": {"required": True, "content": {"image/*": _IMAGE}}}
_LOOKUP_BODY = {
    "requestBody": {
        "required": True,
        "content": {"image/*": _IMAGE, "application/json": {"schema": VectorQuery.model_json_schema()}},
    }
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemShown, "description": meaning}
    for status, meaning in {
        401: "No valid token",
        403: "The token lacks the scope",
        413: "The body is too large",
        422: "The request cannot be used",
        429: "Too many requests at once; see Retry-After",
        503: "Timeout; see Retry-After",
    }.items()
}

router = APIRouter(prefix="/v1", responses=PROBLEMS)


@router.post("/lookup", openapi_extra=_LOOKUP_BODY, tags=["Lookup"])
async def lookup(
    request: Request,
    backend: Served,
    _: Reader,
    *,
    k: Annotated[int, Query(ge=1, le=100, description="Results.")] = 10,
    effort: Annotated[
        Literal["low", "default", "high"] | None,
        Query(description="How thoroughly to search for an image; see: copytrace find --help"),
    ] = None,
    prior: Annotated[
        float, Query(gt=0, lt=1, description="Probability of a copy before pictures are compared.")
    ] = DEFAULT_PRIOR,
    threshold: Annotated[
        float | None,
        Query(description="Probability from which an item is a likely copy; for a vector, the score."),
    ] = None,
    name: Annotated[str, Query(max_length=500, description="Name of the picture.")] = "picture",
) -> LookupShown:
    """Find the items that a picture may be a copy of. Send the bytes of an image, or a vector as JSON."""
    with backend.lookups:
        body = await request.body()
        if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
            settings = await backend.settings()
            vector, bias = _vector(settings, body)
            found = await backend.lookup_vector(vector, bias, settings.version, k=k, threshold=threshold)
        else:
            found = await backend.lookup(body, name, k=k, effort=effort, prior=prior, threshold=threshold)
    return LookupShown.model_validate(found)


def _vector(settings: Settings, body: bytes) -> tuple[Float32Array, float | None]:
    """The vector and its bias, from JSON."""
    try:
        query = VectorQuery.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "body"
        raise Problem(422, f"{place}: {fault['msg']}") from error
    if query.signal is not None:
        return vector_of_signal(settings, query.signal)
    vector, dims = np.array(query.vector, np.float32), settings.dims
    if len(vector) != dims or not np.isfinite(vector).all():
        raise Problem(422, f"vector: expected {dims} finite numbers")
    return vector, query.bias


def vector_of_signal(settings: Settings, text: str) -> tuple[Float32Array, float | None]:
    """Read the vector and bias from a signal of the library's model.

    Raises:
        DescriptorError: it is not such a signal.
    """
    signal = read_signal(text)
    require_one_model(signal, short_digest(settings.model_sha256), settings.dims)
    return signal.vector, signal.bias if settings.biased else None


@router.post("/describe", openapi_extra=IMAGE_BODY, tags=["Lookup"])
async def describe(request: Request, backend: Served, _: Reader) -> DescribedShown:
    """Describe an image for lookups by vector, here or elsewhere, without looking it up. Send its bytes."""
    with backend.lookups:
        described = await backend.describe(await request.body(), "picture")
    settings = await backend.settings()
    if described.version != settings.version:
        raise UpgradedError(backend.path)
    return DescribedShown(
        vector=described.vector.tolist(),
        bias=described.bias,
        signal=write_signal(settings.model_sha256, described.vector, described.bias or 0.0),
    )


@router.post(
    "/items",
    openapi_extra=IMAGE_BODY,
    status_code=201,
    tags=["Items"],
    responses={
        200: {"model": ItemShown, "description": "The item already has this image"},
        409: {"model": ProblemShown, "description": "The ID belongs to another image"},
    },
)
async def add_item(
    request: Request,
    response: Response,
    backend: Served,
    _: Writer,
    item_id: Annotated[
        str, Query(alias="id", max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$", description="Its ID.")
    ],
    metadata: Annotated[
        str,
        Query(max_length=LONGEST_METADATA, description='A JSON object, such as {"credit": "Ada Lovelace"}.'),
    ] = "{}",
    *,
    replace: Annotated[bool, Query(description="Replace another image of this ID.")] = False,
) -> ItemShown:
    """Add an image; send its bytes. The response is sent once it is on disk and can be found."""
    known = _metadata(metadata)
    with backend.uploads:
        item, new = await backend.add(await request.body(), item_id, known, replace=replace)
    response.status_code = 201 if new else 200
    return ItemShown.of(item)


def _metadata(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(422, "metadata: expected a JSON object") from error
    if not isinstance(found, dict):
        raise Problem(422, "metadata: expected a JSON object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@router.get("/items/{item_id:path}", tags=["Items"], responses={404: {"model": ProblemShown}})
async def get_item(backend: Served, _: Reader, item_id: str) -> ItemShown:
    """Show an item."""
    return ItemShown.of(await backend.item(item_id))


@router.delete(
    "/items/{item_id:path}", status_code=204, tags=["Items"], responses={404: {"model": ProblemShown}}
)
async def delete_item(
    backend: Served,
    _: Writer,
    item_id: str,
    *,
    purge: Annotated[bool, Query(description="Erase all traces of it from the library's files.")] = False,
) -> None:
    """Remove an item."""
    if await backend.write(lambda library: library.remove([item_id], purge=purge)):
        raise Problem(404, f"The library has no item {item_id!r}.")


@router.get(
    "/pictures/{item_id:path}",
    tags=["Items"],
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": ProblemShown}},
)
async def get_picture(backend: Served, _: Reader, item_id: str) -> Response:
    """Show a small JPEG of an item; the headers X-Width and X-Height contain the size of its image."""
    with backend.lookups:
        picture = await backend.thumbnail(item_id)
    size = {"X-Width": str(picture.width), "X-Height": str(picture.height)}
    return Response(picture.jpeg, media_type="image/jpeg", headers=size)


@router.get("/stats", tags=["Library"])
async def stats(backend: Served, _: Reader) -> Stats:
    """Show statistics of the library."""
    return await backend.read(lambda library: Stats.of(library.stats(), library.count_reviews()))


@router.get("/reviews", tags=["Review"])
async def reviews(
    backend: Served, _: Reader, limit: Annotated[int, Query(ge=1, le=500, description="Matches.")] = 50
) -> Reviews:
    """List matches that await a decision."""

    def listed(library: Library) -> Reviews:
        shown = [ReviewShown.of(review) for review in library.reviews(limit)]
        return Reviews(left=library.count_reviews(), reviews=shown)

    return await backend.read(listed)


@router.get(
    "/reviews/{query_sha256}/picture",
    tags=["Review"],
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": ProblemShown}},
)
async def reviewed_picture(backend: Served, _: Reader, query_sha256: str) -> Response:
    """Show a small JPEG of a picture that was looked up."""
    jpeg = await backend.read(lambda library: library.asked_picture(query_sha256))
    if jpeg is None:
        raise Problem(404, "This picture is not in the review queue.")
    return Response(jpeg, media_type="image/jpeg")


@router.get(
    "/decisions",
    tags=["Review"],
    response_model=list[DecisionShown],
    responses={200: {"content": {"text/csv": {}}}},
)
async def decisions(
    backend: Served,
    _: Reader,
    layout: Annotated[Literal["json", "csv"], Query(alias="format", description="The format.")] = "json",
) -> Any:  # noqa: ANN401 - one of two answers
    """Export all decisions, earliest first."""
    found = await backend.read(lambda library: library.decisions())
    if layout == "json":
        return found
    text = io.StringIO()
    table = csv.DictWriter(text, list(DecisionShown.model_fields))
    table.writeheader()
    table.writerows(found)
    return Response(text.getvalue(), media_type="text/csv")


@router.post("/decisions", status_code=201, tags=["Review"], responses={404: {"model": ProblemShown}})
async def decide(backend: Served, who: Writer, decision: NewDecision) -> NewDecision:
    """Decide whether a picture is a copy of an item; the match then leaves the queue."""
    await backend.item(decision.id)
    await backend.write(
        lambda library: library.decide(decision.query_sha256, decision.id, decision.verdict, who)
    )
    return decision


@router.delete("/decisions", status_code=204, tags=["Review"])
async def undecide(
    backend: Served, _: Writer, query_sha256: str, item_id: Annotated[str, Query(alias="id")]
) -> None:
    """Withdraw a decision."""
    await backend.write(lambda library: library.undecide(query_sha256, item_id))


@router.get("/events", tags=["Library"])
async def events(
    request: Request, _: Reader, limit: Annotated[int, Query(ge=1, le=1000, description="Files.")] = 100
) -> list[EventShown]:
    """List the files of the watched folder that were looked up last, with the delivery state of their messages."""
    log: Events = request.app.state.events
    return [EventShown.model_validate(vars(event)) for event in await asyncio.to_thread(log.latest, limit)]
