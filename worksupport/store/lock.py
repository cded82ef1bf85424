"""One writer at a time: an flock beside the database, released by the kernel, so it cannot go stale."""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from worksupport.clock import Clock
from worksupport.errors import ConfigurationError, DatabaseError, LockedError, WorksupportError
from worksupport.store.disk import is_no_room, make_private_folder
from worksupport.store.file import beside

# Absorbs the moment for which `history`, `check` and `/health` hold it to look.
_GRACE_SECONDS = 1.0
_STEP_SECONDS = 0.1
# A link that somebody planted is not followed, and a pipe not waited for.
_LOOKING = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ASKING = _LOOKING | os.O_RDWR | os.O_APPEND
# Its first line names the holder, each further one a run that is asked to give way.
_LONGEST_BYTES = 64 * 1024


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
) -> "Iterator[HeldLock]":
    """Hold the lock of `database` while inside; `while_waiting` is called at each vain try.

    Raises LockedError naming the holder if it is still taken after `wait_seconds` (at least one
    second), InterruptedRunError if a stop was requested meanwhile, ConfigurationError or DatabaseError if
    there can be no lock file.
    """
    path = lock_path(database)
    give_up_at = clock.monotonic() + max(_GRACE_SECONDS, wait_seconds)
    while True:
        descriptor = _open(path)
        try:
            _acquire(descriptor, path, clock, give_up_at, while_waiting)
            lock = HeldLock(descriptor, path, run_id)
            if not lock.is_at_path:  # somebody has removed the file that we waited for
                continue
            _write_holder(descriptor, command, run_id, clock)
            try:
                yield lock
            finally:
                _clear_holder(descriptor)
            return
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class HeldLock:
    """The lock while it is held. Who removes its file lets a second run begin beside the first."""

    descriptor: int
    path: Path
    run_id: str

    @property
    def is_to_give_way(self) -> bool:
        """Whether another run has asked this one to end (`ask_to_give_way`)."""
        return _request(self.run_id) in os.pread(self.descriptor, _LONGEST_BYTES, 0)

    @property
    def is_at_path(self) -> bool:
        """Whether the file that is locked is the one that others find."""
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return False
        return os.path.samestat(os.fstat(self.descriptor), there)

    def check(self) -> None:
        """Raise DatabaseError if the file was removed or replaced: then nothing more may be written."""
        if not self.is_at_path:
            raise DatabaseError(
                f"the lock {self.path} was removed or replaced while this run held it; another run may have"
                " begun, so this one ends",
                "leave that file alone; worksupport recover puts things right",
            )


def _open(path: Path) -> int:
    """The lock file, made if it is not there. Raises ConfigurationError for anything but a file of ours."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        make_private_folder(path.parent)
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise _planted(path, "a link") from error
        raise _without_lock(error, path) from error
    if what := _oddity(os.fstat(descriptor)):
        os.close(descriptor)
        raise _planted(path, what)
    return descriptor


def _oddity(status: os.stat_result) -> str:
    """Why this cannot be a lock file of ours: it would be emptied, whatever it is."""
    if not stat.S_ISREG(status.st_mode):
        return "no regular file"
    if status.st_nlink > 1:
        return "a file with a second name"
    return "a file of another account" if status.st_uid != os.geteuid() else ""


def _planted(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"the lock {path} is {what}", "find out who put it there, remove it, and run the command again"
    )


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
    descriptor: int, path: Path, clock: Clock, give_up_at: float, while_waiting: Callable[[], None]
) -> None:
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
        os.pwrite(descriptor, json.dumps(holder).encode() + b"\n", 0)


def _clear_holder(descriptor: int) -> None:
    """So that nobody takes us for the next one, who has not written its name yet."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)


def _described(path: Path) -> str:
    try:
        with open(os.open(path, _LOOKING), "rb") as file:
            holder = json.loads(file.readline(_LONGEST_BYTES))
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
        descriptor = os.open(path if path.is_file() else path.parent, _LOOKING)
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
        descriptor = os.open(lock_path(database), _LOOKING)
    except OSError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def ask_to_give_way(database: Path) -> None:
    """Ask the run that holds the lock to end; a reload looks at it at every page and before it swaps.

    Asked through the lock file: a second connection to the database would be in the way of what SQLite does
    there. Quietly does nothing where nobody can be asked: the caller asks again.
    """
    try:
        with open(os.open(lock_path(database), _ASKING), "r+b", buffering=0) as file:
            text = file.read(_LONGEST_BYTES)
            request = _request(json.loads(text.partition(b"\n")[0])["run_id"])
            if request not in text and not _oddity(os.fstat(file.fileno())):
                file.write(request)
    except (OSError, ValueError, KeyError, TypeError):
        return


def _request(run_id: str) -> bytes:
    return f"\n{run_id} is asked to give way\n".encode()
