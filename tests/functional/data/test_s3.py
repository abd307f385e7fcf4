from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from obstore import put
from obstore.store import S3Store

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

REGIONS = ("us-west-2", "ap-southeast-1", "eu-central-1")

# Anyone may list the buckets and read their contents.
MAKE_BUCKETS = """
import json, sys, boto3
for region in sys.argv[2:]:
    s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name=region)
    s3.create_bucket(Bucket=f"isc-{region}", CreateBucketConfiguration={"LocationConstraint": region})
    arn = f"arn:aws:s3:::isc-{region}"
    grant = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"]}
    policy = {"Version": "2012-10-17", "Statement": [grant | {"Resource": [arn, f"{arn}/*"]}]}
    s3.put_object(Bucket=f"isc-{region}", Key="2021/queries/")
    s3.put_bucket_policy(Bucket=f"isc-{region}", Policy=json.dumps(policy))
"""

pytestmark = pytest.mark.needs("s3")


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"manifest.parquet", "dataset.yaml"}
    }


def _body(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)


FILES = (
    {f"queries/Q{number:05d}.jpg": _body(str(number), 1000 + number) for number in range(50)}
    | {"references/shard-0.tar": _body("shard", 9_000_000), "references/empty.txt": b""}
    | {
        name: _body(name, 500)
        for name in ("odd names/ä ü.jpg", "odd names/100%25+.jpg", "odd names/#1 (a)~.jpg")
    }
)


@pytest.fixture(scope="session")
def buckets(s3_url: str, s3_tool: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files in one bucket per region; returns the folder they come from, with its description."""
    folder = tmp_path_factory.mktemp("organiser")
    for path, body in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    mirrors = "".join(
        f"  {region}: {{url: 's3://isc-{region}/2021', endpoint: '{s3_url}'}}\n" for region in REGIONS
    )
    (folder / "dataset.yaml").write_text(
        f"name: test\nmanifest: manifest.parquet\nmirrors:\n{mirrors}"
        "splits:\n  queries: {kind: queries, phase: 2, folder: queries}\n"
        "  references: {kind: references, phase: 1, folder: references}\n"
    )
    s3_tool("python", "-c", MAKE_BUCKETS, s3_url, *REGIONS)
    for region in REGIONS:
        store = S3Store(
            f"isc-{region}",
            endpoint=s3_url,
            region=region,
            access_key_id="key",
            secret_access_key="secret",  # noqa: S106 - the server takes any
            client_options={"allow_http": True},
        )
        for path, body in FILES.items():
            put(store, f"2021/{path}", body)
    return folder


def test_copytrace_and_the_aws_cli_fetch_the_same_tree(
    copytrace: Callable[..., Run], s3_tool: Callable[..., Run], buckets: Path, tmp_path: Path
) -> None:
    copytrace("data", "manifest", buckets)
    run = copytrace(
        "data", "get", buckets / "dataset.yaml", "-o", "ours", "--region", "eu-central-1", "--json"
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["files"] == len(FILES)
    # The AWS CLI is run as `copytrace data commands` says.
    said = copytrace("data", "commands", buckets, "--region", "eu-central-1", "-o", "theirs", "--json")
    (line,) = json.loads(said.stdout)["eu-central-1"]["AWS CLI"]
    s3_tool(*line.split(), cwd=tmp_path)
    assert _tree(tmp_path / "ours") == FILES
    assert _tree(tmp_path / "theirs") == FILES
    assert copytrace("data", "verify", "ours").returncode == 0


def test_every_region_brings_the_same_tree(
    copytrace: Callable[..., Run], buckets: Path, tmp_path: Path
) -> None:
    copytrace("data", "manifest", buckets)
    for region in (*REGIONS, "auto"):
        run = copytrace("data", "get", buckets, "-o", region, "--region", region, "--json")
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)["region"] in ({region} if region != "auto" else REGIONS)
        assert _tree(tmp_path / region) == FILES


def test_the_lines_for_other_tools_are_those_of_a_phase(copytrace: Callable[..., Run], buckets: Path) -> None:
    copytrace("data", "manifest", buckets)
    run = copytrace("data", "commands", buckets, "--region", "eu-central-1", "--phase", "2", "--json")
    lines = json.loads(run.stdout)["eu-central-1"]
    source = "s3://isc-eu-central-1/2021/queries"
    assert lines["AWS CLI"][0].startswith(
        f"aws s3 cp {source}/ ./queries/ --recursive --no-sign-request --region"
    )
    assert lines["s5cmd"][0].endswith(f"cp '{source}/*' ./queries/")


@pytest.mark.usefixtures("buckets")
def test_a_bucket_without_a_manifest_is_listed(
    copytrace: Callable[..., Run], s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_url)
    run = copytrace("data", "get", "s3://isc-us-west-2/2021", "--region", "us-west-2", "-o", "ours")
    assert run.returncode == 0, run.stderr
    assert "has no manifest, so files are checked by size only" in run.stderr
    assert _tree(tmp_path / "ours") == FILES
    run = copytrace("data", "get", "s3://isc-us-west-2/nothing", "--region", "us-west-2", "-o", "ours")
    assert run.returncode == 2
    assert "isc-us-west-2/nothing: is empty" in run.stderr


def test_a_phase_brings_only_its_own_files(
    copytrace: Callable[..., Run], buckets: Path, tmp_path: Path
) -> None:
    copytrace("data", "manifest", buckets)
    run = copytrace("data", "get", buckets, "-o", "ours", "--phase", "2", "--region", "ap-southeast-1")
    assert run.returncode == 0, run.stderr
    assert _tree(tmp_path / "ours") == {
        path: body for path, body in FILES.items() if path.startswith("queries/")
    }


def test_requests_are_signed_with_the_keys_of_the_profile_if_asked_for(
    copytrace: Callable[..., Run], server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(
        "[team7]\naws_access_key_id = AKIATEAM7\naws_secret_access_key = not-a-secret\n"
    )
    body = b"a picture"
    server.files = {"bucket/2021/queries/Q1.jpg": body}
    (tmp_path / "set.csv").write_text(
        f"id,path,bytes,sha256,split\nQ1,queries/Q1.jpg,{len(body)},{hashlib.sha256(body).hexdigest()},queries\n"
    )
    (tmp_path / "set.yaml").write_text(
        f"manifest: set.csv\nmirrors: {{eu-central-1: {{url: 's3://bucket/2021', endpoint: '{server.url}'}}}}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "team7")
    for option, signed in (("--no-sign", False), ("--sign", True)):
        server.log.clear()
        run = copytrace("data", "get", "set.yaml", "-o", option.strip("-"), option)
        assert run.returncode == 0, run.stderr
        (asked,) = server.gets()
        assert ("Credential=AKIATEAM7/" in (asked.authorization or "")) == signed
        assert "/eu-central-1/s3/aws4_request" in (asked.authorization or "/eu-central-1/s3/aws4_request")
