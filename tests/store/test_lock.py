"""The lock: one holder, named; released by the kernel; looked at without a trace."""

import fcntl
import json
import os
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
from worksupport.store.lock import (
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
