"""How far each address of `notify` was told; written without the lock of runs, which may go on meanwhile."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from worksupport.clock import Clock
from worksupport.errors import DatabaseError, LockedError
from worksupport.store.database import Store
from worksupport.store.file import beside
from worksupport.store.lock import exclusive_lock
from worksupport.store.schema import SCHEMA_VERSION

_FIND = "SELECT through, until FROM notices WHERE address = ? AND filters = ?"
_NEWEST = "SELECT max(until) FROM notices WHERE address = ?"
_KEEP = """
INSERT INTO notices (address, filters, through, until) VALUES (?, ?, ?, ?)
ON CONFLICT (address, filters) DO UPDATE SET through = excluded.through, until = excluded.until
"""


@dataclass(frozen=True)
class Cursor:
    """Up to which change (its number) and to when (UTC text) it was told."""

    through: int
    until: str


def find_cursor(connection: sqlite3.Connection, url: str, filters: str) -> Cursor | None:
    """How far `url` was told of what these filters keep; None if never."""
    found = connection.execute(_FIND, [_digest(url), filters]).fetchone()
    return Cursor(*found) if found else None


def told_until(connection: sqlite3.Connection, url: str) -> str | None:
    """Up to when `url` was told of anything (UTC text); None if never."""
    ((until,),) = connection.execute(_NEWEST, [_digest(url)])
    return None if until is None else str(until)


def keep_cursor(path: Path, clock: Clock, url: str, filters: str, cursor: Cursor) -> None:
    """Note how far `url` is told. Raises DatabaseError or ConfigurationError where that cannot be written."""
    with closing(Store(path, clock)) as store, store.transaction() as connection:
        connection.execute(_KEEP, [_digest(url), filters, cursor.through, cursor.until])


def require_current(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError for a file of an older schema: only who holds the lock of runs may upgrade it."""
    ((version,),) = connection.execute("PRAGMA main.user_version")
    if version < SCHEMA_VERSION:
        raise DatabaseError(
            "an older worksupport wrote this database: there is no place in it for how far was told",
            "worksupport harvest makes one",
        )


@contextmanager
def told_by_one(path: Path, clock: Clock, wait_seconds: float) -> Iterator[None]:
    """While inside, nobody else tells of the database at `path`.

    Another is waited for: cron starts those of two teams in the same minute. Raises LockedError if it takes
    longer.
    """
    place = Path(beside(path, "-notify"))
    try:
        with exclusive_lock(place, clock, command="notify", run_id="none", wait_seconds=wait_seconds):
            yield
    except LockedError as error:
        raise LockedError(
            "another notify is at work on this database",
            "nothing is lost: run it again when that has ended",
        ) from error


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
