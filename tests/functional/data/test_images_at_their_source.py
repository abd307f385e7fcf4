from __future__ import annotations

import http.server
import io
import json
import signal
import tarfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from obstore import delete, put
from obstore.store import S3Store
from PIL import Image

from copytrace.errors import SourceError
from copytrace.images import list_images, read_ahead
from copytrace.library import Library

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    """70 small pictures in two folders, all different."""
    rng = np.random.default_rng(0)
    made = {}
    for number in range(70):
        file = io.BytesIO()
        coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((48, 48)).save(file, "JPEG")
        made[f"{number % 2}/R{number:05d}.jpg"] = file.getvalue()
    return made


@pytest.fixture
def folder(pictures: dict[str, bytes], tmp_path: Path) -> Path:
    """The pictures in a folder."""
    for path, body in pictures.items():
        (tmp_path / "library" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "library" / path).write_bytes(body)
    return tmp_path / "library"


@pytest.fixture
def bucket(s3_url: str, s3_tool: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """An empty bucket; the environment contains its address and keys."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3_tool("python", "-c", "import boto3; boto3.client('s3').create_bucket(Bucket='library')")
    store = S3Store(
        "library",
        endpoint=s3_url,
        region="us-east-1",
        access_key_id="key",
        secret_access_key="secret",  # noqa: S106 - the server takes any
        client_options={"allow_http": True},
    )
    delete(store, [thing["path"] for page in store.list() for thing in page])
    return store


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serves the test's folder over HTTP, with index pages; returns its address."""
    handler = partial(_Quiet, directory=str(tmp_path))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def server(server: Any, pictures: dict[str, bytes]) -> Any:
    """The server with faults on demand, with the pictures and an index page."""
    server.files = {f"library/{path}": body for path, body in pictures.items()}
    server.pages = {"library/": "".join(f"<a href='{path}'>{path}</a>" for path in pictures)}
    return server


class _Server(http.server.ThreadingHTTPServer):
    # By default, a sixth simultaneous connection must wait.
    request_queue_size = 256


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Log nothing."""


def _shard(pictures: dict[str, bytes], mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for path, body in pictures.items():
            member = tarfile.TarInfo(path)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return file.getvalue()


def _read(source: Path | str) -> dict[str, bytes]:
    """The images of a source, read as `describe` does."""
    images = list_images(source)
    assert images.ids == sorted(images.ids)
    assert images.failures == ()
    return {image.id: image.read_bytes() for image in read_ahead(list(images))}


@pytest.mark.needs("s3")
def test_images_in_a_bucket_are_those_of_the_folder(
    copytrace: Callable[..., Run], pictures: dict[str, bytes], folder: Path, bucket: S3Store
) -> None:
    for path, body in pictures.items():
        put(bucket, f"2021/{path}", body)
    put(bucket, "2021/notes.txt", b"no picture")
    put(bucket, "2021/.hidden/a.jpg", b"no picture")
    put(bucket, "elsewhere/other.jpg", b"not asked for")
    shards = sorted(pictures)
    put(bucket, "shards/a-0.tar", _shard({path: pictures[path] for path in shards[:40]}, "w"))
    put(bucket, "shards/a-1.tar.gz", _shard({path: pictures[path] for path in shards[40:]}, "w:gz"))
    wanted = _read(folder)
    assert len(wanted) == 70
    assert _read("s3://library/2021") == wanted
    assert _read(Path("s3://library/2021")) == wanted
    assert _read("s3://library/shards") == wanted
    assert len(_read("s3://library/shards/a-{0..0}.tar")) == 40
    assert list_images("s3://library/2021")[3].name == "s3://library/2021/1/R00003.jpg"
    run = copytrace("find", "s3://library/2021/1/R00007.jpg", "s3://library/2021", "--model", "gist")
    assert run.stdout.startswith("copy of R00007 (100%): the files are identical\n"), run.stderr


@pytest.mark.needs("s3")
def test_a_bucket_that_does_not_exist_is_explained(copytrace: Callable[..., Run], bucket: S3Store) -> None:
    put(bucket, "2021/notes.txt", b"no picture")
    run = copytrace("describe", "s3://library/2021", "-o", "set.h5")
    assert run.returncode == 2
    assert "s3://library/2021: contains no image" in run.stderr
    run = copytrace("describe", "s3://no-such-bucket/2021", "-o", "set.h5")
    assert run.returncode == 2
    assert "cannot be listed: the source returned 404 Not Found" in run.stderr


def test_images_of_a_web_server_are_those_of_the_folder(
    pictures: dict[str, bytes], folder: Path, web: str, tmp_path: Path
) -> None:
    (folder / "odd names (ü)").mkdir()
    (folder / "odd names (ü)/100% #1.jpg").write_bytes(pictures["0/R00000.jpg"])
    (tmp_path / "shard.tar.gz").write_bytes(_shard(pictures, "w:gz"))
    (tmp_path / "empty").mkdir()
    wanted = _read(folder)
    assert len(wanted) == 71
    assert _read(f"{web}/library") == wanted
    assert _read(f"{web}/library/odd%20names%20(%C3%BC)/") == {"100% #1": pictures["0/R00000.jpg"]}
    assert _read(f"{web}/shard.tar.gz") == {name: wanted[name] for name in wanted if name[0] == "R"}
    for place, reason in {"empty": "contains no image", "nowhere": "404", "nowhere.tar": "404"}.items():
        with pytest.raises(SourceError, match=reason):
            list_images(f"{web}/{place}")


def test_a_killed_description_of_a_web_server_resumes(
    start: Callable[..., subprocess.Popen[str]], copytrace: Callable[..., Run], server: Any
) -> None:
    # With one worker, a chunk of 64 is written before the next one is started.
    server.hold_after = 1 + 64 + 3
    process = start("describe", f"{server.url}/library", "-o", "set.h5", "--workers", "1")
    assert server.held.wait(30)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    server.hold_after = None
    server.release.set()
    server.log.clear()
    run = copytrace("describe", f"{server.url}/library", "-o", "set.h5", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["reused"] == 64
    assert len(server.gets()) == 1 + 70 - 64


def test_an_interrupted_addition_from_a_web_server_resumes(
    start: Callable[..., subprocess.Popen[str]], copytrace: Callable[..., Run], server: Any, tmp_path: Path
) -> None:
    server.hold_after = 1 + 64 + 3
    Library.create(tmp_path / "mine", model="gist")
    add = ("library", "add", "mine", f"{server.url}/library", "--workers", "1")
    with Library.open(tmp_path / "mine") as reader:
        process = start(*add)
        while len(reader) == 0:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, "Interrupted" in said, "Traceback" in said) == (130, True, False)
        assert len(reader) == 64
    server.hold_after = None
    server.release.set()
    run = copytrace(*add)
    assert run.stdout == "mine: 6 added, 64 unchanged; 70 images in all\n"


def test_an_image_that_is_replaced_or_gone_after_it_was_listed_is_a_failure(
    copytrace: Callable[..., Run], server: Any
) -> None:
    server.answer("library/0/R00002.jpg", 412)
    server.answer("library/1/R00003.jpg", 403)
    del server.files["library/0/R00004.jpg"]
    run = copytrace("describe", f"{server.url}/library", "-o", "set.h5", "--json")
    assert run.returncode == 0
    reasons = {
        failure["name"].removeprefix(server.url): failure["reason"]
        for failure in json.loads(run.stdout)["failures"]
    }
    assert reasons == {
        "/library/0/R00002.jpg": "it was replaced at the source during the download",
        "/library/1/R00003.jpg": "the source refuses access (403 Forbidden)",
        "/library/0/R00004.jpg": "not found at the source (404)",
    }
