"""The database opened for writing: created for its owner alone, upgraded in place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.db import Table

from worksupport.clock import Clock
from worksupport.errors import InterruptedRunError
from worksupport.private_files import make_private_folder
from worksupport.schema import migrations
from worksupport.schema_version import SCHEMA_VERSION
from worksupport.store.ownership import OpenedFiles, refuse_foreign
from worksupport.store.troubles import BUSY_PATIENCE_SECONDS, is_busy, spoken_of

# Inside SQLite no signal is handled, so it waits half a second at a time.
_BUSY_STEP_SECONDS = 0.5
# How many steps of a statement SQLite takes between two looks at the stop flag: some milliseconds.
_STEPS_BETWEEN_LOOKS = 100_000
# The process is to end within two seconds; what is left undone, the next run repairs.
_PATIENCE_WHEN_STOPPED_SECONDS = 0.5
_PRAGMAS = ("synchronous = NORMAL", "temp_store = MEMORY")


class Store:
    """One writer's connection; the caller holds the lock of `worksupport.lock` while it lives."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open `path`, create it (mode 0600) if it is not there, and apply pending migrations.

        Raises ConfigurationError for a path that cannot be our database, DatabaseError for a write that
        fails; the file stays as it was.
        """
        self.path = path
        self.clock = clock
        self._ends_when_stopped = False
        with spoken_of(path):
            refuse_foreign(path)
            _create(path)
            self.connection = sqlite3.connect(path, timeout=_BUSY_STEP_SECONDS, isolation_level=None)
            self._files = OpenedFiles(path)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
            self._files = OpenedFiles(path)  # now with what SQLite keeps beside it
        self._tables = Database(self.connection)

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        self._patiently("PRAGMA journal_mode = WAL")
        self.connection.create_function("casefold", 1, str.casefold, deterministic=True)
        self.connection.set_progress_handler(self._is_to_stop, _STEPS_BETWEEN_LOOKS)
        self._migrate()
        # Only now: a migration that builds a table anew would delete what refers to the old one.
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _migrate(self) -> None:
        ((version,),) = self.connection.execute("PRAGMA user_version").fetchall()
        if version < SCHEMA_VERSION:
            with self.transaction():
                migrations.apply(Database(self.connection))

    def table(self, name: str) -> Table:
        """One table, for inserts and updates in sqlite-utils' words; inside `transaction`."""
        return self._tables.table(name)

    def read(self, statement: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, outside of a transaction. Raises DatabaseError."""
        with spoken_of(self.path):
            return self.connection.execute(statement, parameters).fetchall()

    def close(self) -> None:
        """Close the connection; what was not committed is rolled back."""
        # SQLite shuts readers out while the last writer closes: leave it nothing to do then.
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        is_replaced = self._files.is_replaced
        self.connection.close()
        if is_replaced:
            self._files.remove_leftovers()

    @contextmanager
    def transaction(self, *, even_if_stopped: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing: begins as a writer, commits at the end of the block.

        `even_if_stopped` is for the record of an interrupted run itself.

        Raises DatabaseError if the disk is full, another program keeps the database locked for 60
        seconds, or the file was replaced meanwhile; InterruptedRunError if a stop was requested.
        """
        with spoken_of(self.path):
            self._patiently("BEGIN IMMEDIATE", even_if_stopped=even_if_stopped)
            self._ends_when_stopped = not even_if_stopped
            try:
                yield self.connection
                self._files.check()
                self.connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if self._is_to_stop():
                    self.clock.check()
                raise
            finally:
                self._ends_when_stopped = False

    def _patiently(self, statement: str, *, even_if_stopped: bool = False) -> None:
        """Execute what another program's lock can hold up, again and again until patience ends."""
        began = self.clock.monotonic()
        while True:
            patience = self._patience(even_if_stopped)
            try:
                self.connection.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or self.clock.monotonic() - began >= patience:
                    raise

    def _is_to_stop(self) -> bool:
        """Whether a stop request is to break off the transaction under way."""
        try:
            self.clock.check()
        except InterruptedRunError:
            return self._ends_when_stopped
        return False

    def _patience(self, even_if_stopped: bool) -> float:
        try:
            self.clock.check()
        except InterruptedRunError:
            if not even_if_stopped:
                raise
            return _PATIENCE_WHEN_STOPPED_SECONDS
        return BUSY_PATIENCE_SECONDS


def _create(path: Path) -> None:
    make_private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
