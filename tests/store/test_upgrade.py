"""A database of an earlier version is upgraded in place: by writers, under the lock, all or nothing."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from tests.conftest import Answer, FakeClock
from worksupport.queries import reader
from worksupport.store import database as writing
from worksupport.store import file
from worksupport.store.database import Store, migrations
from worksupport.store.lock import exclusive_lock
from worksupport.store.schema import SCHEMA_VERSION
from worksupport.store.views import make_views

Run = Callable[..., Answer]
DUMP = Path(__file__).parents[1] / "data" / "schema-1.sql"


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    """A database as the first release wrote it, with five issues and a reload that was cut off."""
    path = tmp_path / "first.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def _schema(path: Path) -> set[tuple[str, str, str]]:
    """Every table and index, with the words that make it."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    return {(kind, name, " ".join(str(sql).split())) for kind, name, sql in rows}


def test_the_first_release_s_database_becomes_what_a_new_one_is(
    first_release: Path, tmp_path: Path, clock: FakeClock, run: Run
) -> None:
    Store(first_release, clock).close()
    Store(tmp_path / "new.db", clock).close()
    assert _schema(first_release) == _schema(tmp_path / "new.db")
    with closing(sqlite3.connect(first_release)) as connection:
        assert connection.execute("PRAGMA user_version").fetchall() == [(SCHEMA_VERSION,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert run("keys", "--db", first_release).out.split() == ["P-1", "P-2", "P-10", "acme/portal#7"]
    assert run("keys", "--label", "ÜNÏCODE", "--db", first_release).out == "P-1\n"
    assert run("keys", "--assignee", "max", "--db", first_release).out == "P-10\n"
    assert run("keys", "--missing", "--db", first_release).out == "P-11\n"
    tree = json.loads(run("tree", "--json", "--db", first_release).out)
    assert (tree["hierarchy"][0]["done"], tree["hierarchy"][0]["total"]) == (1, 2)
    assert json.loads(run("history", "--json", "--db", first_release).out)[0]["triggered_by"] == "anna"


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """This program with one migration more, which a test adds to."""
    coming = Migrations("worksupport")
    coming._migrations = list(migrations._migrations)
    monkeypatch.setattr(writing, "migrations", coming)
    for module in (writing, file, reader):
        monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return coming


def test_a_migration_keeps_every_row_and_what_refers_to_it(
    first_release: Path, next_release: Migrations, clock: FakeClock
) -> None:
    """Also one that builds a table anew, whose rows others refer to, and views."""
    with closing(sqlite3.connect(first_release)) as connection:
        make_views(connection)

    @next_release()
    def m_next(db: Database) -> None:
        db.table("issues").transform(defaults={"status": "Open"})
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    Store(first_release, clock).close()
    with closing(sqlite3.connect(first_release)) as connection:
        assert (
            "DEFAULT 'Open'"
            in connection.execute("SELECT sql FROM sqlite_master WHERE name = 'issues'").fetchone()[0]
        )
        assert connection.execute("SELECT count(*) FROM issues").fetchall() == [(5,)]
        assert connection.execute("SELECT count(*) FROM issue_labels").fetchall() == [(2,)]
        assert connection.execute("SELECT count(*) FROM issue_assignees").fetchall() == [(3,)]


def test_a_migration_that_breaks_off_leaves_the_file_as_it_was(
    first_release: Path, next_release: Migrations, clock: FakeClock
) -> None:
    before = _schema(first_release)

    @next_release()
    def m_next(db: Database) -> None:
        db.execute("DROP TABLE issue_labels")
        db.execute("CREATE TABLE half (id INTEGER)")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(first_release, clock)
    assert _schema(first_release) == before


def test_nobody_migrates_without_the_lock(
    first_release: Path, next_release: Migrations, clock: FakeClock, run: Run, tmp_path: Path
) -> None:
    config = tmp_path / "team.properties"
    config.write_text(
        "jira.base_url = http://127.0.0.1:9\njira.email = a@b.example\njira.api_token = t\n"
        "team.member.1.name = Anna\nteam.member.1.jira_id = a1\n",
        encoding="utf-8",
    )
    config.chmod(0o600)
    before = first_release.read_bytes()
    for command in ("harvest", "reload", "recover"):
        with exclusive_lock(first_release, clock, command="harvest", run_id="abc"):
            answer = run(command, "--config", config, "--db", first_release, clock=FakeClock())
        assert answer.exit_code == 11, answer.err
    run("backup", tmp_path / "copies", "--db", first_release)
    assert first_release.read_bytes() == before


def test_a_database_rebuilt_from_its_dump_gets_its_number_back(
    tmp_path: Path, clock: FakeClock, run: Run
) -> None:
    """`.dump` and `.recover` of the sqlite3 shell lose `user_version`; reads and runs go on."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    Store(old, clock).close()
    with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(new)) as target:
        target.executescript("\n".join(source.iterdump()))
        assert target.execute("PRAGMA user_version").fetchall() == [(0,)]
    assert run("keys", "--db", new).exit_code == 0
    Store(new, clock).close()
    with closing(sqlite3.connect(new)) as target:
        assert target.execute("PRAGMA user_version").fetchall() == [(SCHEMA_VERSION,)]
