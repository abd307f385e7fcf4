"""The lookup service on a library whose vectors are in Milvus."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import httpx
import pytest

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.library import Library
from copytrace.service.app import create_app
from copytrace.service.bounds import Bounds
from service_site import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A server that several processes can use."""
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    listening, database, port = start_server_in_thread(str(tmp_path / "milvus"))
    yield f"milvus://127.0.0.1:{port}/agency"
    listening.stop(grace=None)
    database.close()


@pytest.mark.needs("milvus")
def test_an_image_is_added_found_by_another_process_and_removed(server: str, tmp_path: Path) -> None:
    data = io.BytesIO()
    draw_picture(9).resize((160, 120)).save(data, "PNG")
    Library.create(tmp_path / "agency", model="gist", store=server)
    with (
        serving(create_app(tmp_path / "agency", bounds=Bounds(seconds=120), workers=1)) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        for number in (1, 2):
            where = {"id": f"{number}.png"}
            assert client.post("/v1/items", params=where, content=data.getvalue()).status_code == 201
        assert client.delete("/v1/items/1.png", params={"purge": True}).status_code == 204
        answer = client.post("/v1/lookup", content=data.getvalue())
        assert answer.status_code == 200, answer.text
    assert [(hit["id"], hit["identical"]) for hit in answer.json()["hits"]] == [("2.png", True)]
