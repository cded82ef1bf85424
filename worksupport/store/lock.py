"""One writer at a time: an flock beside the database, released by the kernel, so it cannot go stale."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from worksupport.clock import Clock
from worksupport.errors import ConfigurationError, DatabaseError, LockedError, WorksupportError
from worksupport.store.disk import is_no_room, make_private_folder
from worksupport.store.file import beside

# Absorbs the moment for which `history`, `check` and `/health` hold it to look.
_GRACE_SECONDS = 1.0
_STEP_SECONDS = 0.1
_IS_RUNNING = "SELECT 1 FROM reload_tracking WHERE status = 'running' AND stop_requested = 0"
_ASK = "UPDATE reload_tracking SET stop_requested = 1 WHERE status = 'running' AND stop_requested = 0"


def lock_path(database: Path) -> Path:
    """Where the lock of this database is: beside the real file, whatever link led to it.

    Raises ConfigurationError for the root folder, beside which nothing is.
    """
    path = Path(beside(database, ".lock"))
    if path.name == ".lock":
        raise ConfigurationError(f"{path.parent} is a folder, not a database", "name another file with --db")
    return path


@contextmanager
def exclusive_lock(
    database: Path,
    clock: Clock,
    *,
    command: str,
    run_id: str,
    wait_seconds: float = 0.0,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold the lock of `database` while inside; `while_waiting` is called at each vain try.

    Raises LockedError naming the holder if it is still taken after `wait_seconds` (at least one
    second), InterruptedRunError if a stop was requested meanwhile, ConfigurationError or DatabaseError if
    there can be no lock file.
    """
    path = lock_path(database)
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, clock, max(_GRACE_SECONDS, wait_seconds), while_waiting)
        _write_holder(descriptor, command, run_id, clock)
        try:
            yield
        finally:
            _clear_holder(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        make_private_folder(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _without_lock(error, path) from error


def _without_lock(error: OSError, path: Path) -> WorksupportError:
    if is_no_room(error):
        return DatabaseError(f"the disk is full: there is no room for the lock {path}", "make room")
    return ConfigurationError(
        f"cannot lock the database with {path}: {error.strerror}",
        "run as the account that owns the database, or name another one with --db",
    )


def _unlockable(error: OSError, path: Path) -> WorksupportError:
    """Some network and user-space file systems know no flock."""
    if is_no_room(error):
        return _without_lock(error, path)
    return ConfigurationError(
        f"the file system of {path.parent} cannot lock files: {error.strerror}",
        "keep the database on a local disk: set database.path, or name it with --db",
    )


def _acquire(
    descriptor: int, path: Path, clock: Clock, patience_seconds: float, while_waiting: Callable[[], None]
) -> None:
    give_up_at = clock.monotonic() + patience_seconds
    while not _try_exclusive(descriptor, path):
        if clock.monotonic() >= give_up_at:
            raise LockedError(
                f"another run is working on this database: {_described(path)}",
                "wait for it with --wait SECONDS, or look at it: worksupport history",
            )
        while_waiting()
        clock.sleep(_STEP_SECONDS)


def _try_exclusive(descriptor: int, path: Path) -> bool:
    try:
        return _try(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise _unlockable(error, path) from error


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(descriptor: int, command: str, run_id: str, clock: Clock) -> None:
    holder = {"pid": os.getpid(), "command": command, "started_at": clock.now_text(), "run_id": run_id}
    # The name is a courtesy: a disk without room for it does not stop a run.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _clear_holder(descriptor: int) -> None:
    """So that nobody takes us for the next one, who has not written its name yet."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)


def _described(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        return (
            f"{holder['command']}, pid {holder['pid']}, since {holder['started_at']}, run {holder['run_id']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said its name yet"


def holder(database: Path) -> str | None:
    """Who is working on `database` now, in words; None if nobody is. Looks as `is_held` does."""
    return _described(lock_path(database)) if is_held(database) else None


def require_lockable(database: Path) -> None:
    """Raise ConfigurationError if the database's file system knows no locks; creates no file."""
    path = lock_path(database)
    try:
        descriptor = os.open(path if path.exists() else path.parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # another check tells who may not read what
    try:
        _try(descriptor, fcntl.LOCK_SH)
    except OSError as error:
        raise _unlockable(error, path) from error
    finally:
        os.close(descriptor)


def is_held(database: Path) -> bool:
    """Whether a run is working on `database` now; never keeps the lock and creates no file."""
    try:
        descriptor = os.open(lock_path(database), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def ask_running_reload_to_stop(database: Path) -> None:
    """Set `stop_requested` on a running reload; it looks at it at every page and before it swaps.

    Quietly does nothing where there is no database yet, or it is busy: the caller asks again.
    """
    address = f"{database.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=0.1, isolation_level=None)) as connection:
            # An UPDATE of no row would still take the write lock, ten times a second.
            if connection.execute(_IS_RUNNING).fetchone():
                connection.execute(_ASK)
    except sqlite3.Error:
        return
