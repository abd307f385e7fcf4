"""The usual AWS credentials: the environment's, or those of a profile in the shared files.

The library that talks to S3 knows the environment and the roles of AWS machines, but not the files that
`aws configure` writes; these are read here.
"""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from copytrace.errors import InputError

_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}


def profile_credentials() -> dict[str, str]:
    """The keys of the profile AWS_PROFILE (or `default`); empty where the environment or a role has to do.

    Raises:
        InputError: AWS_PROFILE names a profile without keys, or the file is damaged.
    """
    if "AWS_ACCESS_KEY_ID" in os.environ and "AWS_PROFILE" not in os.environ:
        return {}
    asked = os.environ.get("AWS_PROFILE")
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")).expanduser()
    profiles = configparser.ConfigParser(interpolation=None)
    try:
        profiles.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as AWS credentials ({error}).") from error
    name = asked or "default"
    if profiles.has_section(name):
        found = {ours: profiles[name][theirs] for theirs, ours in _KEYS.items() if theirs in profiles[name]}
        if {"access_key_id", "secret_access_key"} <= found.keys():
            return found
    if asked is None:
        return {}
    raise InputError(
        f"{path}: holds no keys for the profile '{asked}' (AWS_PROFILE). Add them with: aws configure "
        f'--profile {asked}; for a single sign-on: eval "$(aws configure export-credentials --format env)"'
    )


def has_credentials() -> bool:
    """Whether the environment or a profile holds AWS credentials."""
    try:
        return "AWS_ACCESS_KEY_ID" in os.environ or bool(profile_credentials())
    except InputError:
        return False
