"""SQLite's own locks: closing any descriptor of the file by hand would drop them, and lose the live WAL.

https://sqlite.org/howtocorrupt.html, section 2.2. What the kernel holds is read from /proc/locks (Linux).
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from worksupport.queries.reader import DatabaseChangedError, answer, data_version, open_reader
from worksupport.store.backup import back_up
from worksupport.store.database import Store
from worksupport.store.lock import ask_to_give_way, exclusive_lock, holder, require_lockable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/locks")


def _held(path: Path) -> list[str]:
    """The POSIX locks that this process has on the file."""
    inode, process = f":{path.stat().st_ino}", str(os.getpid())
    lines = (line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines())
    return [" ".join(f[1:4]) for f in lines if f[1] == "POSIX" and f[4] == process and f[5].endswith(inode)]


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Store:
    """An open database, whose locks are held."""
    opened = Store(tmp_path / "w.db", clock)
    opened.read("SELECT count(*) FROM issues")
    return opened


def _another_writer(path: Path) -> None:
    Store(path, FakeClock()).close()


def _a_run(path: Path) -> None:
    with exclusive_lock(path, FakeClock(), command="reload", run_id="a"):
        ask_to_give_way(path)
        holder(path)


def _a_backup(path: Path) -> None:
    back_up(path, lambda question: answer(path, question), path.parent / "copies", FakeClock().now(), 1)


@pytest.mark.parametrize(
    "work", [_another_writer, _a_run, _a_backup, require_lockable, lambda path: answer(path, data_version)]
)
def test_nothing_in_a_process_that_has_it_open_drops_its_locks(
    store: Store, work: Callable[[Path], None]
) -> None:
    held = _held(store.path)
    assert held
    work(store.path)
    assert _held(store.path) == held
    store.close()


def test_a_reader_without_locks_takes_none_away(tmp_path: Path, clock: FakeClock) -> None:
    """It was opened while nobody wrote; a writer opens the file while it reads."""
    Store(tmp_path / "w.db", clock).close()
    reading = open_reader(tmp_path / "w.db")
    reading.__enter__()
    assert not list(tmp_path.glob("*-wal"))
    writer = Store(tmp_path / "w.db", clock)
    held = _held(writer.path)
    with pytest.raises(DatabaseChangedError):
        reading.__exit__(None, None, None)
    assert held
    assert _held(writer.path) == held
    with closing(sqlite3.connect(writer.path)) as other:
        other.execute("SELECT count(*) FROM issues").fetchall()
    assert (tmp_path / "w.db-wal").exists()
    writer.close()
