"""`worksupport restore`, and copies that colleagues may read."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One issue that is in the copy, and one that came after it."""
    (tmp_path / "data").mkdir()
    return fill(tmp_path / "data" / "team.db", [issue("PV-1"), issue("PV-2")])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return fill(tmp_path / "copy.db", [issue("PV-1")])


def test_the_copy_takes_the_place_and_the_old_one_stays(
    run: Run, database: Path, copy: Path, clock: FakeClock
) -> None:
    answer = run("restore", copy, "--db", database, clock=clock)
    old = database.with_name("team.db.before-20261122T120000Z")
    assert (answer.exit_code, answer.out) == (0, f"{database}\n")
    assert f"the old database is now {old}" in answer.err
    assert run("keys", "--db", database).out == "PV-1\n"
    assert run("keys", "--db", old).out == "PV-1\nPV-2\n"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert copy.exists()
    assert sorted(os.listdir(database.parent)) == ["team.db", old.name, "team.db.lock"]


def test_what_the_old_one_had_not_written_back_stays_with_it(
    run: Run, database: Path, copy: Path, clock: FakeClock
) -> None:
    """Its write-ahead log is not taken for the copy's; who reads it goes on."""
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("UPDATE issues SET summary = 'late' WHERE issue_key = 'PV-2'")
        assert run("restore", copy, "--db", database, clock=clock).exit_code == 0
        assert reader.execute("SELECT count(*) FROM issues").fetchall() == [(2,)]
    assert "late" not in run("list", "--db", database).out
    assert "late" in run("list", "--db", database.with_name("team.db.before-20261122T120000Z")).out


def test_where_there_is_no_database_yet(run: Run, tmp_path: Path, copy: Path) -> None:
    answer = run("restore", copy, "--db", tmp_path / "new" / "team.db")
    assert (answer.exit_code, answer.err) == (0, "")
    assert run("keys", "--db", tmp_path / "new" / "team.db").out == "PV-1\n"


@pytest.mark.parametrize("what", ["damaged", "foreign", "newer", "itself", "missing"])
def test_what_is_no_sound_copy_is_refused(run: Run, database: Path, copy: Path, what: str) -> None:
    before = database.read_bytes()
    if what == "damaged":
        copy.write_bytes(copy.read_bytes()[:8192] + b"\xff" * 8192 + copy.read_bytes()[16384:])
    elif what == "foreign":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as other:
            other.execute("CREATE TABLE notes (text)")
            other.commit()
    elif what == "newer":
        with closing(sqlite3.connect(copy)) as newer:
            newer.execute("PRAGMA user_version = 999")
    answer = run(
        "restore",
        database if what == "itself" else copy.with_name("none.db") if what == "missing" else copy,
        "--db",
        database,
    )
    assert answer.exit_code in (1, 3)
    assert answer.err.startswith("worksupport: ")
    assert database.read_bytes() == before
    assert [name for name in os.listdir(database.parent) if "lock" not in name] == ["team.db"]


def test_not_while_a_run_works(run: Run, database: Path, copy: Path, clock: FakeClock) -> None:
    with exclusive_lock(database, clock, command="harvest", run_id="h"):
        answer = run("restore", copy, "--db", database, clock=clock)
    assert answer.exit_code == 11
    assert "harvest" in answer.err
    assert run("keys", "--db", database).out == "PV-1\nPV-2\n"


def test_a_copy_for_colleagues(run: Run, database: Path, tmp_path: Path) -> None:
    """The newest is latest.db as well, and whoever may read it is let into its folder."""
    folder = tmp_path / "shared"
    for _ in range(2):
        answer = run("backup", folder, "--latest", "--mode", "0640", "--keep", "1", "--db", database)
        assert answer.exit_code == 0
    named = Path(answer.out.strip())
    assert sorted(os.listdir(folder)) == ["latest.db", named.name]
    assert (folder / "latest.db").samefile(named)
    assert stat.S_IMODE(named.stat().st_mode) == 0o640
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert run("keys", "--db", folder / "latest.db").out == "PV-1\nPV-2\n"
    refused = run("backup", folder, "--mode", "0777", "--db", database)
    assert (refused.exit_code, refused.out) == (2, "")
    assert "--mode is '0777'" in refused.err
