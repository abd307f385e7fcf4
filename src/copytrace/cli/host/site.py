"""Makes the site's settings known before a verb of `copytrace host` uses its tables."""

from __future__ import annotations

import importlib.util
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from copytrace.cli import terminal
from copytrace.errors import InputError, MissingDependencyError
from copytrace.extras import how_to_install

if TYPE_CHECKING:
    from copytrace.hosting.models import Account

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of a site created by `host serve`. Without it, settings come from the environment.",
    ),
]

UMASK = 0o077
"""Of every process of the site: nobody else may read what it makes."""

SECRET_FILE = "secret-key"  # noqa: S105 - the name of a file
ADDRESS_FILE = "address"
"""Holds the address that `serve` last used, for the links and checks of other commands."""


def open_site(data: Path | None) -> None:
    """Read the settings and start Django.

    Raises:
        MissingDependencyError: the extra `host` is not installed, or the database does not answer.
        InputError: a setting is missing or invalid.
    """
    if importlib.util.find_spec("django") is None or importlib.util.find_spec("ninja") is None:
        raise MissingDependencyError(
            f"A challenge site needs the extra 'host'. Install it {how_to_install('host')}"
        )
    if data is not None:
        _set_defaults(data)
    os.umask(UMASK)
    os.environ["DJANGO_SETTINGS_MODULE"] = "copytrace.hosting.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.db import OperationalError, connection

    settings.FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise MissingDependencyError(
            f"Cannot connect to the database: {str(error).strip()}. Check that it runs and that"
            " COPYTRACE_HOST_DATABASE is right."
        ) from error


def close_to_others() -> None:
    """Take the rights of other users from the site's folder, and say what else the site's checks find.

    Raises:
        InputError: something in the folder is not the site's own.
    """
    from django.conf import settings

    from copytrace.hosting.services import checks
    from copytrace.hosting.services.file_modes import tighten

    if count := tighten(settings.DATA):
        terminal.say(f"{settings.DATA}: removed other users' access to {count:,} files or folders")
    stored = checks.storage()
    for finding in [*checks.faults(), *([stored] if stored.level != "ok" else [])]:
        terminal.say(f"{finding.level}: {finding.check}: {finding.text}")


def make_site(data: Path, address: str, name: str) -> None:
    """Make the folder of a site, with a secret key of its own, if there is none yet.

    Args:
        data: the folder.
        address: where the site is reached, for its links.
        name: the host name or IP address in it.
    """
    # The truth and the participants' addresses are nobody else's business.
    os.umask(UMASK)
    data.mkdir(parents=True, exist_ok=True)
    secret = data / SECRET_FILE
    if not secret.exists():
        # Only the owner may read it, from its first moment on.
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    address = os.environ.setdefault("COPYTRACE_HOST_URL", address)
    (data / ADDRESS_FILE).write_text(f"{address}\n", encoding="utf-8")
    os.environ.setdefault("COPYTRACE_HOST_NAMES", ",".join(dict.fromkeys([name, "127.0.0.1", "localhost"])))
    _set_defaults(data)


def _set_defaults(data: Path) -> None:
    secret = data / SECRET_FILE
    if not secret.is_file():
        raise InputError(
            f"{data} is not a site folder (no {SECRET_FILE}). Create a site: copytrace host serve --data {data}"
        )
    defaults = {
        "DATA": str(data.absolute()),
        "SECRET_KEY": secret.read_text(encoding="utf-8").strip(),
        "NAMES": "127.0.0.1,localhost",
        "TLS": "no",
    }
    known = data / ADDRESS_FILE
    if known.is_file():
        address = known.read_text(encoding="utf-8").strip()
        defaults |= {"URL": address, "NAMES": f"{urlsplit(address).hostname},{defaults['NAMES']}"}
    for name, value in defaults.items():
        os.environ.setdefault(f"COPYTRACE_HOST_{name}", value)


def waiting_migrations() -> list[str]:
    """Names of the changes that the tables still lack."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return [str(step) for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def migrate() -> None:
    """Bring the tables up to date."""
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    # Last, so that the tables are complete once no migration is waiting.
    call_command("migrate", verbosity=0, interactive=False)


def migrate_if_needed() -> None:
    """Bring the tables up to date; quicker than `migrate` if they are."""
    if waiting_migrations():
        migrate()


def first_link(account: Account) -> str:
    """A link to choose the password of an account; it works once."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str
    from django.conf import settings
    from django.urls import reverse

    key = default_token_generator.make_token(account)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(account), "key": key}
    )
    return f"{settings.SITE_URL}{path}"
