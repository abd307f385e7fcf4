"""Opens an address as a store of objects, without network access before the first request."""

from __future__ import annotations

import configparser
import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from copytrace.errors import InputError
from copytrace.stores.address import Address

if TYPE_CHECKING:
    from obstore.store import HTTPStore, LocalStore, S3Store

    from copytrace.stores.trouble import Trouble

DEFAULT_REGION = "us-east-1"

_CLIENT: dict[str, Any] = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=10),
    # A large file may take hours; all that matters is that bytes keep arriving.
    "timeout": timedelta(days=7),
    "read_timeout": timedelta(seconds=60),
}


_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}


@dataclass(frozen=True)
class Store:
    """An open location: the library's store, and the requested folder in it.

    Attributes:
        objects: the store of the whole bucket, server or file system.
        address: the folder that keys are relative to.
        sign: whether requests to S3 are signed.
        endpoint: the address of an S3 service other than AWS; empty for AWS.
        region: the region for requests to S3.
    """

    objects: S3Store | HTTPStore | LocalStore
    address: Address
    sign: bool = False
    endpoint: str = ""
    region: str = ""

    def key(self, relative: str) -> str:
        """The path of a file within `objects`.

        Raises:
            InputError: it is a FIFO or a device, which could block a reader forever.
        """
        place = self.address.below(relative)
        if place.kind == "folder" and (path := Path("/", place.key)).exists():
            mode = path.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise InputError(f"{path}: is not a regular file. Remove it from the mirror.")
        return place.key

    def url(self, relative: str) -> str | None:
        """An address where any web client can request the file; None for a folder."""
        place = self.address.below(relative)
        if place.kind == "folder":
            return None
        if place.kind == "http":
            return str(place)
        if self.sign:
            from obstore import sign

            signed: str = sign(cast("S3Store", self.objects), "HEAD", place.key, timedelta(minutes=1))
            return signed
        base = self.endpoint or f"https://s3.{self.region}.amazonaws.com"
        return str(Address("http", base.rstrip("/"), f"{place.root}/{place.key}"))

    def advice(self, trouble: Trouble) -> str:
        """Advice, starting with a space, if S3 refuses a request; otherwise empty."""
        if trouble.kind != "refused" or self.address.kind != "s3":
            return ""
        if self.sign:
            return (
                " Your AWS credentials do not give access. Ask the bucket's owner, or read a public bucket: "
                "--no-sign"
            )
        if _has_credentials():
            return " It may not be public. Sign the requests with your AWS credentials: --sign"
        return " It may not exist, or may not be public. If you have access to it, run aws configure, then add --sign"


def open_store(
    address: Address,
    *,
    region: str | None = None,
    endpoint: str | None = None,
    sign: bool = False,
    tries: int = 1,
) -> Store:
    """Open an address.

    Args:
        address: the folder that keys are relative to.
        region: region of an S3 bucket; AWS_REGION, AWS_DEFAULT_REGION or us-east-1 by default.
        endpoint: endpoint of an S3 service other than AWS; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL by default.
        sign: sign requests to S3 with the usual AWS credentials; otherwise they are anonymous.
        tries: attempts that the library makes per request; once if the caller retries.

    Raises:
        InputError: AWS_PROFILE names a profile without keys.
    """
    from obstore.store import HTTPStore, LocalStore, S3Store

    retries: Any = {"max_retries": tries - 1}
    client: Any = _CLIENT
    match address.kind:
        case "folder":
            return Store(LocalStore("/"), address)
        case "http":
            return Store(
                HTTPStore.from_url(address.root, client_options=client, retry_config=retries), address
            )
    region = region or _environment("AWS_REGION", "AWS_DEFAULT_REGION") or DEFAULT_REGION
    endpoint = endpoint or _environment("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    settings: dict[str, Any] = {"region": region, "skip_signature": not sign}
    if endpoint:
        settings["endpoint"] = endpoint.rstrip("/")
    # A bucket with dots in its name has no matching certificate, and other services support paths best.
    settings["virtual_hosted_style_request"] = not endpoint and "." not in address.root
    if sign:
        settings |= profile_credentials()
    objects = S3Store(address.root, client_options=client, retry_config=retries, **settings)
    return Store(objects, address, sign=sign, endpoint=endpoint, region=region)


def _environment(*names: str) -> str:
    """The first of these variables that is set; empty if none is."""
    return next((value for name in names if (value := os.environ.get(name))), "")


def profile_credentials() -> dict[str, str]:
    """The keys of the profile AWS_PROFILE (or `default`); empty if the environment or a role must provide them.

    The S3 library supports the environment and the roles of AWS machines, but not the files that `aws configure`
    writes, so they are read here.

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
        f"{path}: contains no keys for the profile '{asked}' (AWS_PROFILE). Add them with: aws configure "
        f'--profile {asked}; for a single sign-on: eval "$(aws configure export-credentials --format env)"'
    )


def _has_credentials() -> bool:
    """Whether the environment or a profile provides AWS credentials."""
    try:
        return "AWS_ACCESS_KEY_ID" in os.environ or bool(profile_credentials())
    except InputError:
        return False
