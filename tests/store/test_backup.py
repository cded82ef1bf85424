"""A verified copy: complete, private, readable anywhere, and never in the way of another."""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue
from worksupport.errors import DatabaseError
from worksupport.queries.reader import answer
from worksupport.store import backup as module
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NAME = "worksupport-20261122T120000Z.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three issues."""
    return fill(tmp_path / "issues.db", [issue(f"P-{number}") for number in range(3)])


def back_up(
    database: Path,
    folder: Path,
    now: datetime,
    keep: int | None,
    begin: Callable[[str], None] = lambda phase: None,
) -> Path:
    """As the command makes it."""
    return module.back_up(database, partial(answer, database), folder, now, keep, begin)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_also_while_a_run_works(run: Run, database: Path, tmp_path: Path, clock: FakeClock) -> None:
    """It prints its path, is for its owner alone, and holds what was committed when it was made."""
    folder = tmp_path / "new" / "copies"
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM issues")
    with exclusive_lock(database, clock, command="reload", run_id="r"):
        answer = run("backup", folder, "--db", database, clock=clock)
    writer.close()
    assert answer == Answer(0, f"{folder / NAME}\n", "")
    assert _names(folder) == [NAME]
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)] == [0o700, 0o700]
    assert run("keys", "--db", folder / NAME).out.split() == ["P-0", "P-1", "P-2"]


def test_quiet_prints_nothing(run: Run, database: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "copies", "-q", "--db", database) == Answer(0, "", "")


def test_the_copy_opens_in_a_folder_that_cannot_be_written(database: Path, tmp_path: Path) -> None:
    """As any program opens it, without a file beside it: its journal mode is not WAL."""
    copy = back_up(database, tmp_path / "copies", NOW, None)
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert connection.execute("SELECT count(*) FROM issues").fetchall() == [(3,)]
        assert _names(copy.parent) == [NAME]


def test_several_in_one_second_have_each_their_name(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    with ThreadPoolExecutor(4) as pool:
        copies = set(pool.map(lambda _: back_up(database, folder, NOW, None), range(8)))
    assert len(copies) == 8
    assert sorted(path.name for path in copies) == _names(folder)
    assert NAME in _names(folder)
    for copy in copies:
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_keep_counts_ours_alone(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    foreign = ["notes.txt", "worksupport-20200101T000000Z.db.gz", "worksupport-old.db"]
    for day in range(3):
        back_up(database, folder, NOW + timedelta(days=day), None)
    for name in foreign:
        (folder / name).touch()
    back_up(database, folder, NOW + timedelta(days=3), keep=2)
    ours = ["worksupport-20261124T120000Z.db", "worksupport-20261125T120000Z.db"]
    assert _names(folder) == sorted([*foreign, *ours])


def test_the_copy_just_made_stays_though_the_clock_was_set_back(database: Path, tmp_path: Path) -> None:
    """And one from the future neither counts as the newest nor is taken away."""
    folder = tmp_path / "copies"
    ahead = back_up(database, folder, NOW + timedelta(days=400), None)
    for day in range(4):
        back_up(database, folder, NOW + timedelta(days=day), keep=2)
    ours = ["worksupport-20261124T120000Z.db", "worksupport-20261125T120000Z.db"]
    assert _names(folder) == [*ours, ahead.name]


def test_what_cannot_be_removed_is_told_and_stops_nothing(run: Run, database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    for day in (1, 2, 3):
        back_up(database, folder, NOW - timedelta(days=day), None)
    stubborn = folder / "worksupport-20200101T000000Z.db"
    (stubborn / "inside").mkdir(parents=True)
    ahead = folder / "worksupport-20990101T000000Z.db"
    ahead.touch()
    answer = run("backup", folder, "--keep", "2", "-q", "--db", database, clock=FakeClock())
    assert answer.exit_code == 0
    assert f"the older copy {stubborn} could not be removed: Is a directory" in answer.err
    assert f"{ahead} is named later than this copy and was left alone" in answer.err
    assert _names(folder) == [stubborn.name, "worksupport-20261121T120000Z.db", NAME, ahead.name]


def test_what_a_killed_backup_left_is_removed_by_the_next(database: Path, tmp_path: Path) -> None:
    """But not while another one is at work in the folder."""
    folder = tmp_path / "copies"
    folder.mkdir()
    for left in (".worksupport-backup-abc", ".worksupport-backup-abc-journal"):
        (folder / left).write_bytes(b"half")
    other = os.open(folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_SH)
    back_up(database, folder, NOW, None)
    assert len(_names(folder)) == 3
    os.close(other)
    (folder / NAME).unlink()
    back_up(database, folder, NOW, None)
    assert _names(folder) == [NAME]


def test_a_damaged_copy_gets_no_name_and_costs_no_older_one(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copies"
    older = back_up(database, folder, NOW - timedelta(days=1), None)
    copy = module._copy

    def damage(source: sqlite3.Connection, partial: Path) -> None:
        copy(source, partial)
        content = bytearray(partial.read_bytes())
        content[4096 * 3 : 4096 * 3 + 64] = b"\xff" * 64
        partial.write_bytes(content)

    monkeypatch.setattr(module, "_copy", damage)
    with pytest.raises(DatabaseError, match=r"damaged|malformed"):
        back_up(database, folder, NOW, keep=1)
    assert _names(folder) == [older.name]


def test_no_database_makes_no_folder(run: Run, tmp_path: Path) -> None:
    answer = run("backup", tmp_path / "copies", "--db", tmp_path / "none.db")
    assert answer.exit_code == 3
    assert not (tmp_path / "copies").exists()


def test_a_folder_that_is_a_file_is_one_sentence(run: Run, database: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").touch()
    answer = run("backup", tmp_path / "copies", "--db", database)
    assert answer.exit_code == 3
    assert f"cannot write the backup to {tmp_path / 'copies'}" in answer.err


def test_a_copy_put_in_the_place_of_the_database_works(run: Run, database: Path, tmp_path: Path) -> None:
    """How the README says to restore: move the copy over the database."""
    copy = back_up(database, tmp_path / "copies", NOW, None)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM issues")
    os.replace(copy, database)
    assert run("keys", "--db", database).out.split() == ["P-0", "P-1", "P-2"]


def test_a_copy_of_what_changed_meanwhile_gets_no_name(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torn copy can be whole to SQLite; only the reader knows that nothing in it may be believed."""
    verify = module._verify

    def changed_meanwhile(partial: Path) -> None:
        verify(partial)
        status = database.stat()
        os.utime(database, ns=(status.st_atime_ns, status.st_mtime_ns + 1))

    monkeypatch.setattr(module, "_verify", changed_meanwhile)
    with pytest.raises(DatabaseError, match="changed while it was read"):
        back_up(database, tmp_path / "copies", NOW, None)
    assert list((tmp_path / "copies").iterdir()) == []
