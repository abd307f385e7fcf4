"""`copytrace host create-organiser`, `upgrade` and `backup`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import (
    DataOption,
    first_link,
    migrate,
    migrate_if_needed,
    open_site,
    waiting_migrations,
)
from copytrace.errors import CopytraceError, InputError, MissingDependencyError
from copytrace.files import whole_folder


def create_organiser(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Username.")],
    *,
    email: Annotated[str, typer.Option("--email", help="E-mail address.")],
    data: DataOption = None,
) -> None:
    """Create an organiser account, or reset its password. Prints a link to choose the password (works once).

    Examples:
        copytrace host create-organiser grace --email grace@example.org
        copytrace host create-organiser grace --email grace@example.org --data site
    """
    open_site(data)
    migrate_if_needed()
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from copytrace.hosting.models import Account
    from copytrace.hosting.services import audit

    account = Account.objects.filter(username=username).first() or Account(
        username=username, email=email.lower()
    )
    account.is_staff = account.is_superuser = True
    try:
        if not account.password:  # A new account, or the first one before anyone has used its link.
            account.set_unusable_password()
        account.full_clean()
    except ValidationError as error:
        raise InputError(f"{username}, {email}: {' '.join(error.messages)}") from error
    with transaction.atomic():
        account.save()
        audit.record("organiser made", username)
    terminal.say(f"Username: {username}. Choose the password (the link works once):")
    terminal.result(first_link(account))


def upgrade(*, data: DataOption = None) -> None:
    """Apply database migrations after an upgrade. `host serve` does this automatically.

    Examples:
        copytrace host upgrade
        copytrace host upgrade --data site
    """
    open_site(data)
    changes = waiting_migrations()
    migrate()
    count = len(changes)
    terminal.result(f"{count or 'no'} {'migration' if count == 1 else 'migrations'} applied")


def backup(
    output: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the backup.")],
    *,
    data: DataOption = None,
) -> None:
    """Back up the database and all files of a running site, without its secret key and without files in a bucket.

    With SQLite, `host serve --data` runs the backup directly, with a new key. With PostgreSQL, the backup contains a
    dump for pg_restore.

    Examples:
        copytrace host backup backups/monday
        copytrace host backup backups/monday --data site
    """
    open_site(data)
    from django.conf import settings
    from django.db import connection

    if output.exists():
        raise InputError(f"{output} already exists. Name a new folder.")
    with whole_folder(output) as folder:
        # The database first: files that come in between are more than it knows of, never fewer.
        if connection.vendor == "sqlite":
            _copy_sqlite(Path(connection.settings_dict["NAME"]), folder / "host.sqlite3")
        else:
            _dump_postgresql(connection.settings_dict, folder / "host.dump")
        files = settings.DATA / "files"
        if files.is_dir():
            shutil.copytree(files, folder / "files", copy_function=_copy_if_there)
    if settings.STORE:
        terminal.say(f"Not in this backup: the files in {settings.STORE}. Turn on versioning for the bucket.")
    # It holds the truth, and the participants' addresses.
    output.chmod(0o700)
    terminal.result(f"{output}")


def _copy_if_there(source: str, target: str) -> str:
    """Copy a file; one that the running site has deleted meanwhile is none of the backup's."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
    return target


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)


def _dump_postgresql(database: dict[str, object], target: Path) -> None:
    if shutil.which("pg_dump") is None:
        raise MissingDependencyError("Backing up PostgreSQL needs pg_dump: apt-get install postgresql-client")
    names = {
        "HOST": "PGHOST",
        "PORT": "PGPORT",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
        "NAME": "PGDATABASE",
    }
    variables = {names[key]: str(database[key]) for key in names if database.get(key)}
    command = ["pg_dump", "--format=custom", f"--file={target}"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and our own path
    if done.returncode:
        raise CopytraceError(f"pg_dump failed: {done.stderr.strip()}")
