from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

MB = 1_000_000


def _body(name: str, size: int) -> bytes:
    """Bytes that are unique to a name."""
    return hashlib.shake_128(name.encode()).digest(size)


def _small(count: int, size: int = 2000) -> dict[str, bytes]:
    return {f"queries/Q{number:05d}.jpg": _body(str(number), size) for number in range(count)}


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """The files in the folder of the download, without its manifest."""

    def read() -> dict[str, bytes]:
        folder = tmp_path / "out"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "manifest.parquet"
        }

    return read


@pytest.fixture
def get(
    copytrace: Callable[..., Run], server: Any, manifest_for: Callable[..., Path]
) -> Callable[..., tuple[Run, dict[str, Any]]]:
    """Downloads the files that a manifest lists; returns the run and its JSON."""

    def run(files: dict[str, bytes], *options: object) -> tuple[Run, dict[str, Any]]:
        done = copytrace("data", "get", manifest_for(files, server.url), "-o", "out", "--json", *options)
        assert "Traceback" not in done.stderr
        return done, json.loads(done.stdout) if done.stdout else {}

    return run


def test_a_file_of_100_mb_cut_at_60_mb_resumes_by_range_if_unchanged(
    get: Any, server: Any, tree: Any
) -> None:
    files = {"references/shard.tar": _body("shard", 100 * MB)}
    server.files = files
    server.cut("references/shard.tar", 60 * MB)
    run, done = get(files)
    assert run.returncode == 0, run.stderr
    assert done["failures"] == []
    assert tree() == files
    asked = server.gets("references/shard.tar")
    # Parts are 4 MiB; the interrupted part is requested again, from the first missing byte.
    ranges = [tuple(map(int, request.range.removeprefix("bytes=").split("-"))) for request in asked]
    starts = sorted(first for first, _ in ranges if first % (4 << 20))
    assert len(starts) == 1
    assert 14 * (4 << 20) < starts[0] <= 60 * MB
    assert len(asked) == 24 + 1
    etag = f'"{hashlib.md5(files["references/shard.tar"], usedforsecurity=False).hexdigest()}"'
    assert [request.if_match for request in asked] == [None] + [etag] * 24
    assert server.sent["references/shard.tar"] < 101 * MB + (1 << 20)


def test_a_server_without_ranges_is_asked_for_the_whole_file(get: Any, server: Any, tree: Any) -> None:
    files = {"references/shard.tar": _body("shard", 9 * MB)}
    server.files = files
    server.ranges = False
    server.cut("references/shard.tar", 5 * MB)
    run, _ = get(files)
    assert run.returncode == 0, run.stderr
    assert tree() == files


def test_a_server_that_sends_less_than_a_range_makes_no_broken_file(get: Any, server: Any, tree: Any) -> None:
    files = {"references/shard.tar": _body("shard", 20 * MB)}
    server.files = files
    server.short("references/shard.tar", 10 * MB)
    run, done = get(files)
    assert run.returncode == 1
    assert done["failures"][0]["reason"] == "the source sent a different range than requested"
    assert "references/shard.tar" not in tree()
    run, _ = get(files)
    assert run.returncode == 0, run.stderr
    assert {path: body for path, body in tree().items() if "parts" not in path} == files


def test_small_files_that_are_cut_are_fetched_again(get: Any, server: Any, tree: Any) -> None:
    files = _small(20)
    server.files = files
    for path in list(files)[:5]:
        server.cut(path, 1000)
    run, _ = get(files)
    assert run.returncode == 0, run.stderr
    assert tree() == files
    assert [len(server.gets(path)) for path in files] == [2] * 5 + [1] * 15


def test_files_that_cannot_be_fetched_are_listed_with_reasons(
    get: Any, server: Any, tree: Any, tmp_path: Path
) -> None:
    files = _small(12) | {"references/shard.tar": _body("shard", 9 * MB)}
    paths = list(files)
    server.files = dict(files)
    server.answer(paths[0], 403, times=9)
    del server.files[paths[1]]
    server.files[paths[2]] = files[paths[2]][:1500]
    server.files[paths[3]] = _body("something else", 2000)
    server.files["references/shard.tar"] = _body("another shard", 9 * MB)
    server.answer(paths[4], 400, times=9)
    run, done = get(files, "--failures", "failed.csv", "--tries", "1")
    assert run.returncode == 1
    reasons = {failure["name"]: failure["reason"] for failure in done["failures"]}
    assert reasons.keys() == {*paths[:5], "references/shard.tar"}
    assert reasons[paths[0]] == "the source refuses access (403 Forbidden)"
    assert reasons[paths[1]] == "not found at the source (404)"
    assert reasons[paths[2]] == "has 1,500 bytes at the source, the manifest says 2,000"
    assert reasons[paths[3]].startswith("its SHA-256 at the source is ")
    assert reasons[paths[4]] == "the source returned 400 Bad Request"
    assert reasons["references/shard.tar"].startswith("its SHA-256 at the source is ")
    rows = list(csv.DictReader((tmp_path / "failed.csv").read_text().splitlines()))
    assert {row["file"]: row["reason"] for row in rows} == reasons
    # No incomplete file has a final name, and nothing remains of rejected files.
    whole = {path: body for path, body in files.items() if path not in reasons}
    assert {path: body for path, body in tree().items() if "copytrace-parts" not in path} == whole

    server.files = files
    server.faults.clear()
    server.log.clear()
    run, done = get(files)
    assert run.returncode == 0, run.stderr
    assert {request.path for request in server.gets()} == reasons.keys()
    assert (done["files"], done["whole"]) == (6, 7)
    assert tree() == files


def test_a_transfer_with_a_wrong_checksum_is_repeated(get: Any, server: Any, tree: Any) -> None:
    files = _small(3)
    path = "queries/Q00001.jpg"
    server.files = files
    server.garble(path)
    run, _ = get(files)
    assert run.returncode == 0, run.stderr
    assert tree() == files


def test_requests_pause_for_as_long_as_a_busy_server_asks(get: Any, server: Any, tree: Any) -> None:
    files = _small(30)
    server.files = files
    busy = "queries/Q00003.jpg"
    server.answer(busy, 503, times=2, Retry_After="2")
    run, _ = get(files)
    assert run.returncode == 0, run.stderr
    assert tree() == files
    first, *_, last = server.gets(busy)
    assert last.time - first.time >= 2
    # A single request for the headers answers all who wait.
    assert len([request for request in server.log if request.method == "HEAD"]) <= 2


def test_a_source_that_no_longer_exists_is_not_asked_for_each_of_its_files(
    copytrace: Callable[..., Run], servers: Callable[[], Any], manifest_for: Callable[..., Path]
) -> None:
    gone = servers()
    url = gone.url
    gone.shutdown()
    gone.server_close()
    run = copytrace("data", "get", manifest_for(_small(500), url), "-o", "out", "--tries", "1", "--json")
    done = json.loads(run.stdout)
    assert run.returncode == 1
    assert "The source stopped answering" in run.stderr
    assert len(done["failures"]) + done["untried"] == 500
    assert done["untried"] >= 400
    assert done["failures"][0]["reason"] == "no connection (connection refused)"


def test_a_second_run_fetches_only_what_is_missing_truncated_or_altered(
    get: Any, server: Any, tree: Any, tmp_path: Path
) -> None:
    files = _small(20)
    paths = list(files)
    server.files = files
    get(files)
    (tmp_path / "out" / paths[0]).unlink()
    (tmp_path / "out" / paths[1]).write_bytes(files[paths[1]][:100])
    (tmp_path / "out" / paths[2]).write_bytes(b"!" + files[paths[2]][1:])
    (tmp_path / "out" / paths[3]).touch()
    server.log.clear()
    _, done = get(files)
    assert sorted(request.path for request in server.gets()) == paths[:3]
    assert (done["files"], done["whole"]) == (3, 17)
    assert tree() == files
    server.log.clear()
    _, done = get(files)
    assert server.gets() == []
    assert done["whole"] == 20


def test_a_dry_run_fetches_nothing_and_makes_nothing(get: Any, server: Any, tmp_path: Path) -> None:
    files = _small(20)
    server.files = files
    run, plan = get(files, "--dry-run")
    assert run.returncode == 0, run.stderr
    assert (plan["files"], plan["bytes"]) == (20, 40_000)
    assert server.gets() == []
    assert not (tmp_path / "out").exists()


def test_a_file_replaced_at_the_source_between_two_runs_is_fetched_from_its_start(
    get: Any, server: Any, tree: Any
) -> None:
    path = "references/shard.tar"
    old, new = _body("old", 9 * MB), _body("new", 9 * MB)
    server.files = {path: old}
    # The second part cannot be downloaded, so the first is kept for a later run.
    server.cut(path, 5 * MB, times=9)
    run, _ = get({path: old}, "--tries", "1")
    assert run.returncode == 1
    server.faults.clear()
    server.log.clear()
    server.files = {path: new}
    run, _ = get({path: new})
    assert run.returncode == 0, run.stderr
    assert tree() == {path: new}
    assert server.gets(path)[0].range == "bytes=0-4194303"


def test_the_mirror_that_answers_fastest_is_taken(
    copytrace: Callable[..., Run], servers: Callable[[], Any], manifest_for: Callable[..., Path]
) -> None:
    files = _small(5)
    slow, quick, gone = servers(), servers(), servers()
    slow.files = quick.files = files
    slow.delay = 0.25
    gone.shutdown()
    gone.server_close()
    description = manifest_for(files, slow.url, gone.url, quick.url)
    run = copytrace("data", "get", description, "-o", "out", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["region"] == "mirror-2"
    assert "Region mirror-2 responds fastest" in run.stderr
    assert "mirror-1 no answer" in run.stderr
    run = copytrace("data", "get", description, "-o", "other", "--region", "mirror-0", "--json")
    assert json.loads(run.stdout)["region"] == "mirror-0"
    assert len(slow.gets()) == len(quick.gets()) == 5
    run = copytrace("data", "get", description, "-o", "other", "--region", "mars")
    assert run.returncode == 2
    assert "has no mirror 'mars'. Its mirrors: mirror-0, mirror-1, mirror-2." in run.stderr


REFUSALS = {
    "without keys": (
        {},
        "It may not exist, or may not be public. If you have access to it, run aws configure, then add --sign",
    ),
    "with keys": (
        {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "key"},
        "It may not be public. Sign the requests with your AWS credentials: --sign",
    ),
    "signed": (
        {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "key"},
        "Your AWS credentials do not give access. Ask the bucket's owner, or read a public bucket: --no-sign",
    ),
}


@pytest.fixture
def bucket(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An S3 bucket on the faulty server, for a user without AWS credentials."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return server


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_bucket_is_reported_with_a_remedy(
    copytrace: Callable[..., Run], bucket: Any, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    keys, advice = REFUSALS[case]
    bucket.answer("bucket/manifest.csv", 403, times=9)
    for name, value in keys.items():
        monkeypatch.setenv(name, value)

    run = copytrace("data", "get", "s3://bucket/manifest.csv", "-o", "out", *["--sign"] * (case == "signed"))

    assert run.returncode == 2
    said = " ".join(run.stderr.split())
    assert said.endswith(f"s3://bucket/manifest.csv: the source refuses access (403 Forbidden). {advice}")


def test_a_bucket_that_may_not_be_listed_is_reported_with_a_remedy(
    copytrace: Callable[..., Run], bucket: Any
) -> None:
    bucket.answer("bucket?list-type=2&prefix=photos%2F", 403, times=9)

    run = copytrace("data", "get", "s3://bucket/photos", "-o", "out")

    assert run.returncode == 2
    assert " ".join(run.stderr.split()).endswith(f"(403 Forbidden). {REFUSALS['without keys'][1]}")


def test_refused_files_of_a_bucket_are_reported_with_a_remedy(
    copytrace: Callable[..., Run], bucket: Any, manifest_for: Callable[..., Path]
) -> None:
    bucket.answer("bucket/a.jpg", 403, times=9)

    run = copytrace("data", "get", manifest_for({"a.jpg": b"image"}, "s3://bucket"), "-o", "out")

    assert run.returncode == 1
    assert f"s3://bucket: {REFUSALS['without keys'][1]}" in " ".join(run.stderr.split())


def test_a_refusal_of_a_web_server_says_nothing_of_aws(copytrace: Callable[..., Run], server: Any) -> None:
    server.answer("manifest.csv", 403, times=9)

    run = copytrace("data", "get", f"{server.url}/manifest.csv", "-o", "out")

    assert run.returncode == 2
    assert " ".join(run.stderr.split()).endswith("the source refuses access (403 Forbidden).")
