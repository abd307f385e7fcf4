"""The lookup service over real HTTP, and its pages in a real browser."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
import re
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.engines.limited import OvertimeError
from copytrace.images import Thumbnail
from copytrace.library import Library
from copytrace.service.app import create_app
from copytrace.service.bounds import Bounds
from copytrace.service.problems import add_handlers
from copytrace.service.watch import Watch
from copytrace.service.webhooks import Webhook
from service_site import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hosting_browser import Person


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()


CROP = (40, 30, 240, 200)
COPY = _jpeg(draw_picture(3).crop(CROP))
SECRET = b"a secret of the receiver's too"
BOUNDS = Bounds(body=200_000, pixels=1_000_000)


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of four drawn pictures; 3.png has a credit and the manifest m3."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "photos").mkdir()
    for seed in range(1, 5):
        draw_picture(seed).save(folder / "photos" / f"{seed}.png")
    Library.create(folder / "agency")
    with Library.open(folder / "agency") as library:
        credit = {"credit": "Ada", "c2pa_manifest_id": "urn:c2pa:m3"}
        library.add(folder / "photos", metadata={"3.png": credit}, workers=1)
    return folder / "agency"


class Receiver(BaseHTTPRequestHandler):
    """Rejects the first message, and stores all."""

    messages: ClassVar[list[tuple[Any, bytes]]] = []

    def do_POST(self) -> None:
        self.messages.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(500 if len(self.messages) == 1 else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def inbox(agency: Path) -> Path:
    """The folder that the service watches."""
    folder = agency.parent / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def service(agency: Path, inbox: Path, receiver: str) -> Iterator[FastAPI]:
    manifests = agency.parent / "manifests"
    manifests.mkdir()
    (manifests / "urn%3Ac2pa%3Am3.c2pa").write_bytes(b"a manifest store")
    watch = Watch(inbox, Webhook(receiver, SECRET), every=0.3)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("copytrace.service.watch.RETRIES", (0.1,))
        patched.setattr("copytrace.service.backend.PATIENCE", 0.2)
        yield create_app(agency, bounds=BOUNDS, watch=watch, manifests=manifests)


@pytest.fixture(scope="module")
def address(service: FastAPI) -> Iterator[str]:
    with serving(service) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


def test_a_copy_is_found_with_its_probability_positions_and_metadata(client: httpx.Client) -> None:
    found = client.post("/v1/lookup", params={"name": "crop.jpg", "k": 2}, content=COPY).json()
    assert (found["query"], found["query_size"]) == ("crop.jpg", [200, 170])
    assert found["query_sha256"] == hashlib.sha256(COPY).hexdigest()
    copy, other = found["hits"]
    assert (copy["id"], copy["verdict"], copy["metadata"]["credit"]) == ("3.png", "copy", "Ada")
    assert copy["probability"] > 0.9
    assert other["probability"] < 0.1
    left, top, right, bottom = CROP
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    for point, corner in zip(copy["reference_quad"], corners, strict=True):
        assert point == pytest.approx(corner, abs=3)


def test_a_vector_is_looked_up_without_a_picture(agency: Path, client: httpx.Client) -> None:
    with Library.open(agency) as library:
        described = library.describe(COPY)
    body = {"vector": described.vector.tolist(), "bias": described.bias}
    found = client.post("/v1/lookup", json=body).json()
    assert (found["verified"], found["hits"][0]["verdict"]) == (False, None)
    assert len(found["hits"]) == 4


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (b"", "image/jpeg", 422, "picture: the file is empty"),
        (b"hello", "image/jpeg", 422, "not an image"),
        (COPY[:500], "image/jpeg", 422, "picture: "),
        (_jpeg(Image.new("RGB", (1500, 1000))), "image/jpeg", 422, "1.5 megapixels declared; the limit is 1"),
        (bytes(200_001), "image/jpeg", 413, "larger than 200,000 bytes"),
        (b"{", "application/json", 422, "body: "),
        (b'{"vector": [1, 2]}', "application/json", 422, "vector: expected 255 finite numbers"),
        (b'{"vector": [1], "signal": "x"}', "application/json", 422, "either a vector or a signal"),
        (b'{"signal": "x"}', "application/json", 422, "'x' is not a signal"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_in_a_sentence(
    client: httpx.Client, content: bytes, kind: str, status: int, detail: str
) -> None:
    answer = client.post("/v1/lookup", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert detail in answer.json()["detail"]


def test_a_body_of_unknown_length_is_cut_off(client: httpx.Client) -> None:
    answer = client.post("/v1/lookup", content=iter([bytes(150_000), bytes(150_000)]))
    assert answer.status_code == 413


def test_an_item_is_added_found_shown_and_removed(client: httpx.Client) -> None:
    data = _jpeg(draw_picture(9))
    where = {"id": "new/9.jpg", "metadata": '{"credit": "Grace"}'}
    added = client.post("/v1/items", params=where, content=data)
    assert (added.status_code, added.json()["metadata"]) == (201, {"credit": "Grace"})
    assert client.post("/v1/items", params=where, content=data).status_code == 200
    assert client.post("/v1/items", params=where, content=COPY).status_code == 409
    assert client.get("/v1/items/new/9.jpg").json() == added.json()
    assert client.post("/v1/lookup", content=data).json()["hits"][0]["identical"] is True
    picture = client.get("/v1/pictures/new/9.jpg")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert (int(picture.headers["X-Width"]), int(picture.headers["X-Height"])) == draw_picture(9).size
    assert client.delete("/v1/items/new/9.jpg", params={"purge": True}).status_code == 204
    for answer in (client.delete("/v1/items/new/9.jpg"), client.get("/v1/pictures/new/9.jpg")):
        assert (answer.status_code, "no item 'new/9.jpg'" in answer.json()["detail"]) == (404, True)
    for wrong in (
        {"id": "a", "metadata": "[]"},
        {"id": "a", "metadata": '{"a": NaN}'},
        {"id": "a\0"},
        {"id": ""},
    ):
        assert client.post("/v1/items", params=wrong, content=data).status_code == 422


def test_a_request_that_takes_too_long_is_not_called_unreadable() -> None:
    app = FastAPI()
    add_handlers(app)

    @app.get("/slow")
    def slow() -> None:
        raise OvertimeError("took longer than 90 seconds")

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as asking:
            return await asking.get("/slow")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["detail"].startswith(
        "The request took longer than 90 seconds. The machine may be busy"
    )


def test_lookups_continue_while_another_process_changes_the_library(
    agency: Path, client: httpx.Client
) -> None:
    with Library.open(agency) as library, library._changing():
        refused = client.delete("/v1/items/3.png")
        assert client.post("/v1/lookup", content=COPY).status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert client.get("/v1/items/3.png").status_code == 200


def test_a_running_service_answers_with_the_model_of_an_upgrade(agency: Path, client: httpx.Client) -> None:
    before = client.post("/v1/describe", content=COPY).json()
    with Library.open(agency) as library:
        library.upgrade(quality="fast", workers=1)
    try:
        assert client.get("/v1/stats").json()["quality"] == "fast"
        fast = client.post("/v1/describe", content=COPY).json()
        assert fast["vector"] != before["vector"]
        found = client.post("/v1/lookup", json={"vector": fast["vector"], "bias": fast["bias"]}).json()
        assert found["hits"][0]["id"] == "3.png"
        assert client.post("/v1/lookup", content=COPY).json()["hits"][0]["verdict"] == "copy"
    finally:
        with Library.open(agency) as library:
            library.upgrade(quality="default", workers=1)
    assert client.post("/v1/describe", content=COPY).json() == before


def test_more_lookups_than_there_is_room_for_are_told_to_come_back(
    service: FastAPI, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.state.backend.lookups, "_room", 0)
    refused = client.post("/v1/lookup", content=COPY)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


def test_a_picture_finds_its_content_credentials_again(client: httpx.Client) -> None:
    base = "/c2pa"
    algorithms = client.get(f"{base}/services/supportedAlgorithms").json()
    alg = algorithms["fingerprints"][0]["alg"]
    found = client.post(f"{base}/matches/byContent", params={"alg": alg}, content=COPY).json()["matches"]
    assert [match["manifestId"] for match in found] == ["urn:c2pa:m3"]
    assert found[0]["similarityScore"] >= 90

    whole = _jpeg(draw_picture(3))
    model, _, value = client.post("/v1/describe", content=whole).json()["signal"].partition(":")
    assert alg == f"copytrace.{model}"
    binding = {"alg": alg, "value": value}
    answers = [
        client.get(f"{base}/matches/byBinding", params=binding),
        client.post(f"{base}/matches/byBinding", json=binding),
    ]
    assert [answer.json()["matches"][0]["manifestId"] for answer in answers] == ["urn:c2pa:m3"] * 2
    assert client.post("/v1/lookup", json={"signal": f"{model}:{value}"}).json()["hits"][0]["id"] == "3.png"

    manifest = client.get(f"{base}/manifests/{found[0]['manifestId']}")
    assert (manifest.headers["Content-Type"], manifest.content) == ("application/c2pa", b"a manifest store")
    for missing in ("urn:c2pa:none", "..%2Fmanifests%2Furn:c2pa:m3", "x" * 300):
        assert client.get(f"{base}/manifests/{missing}").status_code == 404
    assert client.get(f"{base}/matches/byBinding", params=binding | {"alg": "other"}).status_code == 400
    assert client.get(f"{base}/matches/byBinding", params=binding | {"value": "?"}).status_code == 422


def test_health_figures_and_description_are_told(client: httpx.Client) -> None:
    assert client.get("/livez").json() == client.get("/readyz").json() == {"status": "ok"}
    assert client.get("/v1/stats").json()["items"] == 4
    client.get("/nowhere")
    figures = client.get("/metrics").text
    assert re.search(
        r'^copytrace_requests_total\{method="GET",route="/livez",status="200"\} \d', figures, re.MULTILINE
    )
    assert 'route="none",status="404"' in figures
    assert "\ncopytrace_items 4\n" in figures
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/lookup", "/v1/items", "/v1/items/{item_id}", "/v1/stats", "/livez"} <= set(paths)


@pytest.mark.parametrize(
    "headers", [{"Host": "rebound.example"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]
)
def test_pages_of_other_sites_cannot_use_a_service_without_tokens(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    assert client.delete("/v1/items/3.png", headers=headers).status_code == 403


def test_tokens_have_scopes_and_can_be_revoked(
    agency: Path, tmp_path: Path, copytrace: Callable[..., Any]
) -> None:
    def issue(*options: str) -> dict[str, str]:
        run = copytrace("library", "token", "tokens.json", *options, "--json")
        return {"Authorization": f"Bearer {json.loads(run.stdout)['token']}"}

    reader, writer = issue("--name", "reader"), issue("--name", "writer", "--write", "--days", "9")
    held = (tmp_path / "tokens.json").read_text()
    assert all(each["Authorization"].split()[1] not in held for each in (reader, writer))
    again = copytrace("library", "token", "tokens.json", "--name", "reader")
    assert (again.returncode, "already has a token 'reader'" in again.stderr) == (2, True)
    with (
        serving(create_app(agency, tokens=tmp_path / "tokens.json", workers=1)) as address,
        httpx.Client(base_url=address) as client,
    ):
        assert client.get("/livez").status_code == client.get("/").status_code == 200
        nobody = client.get("/v1/stats")
        assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, 'Bearer realm="copytrace"')
        assert client.get("/v1/stats", headers=reader).status_code == 200
        assert client.get("/v1/stats", headers=reader | {"Host": "library.example"}).status_code == 200
        refused = client.delete("/v1/items/none", headers=reader)
        assert (refused.status_code, "scope 'write'" in refused.json()["detail"]) == (403, True)
        assert client.delete("/v1/items/none", headers=writer).status_code == 404
        copytrace("library", "token", "tokens.json", "--revoke", "reader")
        assert client.get("/v1/stats", headers=reader).status_code == 401
        sound = (tmp_path / "tokens.json").read_text()
        expired = re.sub(r'"expires_at": ".*?"', '"expires_at": "2020-01-01T00:00:00Z"', sound)
        for content, status in ((expired, 401), ("{", 503), (sound, 200)):
            (tmp_path / "tokens.json").write_text(content)
            assert client.get("/v1/stats", headers=writer).status_code == status
    listed = copytrace("library", "token", "tokens.json").stdout
    assert re.fullmatch(r"writer: read, write, until \d{4}-\d\d-\d\d\n", listed)


def test_what_arrives_in_a_folder_is_looked_up_and_told_by_signed_messages(
    client: httpx.Client, inbox: Path
) -> None:
    (inbox / "crop.jpg").write_bytes(COPY)
    (inbox / "torn.jpg").write_bytes(COPY[:500])
    told = _until(
        lambda: {
            Path(event["path"]).name: event
            for event in client.get("/v1/events").json()
            if event["state"] == "delivered"
        },
        2,
    )
    assert told["crop.jpg"]["outcome"] == "likely copies: 1"
    assert told["torn.jpg"]["outcome"].startswith("failed: ")
    assert sorted(event["attempts"] for event in told.values()) == [1, 2]
    for headers, body in Receiver.messages:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    messages = [json.loads(body) for _, body in Receiver.messages]
    found = next(each for each in messages if each["type"] == "lookup.completed")
    assert (found["data"]["path"], found["data"]["hits"][0]["id"]) == (str(inbox / "crop.jpg"), "3.png")
    assert "lookup.failed" in {each["type"] for each in messages}


def _until(look: Callable[[], Any], size: int) -> Any:
    """The visible elements, once there are this many."""
    deadline = time.monotonic() + 60
    while len(seen := look()) < size:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "Without tokens, anyone"),  # noqa: S104 - it is refused
        (("--tokens", "none.json"), "none.json: No such file"),
        (("--watch", "none"), "none: no such folder"),
        (("--webhook", "http://localhost"), "--webhook needs a folder to watch"),
        (("--watch", ".", "--webhook", "ftp://localhost"), "'ftp://localhost' is not a web address"),
        (("--watch", ".", "--webhook", "http://localhost"), "Add --webhook-secret"),
        (
            ("--watch", ".", "--webhook", "http://localhost", "--webhook-secret", "none"),
            "none: No such file or directory. Create one: echo whsec_",
        ),
        (("--host", "192.0.2.1", "--tokens", "none.json"), "Cannot listen on 192.0.2.1"),
    ],
)
def test_a_service_that_cannot_start_says_why(
    agency: Path, copytrace: Callable[..., Any], options: tuple[str, ...], said: str
) -> None:
    run = copytrace("library", "serve", agency, "--port", "0", *options)
    assert (run.returncode, said in run.stderr) == (2, True), run.stderr


def test_a_damaged_library_is_not_served(agency: Path, tmp_path: Path, copytrace: Callable[..., Any]) -> None:
    shutil.copytree(agency, tmp_path / "damaged")
    with closing(sqlite3.connect(tmp_path / "damaged" / "catalogue.sqlite")) as database, database:
        database.execute("INSERT INTO segment VALUES (7, 1, '')")
    run = copytrace("library", "serve", "damaged", "--port", "0", "--workers", "1")
    assert (run.returncode, "Traceback" in run.stderr) == (1, False)
    assert "Repair the library: copytrace library check" in run.stderr


@pytest.fixture
def asked(agency: Path, client: httpx.Client) -> str:
    """A crop whose match with 3.png awaits a decision, as if it were uncertain; its digest."""
    found = client.post("/v1/lookup", params={"name": "crop.jpg"}, content=COPY).json()
    hit = found["hits"][0] | {"verdict": "probable", "probability": 0.7, "decision": None}
    with Library.open(agency) as library:
        digest = str(found["query_sha256"])
        library.undecide(digest, "3.png")
        library.ask_about(digest, "crop.jpg", Thumbnail(COPY, *found["query_size"]), {"3.png": hit})
    return digest


def test_a_decision_is_remembered_exported_and_undone(
    agency: Path, client: httpx.Client, asked: str, tmp_path: Path, copytrace: Callable[..., Any]
) -> None:
    reviews = client.get("/v1/reviews").json()
    assert (reviews["left"], reviews["reviews"][0]["hit"]["id"]) == (1, "3.png")
    assert client.get(f"/v1/reviews/{asked}/picture").content == COPY
    decision = {"query_sha256": asked, "id": "3.png", "verdict": "no_copy"}
    assert client.post("/v1/decisions", json=decision).status_code == 201
    assert client.post("/v1/decisions", json=decision | {"id": "none"}).status_code == 404
    assert client.post("/v1/decisions", json=decision | {"verdict": "maybe"}).status_code == 422
    assert client.get("/v1/reviews").json() == {"left": 0, "reviews": []}
    assert client.post("/v1/lookup", content=COPY).json()["hits"][0]["decision"] == "no_copy"
    assert client.get("/v1/decisions").json()[0] | decision == client.get("/v1/decisions").json()[0]
    table = client.get("/v1/decisions", params={"format": "csv"}).text.splitlines()
    assert table[0] == "query_sha256,id,verdict,decided_by,decided_at"
    assert table[1].startswith(f"{asked},3.png,no_copy,,")

    run = copytrace("library", "decisions", agency, "-o", "decisions.csv", "--negatives", "negatives")
    assert run.stdout.endswith("agency: 1 decisions; 1 images that are not copies\n"), run.stderr
    assert (tmp_path / "decisions.csv").read_text().splitlines() == table
    assert (tmp_path / "negatives" / f"{asked}.jpg").read_bytes() == COPY

    where = {"query_sha256": asked, "id": "3.png"}
    assert client.delete("/v1/decisions", params=where).status_code == 204
    assert client.get("/v1/reviews").json()["left"] == 1


@pytest.mark.needs("browser")
def test_a_person_looks_up_a_picture_and_reviews_a_match(
    address: str, asked: str, browser: Any, tmp_path: Path, client: httpx.Client
) -> None:
    from hosting_browser import ALL, DESKTOP, PHONE, Person

    (tmp_path / "crop.jpg").write_bytes(COPY)
    for size in (DESKTOP, PHONE):
        person = Person(browser, address, size)
        _looks_up(person, tmp_path / "crop.jpg")
        _reviews(person, client, asked)
        person.visit("/try")
        person.page.get_by_text("/v1/stats").click()
        person.find("Send", "button").locator("visible=true").click()
        person.sees('"items": 4')
        assert person.faults(ALL) + person.overflow() + person.complaints == []


def _looks_up(person: Person, picture: Path) -> None:
    from playwright.sync_api import expect

    from hosting_browser import ALL

    elsewhere: list[str] = []
    person.page.on("request", lambda request: elsewhere.append(request.url))
    person.visit("/")
    assert person.faults(ALL) + person.overflow() == []
    person.page.locator("#file").set_input_files(__file__)
    person.sees("test_service.py: not an image")
    expect(person.page.locator("#preview")).to_be_hidden()
    assert person.faults(ALL) + person.overflow() == []
    person.page.locator("#file").set_input_files(picture)
    expect(person.page.locator("#hits").get_by_role("option", selected=True)).to_contain_text("3.png")
    expect(person.page.locator("#finding")).to_have_text("Copy")
    expect(person.page.locator("#overlay")).to_be_visible()
    person.sees("Ada")
    person.photograph(f"service-lookup-{person.page.viewport_size['width']}")  # type: ignore[index]
    assert person.faults(ALL) + person.overflow() + person.complaints == []
    assert {url.split("/")[2] for url in elsewhere if url.startswith("http")} == {
        person.address.split("/")[2]
    }


def _reviews(person: Person, client: httpx.Client, asked: str) -> None:
    from playwright.sync_api import expect

    from hosting_browser import ALL

    person.visit("/review")
    count, nothing = person.page.locator("#count"), person.page.locator("#nothing")
    expect(count).to_have_text("1 match to decide")
    expect(person.page.locator("#finding")).to_have_text("Probably a copy")
    expect(person.page.locator("#overlay")).to_be_visible()
    person.photograph(f"service-review-{person.page.viewport_size['width']}")  # type: ignore[index]
    assert person.faults(ALL) + person.overflow() + person.complaints == []
    person.page.keyboard.press("2")
    expect(nothing).to_be_visible()
    assert client.get("/v1/decisions").json()[0]["query_sha256"] == asked
    person.page.keyboard.press("u")
    expect(count).to_have_text("1 match to decide")
    assert client.get("/v1/decisions").json() == []
