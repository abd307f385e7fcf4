"""`copytrace library serve`, its tokens, and the decisions of reviewers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError, MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.files import check_output, check_output_folder, whole_file, whole_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from copytrace.service.watch import Watch

_NEGATIVES = ".copytrace-negatives"
"""Marks a folder of negatives, which --replace may replace."""


def serve(
    directory: options.LibraryArgument,
    *,
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Port to listen on; 0 for any free one."),
    ] = 8080,
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address to listen on. Other machines need --tokens."),
    ] = "127.0.0.1",
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="FILE", help="Require tokens, from `copytrace library token`."),
    ] = None,
    watch: Annotated[
        Path | None, typer.Option("--watch", metavar="FOLDER", help="Look up images that arrive in a folder.")
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="URL", help="Send the results as signed JSON."),
    ] = None,
    secret: Annotated[
        Path | None,
        typer.Option("--webhook-secret", metavar="FILE", help="Secret that signs them (whsec_...)."),
    ] = None,
    manifests: Annotated[
        Path | None,
        typer.Option(
            "--manifests", metavar="FOLDER", help="C2PA manifest stores, named ID.c2pa (percent-encoded)."
        ),
    ] = None,
    workers: options.WorkersOption = None,
) -> None:
    """Serve a library over HTTP: an API, a lookup page, and a review page.

    Examples:
        copytrace library serve agency
        copytrace library serve agency --tokens tokens.json --watch inbox/
    """
    limit_library_threads()
    server, create_app = _service()
    if tokens is None and host not in server.LOOPBACK:
        raise InputError(
            f"Without tokens, anyone who can reach {host} could change the library. Make a token with: "
            "copytrace library token tokens.json --name NAME; then add --tokens tokens.json"
        )
    watched = _watched(watch, webhook, secret)
    if manifests is not None and not manifests.is_dir():
        raise InputError(f"{manifests}: no such folder of manifests.")
    listening = server.listen(host, port)
    name, number = listening.getsockname()[:2]
    address = f"http://{f'[{name}]' if ':' in name else name}:{number}"
    app = create_app(directory, tokens=tokens, watch=watched, manifests=manifests, workers=workers)
    server.run(app, listening, lambda: terminal.say(f"{directory}: serving at {address} (Ctrl-C stops)"))


def token(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Token file; holds digests only.")],
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the new token.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Let it add and remove images, and decide reviews.")
    ] = False,
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", min=1, help="Days until it expires.")
    ] = None,
    revoke: Annotated[str | None, typer.Option("--revoke", metavar="NAME", help="Revoke a token.")] = None,
    as_json: terminal.Json = False,
) -> None:
    """Make a token for `library serve`, revoke one, or list those in a file.

    Examples:
        copytrace library token tokens.json --name newsroom --days 90
        copytrace library token tokens.json --revoke newsroom
    """
    _service()
    from copytrace.service.tokens import SCOPES, issue_token, read_tokens, revoke_token

    if revoke is not None:
        revoke_token(file, revoke)
        terminal.say(f"{revoke}: revoked")
    if name is not None:
        scopes = SCOPES if write else SCOPES[:1]
        secret = issue_token(file, name, scopes, days)
        if as_json:
            terminal.result_json({"name": name, "scopes": list(scopes), "token": secret})
        else:
            terminal.result(secret)
            terminal.say("Copy it now: it is shown only once.")
        return
    known = read_tokens(file)
    if as_json:
        terminal.result_json([each.model_dump(mode="json", exclude={"sha256"}) for each in known])
        return
    for each in known:
        until = "" if each.expires_at is None else f", until {each.expires_at:%Y-%m-%d}"
        terminal.result(f"{each.name}: {', '.join(each.scopes)}{until}")


def decisions(
    directory: options.LibraryArgument,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DECISIONS.csv", help="Write them as CSV.")
    ] = None,
    negatives: Annotated[
        Path | None,
        typer.Option(
            "--negatives",
            metavar="FOLDER",
            help="Write the images that are not copies, for `copytrace fit-background --negatives`.",
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Export the decisions of reviewers.

    Examples:
        copytrace library decisions agency -o decisions.csv
        copytrace library decisions agency --negatives not-copies
    """
    check_output(output, replace=replace)
    if negatives is not None:
        check_output_folder(negatives, _NEGATIVES, replace=replace)
    from copytrace.library import Library

    with Library.open(directory) as library:
        found = library.decisions()
        pictures = dict(library.not_copies()) if negatives is not None else {}
    if output is not None:
        with whole_file(output) as path, path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["query_sha256", "id", "verdict", "decided_by", "decided_at"])
            writer.writeheader()
            writer.writerows(found)
    if negatives is not None:
        with whole_folder(negatives, _NEGATIVES) as folder:
            (folder / _NEGATIVES).touch()
            for digest, jpeg in pictures.items():
                (folder / f"{digest}.jpg").write_bytes(jpeg)
    if as_json:
        terminal.result_json({"decisions": found, "negatives": sorted(pictures)})
    else:
        also = f"; {len(pictures):,} images that are not copies" if negatives is not None else ""
        terminal.result(f"{directory}: {len(found):,} decisions{also}")


def _watched(folder: Path | None, url: str | None, secret: Path | None) -> Watch | None:
    """The folder to watch, and the webhook to call."""
    from copytrace.service.watch import Watch
    from copytrace.service.webhooks import Webhook, read_secret

    if folder is None:
        if url is not None or secret is not None:
            raise InputError("--webhook needs a folder to watch: --watch FOLDER")
        return None
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder to watch.")
    if url is None:
        return Watch(folder)
    if not url.startswith(("http://", "https://")):
        raise InputError(f"'{url}' is not a web address. Expected one that starts with https:// or http://")
    if secret is None:
        raise InputError(
            "Messages are signed, so that the receiver can trust them. Add --webhook-secret FILE"
        )
    return Watch(folder, Webhook(url, read_secret(secret)))


def _service() -> tuple[ModuleType, Callable[..., Any]]:
    """The server module, and the factory of the application."""
    try:
        from copytrace.service import server
        from copytrace.service.app import create_app
    except ImportError as error:
        if error.name is not None and error.name.startswith("copytrace"):
            raise
        raise MissingDependencyError(
            f"The service needs {error.name}. Install it {how_to_install('serve')}"
        ) from error
    return server, create_app
