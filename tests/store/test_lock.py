"""The lock: one holder, named; released by the kernel; looked at without a trace."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from worksupport.errors import (
    ConfigurationError,
    DatabaseError,
    InterruptedRunError,
    LockedError,
    WorksupportError,
)
from worksupport.store.database import Store
from worksupport.store.lock import (
    ask_to_give_way,
    exclusive_lock,
    holder,
    is_held,
    lock_path,
)


def _hold(database: Path, clock: FakeClock, run_id: str = "abc"):  # type: ignore[no-untyped-def]
    return exclusive_lock(database, clock, command="reload", run_id=run_id)


def test_the_holder_is_named(tmp_path: Path, clock: FakeClock) -> None:
    database = tmp_path / "w.db"
    with _hold(database, clock), pytest.raises(LockedError) as refused, _hold(database, clock):
        pass
    assert f"reload, pid {os.getpid()}, since 2026-11-22T12:00:00.000Z, run abc" in refused.value.message
    assert refused.value.exit_code == 11
    assert clock.elapsed == pytest.approx(1.0, abs=0.15)


def test_a_former_holder_is_not_taken_for_the_present_one(tmp_path: Path, clock: FakeClock) -> None:
    """The next one holds the lock for a moment before it has written its name."""
    database = tmp_path / "w.db"
    with _hold(database, clock):
        assert "run abc" in str(holder(database))
    assert holder(database) is None
    with open(lock_path(database), "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert holder(database) == "it has not said its name yet"


def test_waiting_ends_when_the_lock_is_free_and_tells_at_each_try(tmp_path: Path, clock: FakeClock) -> None:
    database, tries = tmp_path / "w.db", []
    first = _hold(database, clock)
    first.__enter__()

    def while_waiting() -> None:
        tries.append(clock.elapsed)
        if len(tries) == 30:
            first.__exit__(None, None, None)

    with exclusive_lock(
        database, clock, command="reload", run_id="b", wait_seconds=60, while_waiting=while_waiting
    ):
        assert 2.5 < clock.elapsed < 3.5
        assert json.loads(lock_path(database).read_bytes())["run_id"] == "b"


def test_who_holds_it_hears_that_another_run_wants_it(tmp_path: Path, clock: FakeClock) -> None:
    """But not what was said to the one before; and it is said once, however often it is tried."""
    database = tmp_path / "w.db"
    with _hold(database, clock, "first") as first:
        assert not first.is_to_give_way
        ask_to_give_way(database)
        said = lock_path(database).read_bytes()
        ask_to_give_way(database)
        assert first.is_to_give_way
        assert lock_path(database).read_bytes() == said
        assert "run first" in str(holder(database))
    with _hold(database, clock, "second") as second:
        with open(lock_path(database), "ab") as late:
            late.write(said)
        assert not second.is_to_give_way
        ask_to_give_way(database)
        assert second.is_to_give_way


def test_a_stop_request_ends_the_wait(tmp_path: Path, clock: FakeClock) -> None:
    database = tmp_path / "w.db"
    waiting = exclusive_lock(database, clock, command="harvest", run_id="b", wait_seconds=600)
    with _hold(database, clock):
        clock.request_stop()
        with pytest.raises(InterruptedRunError):
            waiting.__enter__()


def test_looking_leaves_no_file_and_keeps_nothing(tmp_path: Path, clock: FakeClock) -> None:
    database = tmp_path / "w.db"
    assert not is_held(database)
    assert not lock_path(database).exists()
    with _hold(database, clock):
        assert is_held(database)
    assert not is_held(database)
    with _hold(database, clock):  # the file stays, and is no lock by itself
        pass


def test_two_names_of_one_database_share_one_lock(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "w.db")
    assert lock_path(tmp_path / "link.db") == lock_path(tmp_path / "w.db")


@pytest.mark.parametrize(
    ("number", "expected"), [(28, DatabaseError), (37, ConfigurationError)], ids=["ENOSPC", "ENOLCK"]
)
def test_what_the_file_system_refuses_is_one_sentence(
    tmp_path: Path,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    expected: type[WorksupportError],
) -> None:
    def refuse(descriptor: int, kind: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(expected) as refused, _hold(tmp_path / "w.db", clock):
        pass
    assert ("on a local disk" in refused.value.hint) == (number == 37)


def test_no_room_for_a_name_stops_nobody(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    with _hold(tmp_path / "w.db", clock):
        assert holder(tmp_path / "w.db") == "it has not said its name yet"


@pytest.mark.parametrize("kind", ["link", "link to the database", "hard link", "pipe", "folder"])
def test_what_was_planted_in_the_lock_s_place_is_refused_and_left_alone(
    tmp_path: Path, clock: FakeClock, kind: str
) -> None:
    """Each run would empty it; those that only look would wait for a pipe for ever."""
    precious, database = tmp_path / "precious", tmp_path / "w.db"
    for file in (precious, database):
        file.write_text("important")
    path = lock_path(database)
    plant: dict[str, Callable[[], None]] = {
        "link": lambda: path.symlink_to(precious),
        "link to the database": lambda: path.symlink_to(database),
        "hard link": lambda: path.hardlink_to(precious),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    plant[kind]()
    with pytest.raises(ConfigurationError), _hold(database, clock):
        pass
    assert not is_held(database)
    assert holder(database) is None
    assert {precious.read_text(), database.read_text()} == {"important"}


def test_a_lock_file_that_was_removed_lets_nothing_more_be_written(tmp_path: Path, clock: FakeClock) -> None:
    database = tmp_path / "w.db"
    with exclusive_lock(database, clock, command="reload", run_id="1") as lock:
        store = Store(database, clock, lock.check)
        lock_path(database).unlink()
        with exclusive_lock(database, clock, command="recover", run_id="2"):
            pass
        with pytest.raises(DatabaseError, match="was removed or replaced"), store.transaction() as connection:
            connection.execute("DELETE FROM issue_types")
        store.close()


def test_a_lock_file_that_goes_while_we_wait_is_waited_for_anew(tmp_path: Path, clock: FakeClock) -> None:
    """Two that wait must not end up with a lock each."""
    database = tmp_path / "w.db"
    other = os.open(lock_path(database), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(other, fcntl.LOCK_EX)

    def remove() -> None:
        lock_path(database).unlink(missing_ok=True)
        os.close(other)

    with exclusive_lock(
        database, clock, command="harvest", run_id="1", wait_seconds=5, while_waiting=_once(remove)
    ) as lock:
        assert lock.is_at_path
        assert is_held(database)


def _once(act: Callable[[], None]) -> Callable[[], None]:
    left = [act]
    return lambda: left.pop()() if left else None
