"""Readers take a file of the first release as it is: what it lacks is null or empty; nothing is written."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.server.conftest import served
from worksupport.model.issue_fields import DESCRIPTION, FIELDS
from worksupport.store.database import Store

Run = Callable[..., Answer]
DUMP = Path(__file__).parents[1] / "data" / "schema-1.sql"


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    """A database as the first release wrote it, which nobody has open."""
    path = tmp_path / "first.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def upgraded(tmp_path: Path, clock: FakeClock) -> Path:
    """The same, once a writer of today has had it."""
    path = tmp_path / "upgraded.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    Store(path, clock).close()
    return path


@pytest.mark.parametrize(
    "line",
    [
        "tree",
        "tree --json",
        "tree --ndjson",
        "tree P-1 --json",
        "tree --changed-since 2026-01-01 --json",
        "keys",
        "keys --json",
        "keys --ndjson",
        "keys --missing",
        "keys --open",
        "keys --state done",
        "list",
        "list --json --fields key,title,status,who,changed",
        "list Title --sort key",
        "show P-1",
        "open P-1",
        "history",
        "history --json",
        "history --reloads --json",
        "history 1",
    ],
)
def test_every_command_reads_it(
    first_release: Path, upgraded: Path, run: Run, clock: FakeClock, line: str
) -> None:
    before = first_release.read_bytes()
    old = run(*line.split(), "--db", first_release, clock=clock)
    new = run(*line.split(), "--db", upgraded, clock=clock)
    assert (old.exit_code, old.out) == (0, new.out)
    assert old.out.strip()
    assert first_release.read_bytes() == before
    assert list(first_release.parent.glob("first.db*")) == [first_release]


@pytest.mark.parametrize(
    "address",
    [
        "/api/issues/keys",
        "/api/issues/hierarchy",
        "/api/issues?q=title&fields=key,title&sort=key",
        "/api/harvest/reload",
        "/api/harvest/reload/1",
        "/health",
    ],
)
def test_every_route_reads_it(first_release: Path, upgraded: Path, clock: FakeClock, address: str) -> None:
    with served(first_release, clock=clock) as client:
        old = client.ask(address)
    with served(upgraded, clock=clock) as client:
        new = client.ask(address)
    assert (old.status, _without_size(old.document)) == (new.status, _without_size(new.document))
    assert old.status in (200, 503 if address == "/health" else 200)


def _without_size(document: object) -> object:
    if isinstance(document, dict):
        return {name: value for name, value in document.items() if name != "database_bytes"}
    return document


def test_backup_and_completion_take_it(first_release: Path, run: Run, tmp_path: Path) -> None:
    copy = run("backup", tmp_path / "copies", "--db", first_release)
    assert copy.exit_code == 0
    assert run("keys", "--db", copy.out.strip()).out.split() == ["P-1", "P-2", "P-10", "acme/portal#7"]


@pytest.mark.parametrize("table", ["issues", "staged_issues"])
def test_the_schema_has_a_column_for_every_field(upgraded: Path, table: str) -> None:
    with closing(sqlite3.connect(upgraded)) as connection:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    expected = {field.column for field in FIELDS if table == "issues" or field.place != "ours"}
    assert expected - ({DESCRIPTION} if table == "issues" else set()) <= columns
