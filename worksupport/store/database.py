"""The database opened for writing: created for its owner alone, upgraded in place."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.db import Table

from worksupport.clock import Clock
from worksupport.errors import ConfigurationError, DatabaseError, WorksupportError
from worksupport.schema import migrations
from worksupport.schema_version import SCHEMA_VERSION

_BUSY_STEP_SECONDS = 0.5
_BUSY_PATIENCE_SECONDS = 60.0


class Store:
    """One writer's connection; the caller holds the lock of `worksupport.lock` while it lives."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open `path`, create it (mode 0600) if it is not there, and apply pending migrations.

        Raises ConfigurationError for a path that cannot be our database, DatabaseError for a write that
        fails; the file stays as it was.
        """
        self.path = path
        self.clock = clock
        with _spoken_of(path):
            _create(path)
            self._identity = _identity(path)
            # Half a second at a time: inside SQLite no signal is handled.
            self.connection = sqlite3.connect(path, timeout=_BUSY_STEP_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        self._tables = Database(self.connection)

    def _prepare(self) -> None:
        _refuse_foreign(self.connection, self.path)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("PRAGMA temp_store = MEMORY")
        self.connection.create_function("casefold", 1, str.casefold, deterministic=True)
        migrations.apply(Database(self.connection))

    def table(self, name: str) -> Table:
        """One table, for inserts and updates in sqlite-utils' words; inside `transaction`."""
        return self._tables.table(name)

    def close(self) -> None:
        """Close the connection; what was not committed is rolled back."""
        self.connection.close()

    @contextmanager
    def transaction(self, *, even_if_stopped: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing: begins as a writer, commits at the end of the block.

        `even_if_stopped` is for the record of an interrupted run itself.

        Raises DatabaseError if the disk is full, another program keeps the database locked for 60
        seconds, or the file was replaced meanwhile; InterruptedRunError if a stop was requested.
        """
        with _spoken_of(self.path):
            self._begin(even_if_stopped)
            try:
                yield self.connection
                self._check_identity()
                self.connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def _begin(self, even_if_stopped: bool) -> None:
        give_up_at = self.clock.monotonic() + _BUSY_PATIENCE_SECONDS
        while True:
            if not even_if_stopped:
                self.clock.check()
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or self.clock.monotonic() >= give_up_at:
                    raise

    def _check_identity(self) -> None:
        if _identity(self.path) != self._identity:
            raise DatabaseError(
                f"the database {self.path} was replaced or deleted during the run; nothing more was written",
                "run the command again",
            )


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ConfigurationError unless the file is empty or ours and not newer than this program."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {path} was written by a newer worksupport (schema {version}, this one knows "
            f"{SCHEMA_VERSION})",
            "install the newer version, or name another database with --db",
        )
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "_sqlite_migrations" not in tables:
        raise ConfigurationError(
            f"{path} is the SQLite database of another program", "name another file with --db"
        )


@contextmanager
def _spoken_of(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one sentence about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _sentence(error, path) from error
    except OSError as error:
        raise ConfigurationError(f"cannot write the database {path}: {error.strerror}") from error


def _sentence(error: sqlite3.Error, path: Path) -> WorksupportError:
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith("SQLITE_NOTADB"):
        return ConfigurationError(f"{path} is not a SQLite database", "name another file with --db")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return ConfigurationError(
            f"cannot write the database {path}: the file or its folder is read-only",
            "run as the account that owns it, or name another database with --db",
        )
    if name.startswith("SQLITE_FULL"):
        free = shutil.disk_usage(path.parent).free // 1_000_000
        return DatabaseError(
            f"the disk is full: {path} could not be written; {free} MB are free there",
            "make room and run the command again; what was there before is unchanged",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseError(
            f"another program kept the database {path} locked for {_BUSY_PATIENCE_SECONDS:.0f} seconds"
        )
    return DatabaseError(f"the database {path} could not be written: {error}")
