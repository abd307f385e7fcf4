from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import InputError
from copytrace.stores.store import profile_credentials

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = a%b\n"
        "[team7]\naws_access_key_id = AKIATEAM7\naws_secret_access_key = c\naws_session_token = d\n"
        "[sso]\nsso_session = work\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    return path


def test_the_default_profile_is_taken() -> None:
    assert profile_credentials() == {"access_key_id": "AKIADEFAULT", "secret_access_key": "a%b"}


def test_a_profile_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "team7")
    assert profile_credentials() == {
        "access_key_id": "AKIATEAM7",
        "secret_access_key": "c",
        "session_token": "d",
    }


def test_keys_of_the_environment_need_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    assert profile_credentials() == {}


@pytest.mark.parametrize("profile", ["sso", "nobody"])
def test_a_profile_without_keys_is_explained(monkeypatch: pytest.MonkeyPatch, profile: str) -> None:
    monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(InputError, match=f"contains no keys for the profile '{profile}'.*aws configure"):
        profile_credentials()


def test_a_damaged_file_is_explained(credentials: Path) -> None:
    credentials.write_text("no section = 1\n")
    with pytest.raises(InputError, match="cannot be read as AWS credentials"):
        profile_credentials()


def test_without_a_file_there_are_no_profile_credentials(credentials: Path) -> None:
    credentials.unlink()
    assert profile_credentials() == {}
