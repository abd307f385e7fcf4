from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hosting_site import Cluster, Player, Site, new_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from command_line import CommandLine


@pytest.fixture(scope="session", autouse=True)
def _command_line_of_sites(command_line: CommandLine) -> None:
    Site.command_line = command_line


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # The path of a socket must be short: pytest's own folders are nested too deeply.
    folder = Path(tempfile.mkdtemp(prefix="copytrace-pg-"))
    found = Cluster(folder)
    found.new_database("blank")
    _upgrade(folder, found.address("blank"))
    yield found
    found.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite database of an empty site; copying it is faster than creating the tables for each test."""
    folder = tmp_path_factory.mktemp("blank")
    _upgrade(folder, "")
    file = folder / "data" / "host.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # Until then, the tables are only in the log.
    return file


def _upgrade(folder: Path, database: str) -> None:
    Site(folder / "data", database).run("upgrade")
    shutil.rmtree(folder / "data" / "files", ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    return request.getfixturevalue("cluster").new_database()


@pytest.fixture
def make_site(tmp_path: Path, blank: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(database: str = "", content: dict[str, Any] | None = None, **settings: str) -> Site:
        sites.append(new_site(tmp_path, blank, database, content, **settings))
        return sites[-1]

    yield make
    for site in sites:
        site.end()


@pytest.fixture
def make_player() -> Callable[[Site, str], Player]:
    return lambda site, name: Player(site, name).join()
