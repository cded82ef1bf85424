"""The database opened for writing: created for its owner alone, upgraded in place."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

from worksupport.clock import Clock
from worksupport.errors import ConfigurationError, DatabaseError, InterruptedRunError, WorksupportError
from worksupport.model.filters import folded_or_null
from worksupport.model.state import DEFAULT_RULES, StateRules
from worksupport.store.disk import is_no_room, make_private_folder, no_room
from worksupport.store.file import OpenedFiles, beside, check_kind, file_uri, schema_of, sqlite_error
from worksupport.store.place import require_one_place
from worksupport.store.schema import MIGRATIONS, SCHEMA_VERSION
from worksupport.store.views import are_views_there, make_views

_WORTH_IT = 10  # where so many times what is free is as much as all
_BUSY_SECONDS = 60.0
# Inside SQLite no signal is handled, so it waits half a second at a time.
_BUSY_STEP_SECONDS = 0.5
# How many steps of a statement SQLite takes between two looks at the stop flag: some milliseconds.
_STEPS_BETWEEN_LOOKS = 100_000
# The process is to end within two seconds; what is left undone, the next run repairs.
_BUSY_SECONDS_WHEN_STOPPED = 0.5
# `model/state.py` as SQL, of the row that `{row}` names.
STATE = (
    "issue_state({row}.status, {row}.status_category, {row}.state_reason, {row}.resolution, {row}.labels,"
    " {row}.flagged)"
)
# What a whole reload merges is larger than a run may be: SQLite keeps it in files that nobody sees.
_PRAGMAS = ("synchronous = NORMAL", "temp_store = FILE")
# A write that found no room does not always say so: past a quota or a size limit it is an I/O error.
_WRITE_FAILED = tuple(
    f"SQLITE_IOERR_{step}" for step in ("WRITE", "FSYNC", "TRUNCATE", "SHMSIZE", "SHMMAP", "SHMOPEN")
)


def _migrations() -> Migrations:
    """The frozen texts of `schema` as sqlite-utils applies them: each once, in a transaction, and noted."""
    made = Migrations("worksupport")
    for name, statements in MIGRATIONS.items():

        @made(name=name)
        def apply(database: Database, statements: tuple[str, ...] = statements) -> None:
            for statement in statements:
                database.execute(statement)

    return made


migrations = _migrations()


class Store:
    """One writer's connection; the caller holds the lock of `store/lock.py` while it lives."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        before_commit: Callable[[], None] = lambda: None,
        rules: StateRules = DEFAULT_RULES,
    ) -> None:
        """Open `path`, create it (mode 0600) if it is not there, and apply pending migrations.

        `before_commit` raises if nothing more may be written: the caller's lock is gone. `rules`: by which
        the issues' states are decided.

        Raises ConfigurationError for a path that cannot be our database, DatabaseError for a write that
        fails; the file stays as it was.
        """
        self.path = path
        self.clock = clock
        self._before_commit = before_commit
        self._rules = rules
        self._ends_when_stopped = False
        with _sentences(path):
            _refuse_foreign(path)
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
        self.connection.create_function("casefold", 1, folded_or_null, deterministic=True)
        self.connection.create_function("issue_state", 6, self._state, deterministic=True)
        self.connection.set_progress_handler(self._is_to_stop, _STEPS_BETWEEN_LOOKS)
        self._migrate()
        # Only now: a migration that builds a table anew would delete what refers to the old one.
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _state(self, *columns: Any) -> str:
        status, category, reason, resolution, labels, flagged = columns
        return self._rules.state(
            status, category, reason, resolution, json.loads(labels or "[]"), bool(flagged)
        )

    def _migrate(self) -> None:
        ((version,),) = self.connection.execute("PRAGMA user_version").fetchall()
        if version < SCHEMA_VERSION:
            with self.transaction():
                migrations.apply(Database(self.connection))
                # A database rebuilt by .dump or .recover has every table, but lost the number.
                self.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if not are_views_there(self.connection):
            with self.transaction() as connection:
                make_views(connection)
        if not self.connection.execute("SELECT 1 FROM data_state").fetchone():  # lost in a damaged file
            with self.transaction() as connection:
                connection.execute("INSERT INTO data_state (id, data_version) VALUES (1, 0)")

    def table(self, name: str) -> Table:
        """One table, for inserts and updates in sqlite-utils' words; inside `transaction`."""
        return self._tables.table(name)

    def read(self, statement: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, outside of a transaction. Raises DatabaseError."""
        with _sentences(self.path):
            return self.connection.execute(statement, parameters).fetchall()

    def give_room_back(self) -> None:
        """Make the file as small as what it holds, where a tenth of it is free; nothing if that cannot be."""
        ((pages,),) = self.connection.execute("PRAGMA page_count").fetchall()
        ((free,),) = self.connection.execute("PRAGMA freelist_count").fetchall()
        if free * _WORTH_IT >= pages and not self._files.is_replaced:
            self._ends_when_stopped = True
            try:
                self.connection.execute("VACUUM")
            except sqlite3.Error:  # the disk is full, somebody writes, or a stop was requested
                return
            finally:
                self._ends_when_stopped = False

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
        with _sentences(self.path):
            self._patiently("BEGIN IMMEDIATE", even_if_stopped=even_if_stopped)
            self._ends_when_stopped = not even_if_stopped
            try:
                yield self.connection
                self._files.check()
                self._before_commit()
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
        """Execute what another program's lock can hold up, again and again for a while."""
        began = self.clock.monotonic()
        while True:
            seconds = self._busy_seconds(even_if_stopped)
            try:
                self.connection.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self.clock.monotonic() - began >= seconds:
                    raise

    def _is_to_stop(self) -> bool:
        """Whether a stop request is to break off the transaction under way."""
        try:
            self.clock.check()
        except InterruptedRunError:
            return self._ends_when_stopped
        return False

    def _busy_seconds(self, even_if_stopped: bool) -> float:
        try:
            self.clock.check()
        except InterruptedRunError:
            if not even_if_stopped:
                raise
            return _BUSY_SECONDS_WHEN_STOPPED
        return _BUSY_SECONDS


def raise_data_version(connection: sqlite3.Connection, now: str, *, are_issues_same: bool = False) -> int:
    """Raise the number of the data; every write that changes an answer does, in its transaction. Returns it.

    `are_issues_same`: only what is told of runs and of the past has changed; else what was settled is true no
    longer (`store/settled.py`).

    To at least the milliseconds since 1970 of `now` (UTC text), so that a copy restored from a backup does
    not use the numbers of the lost one again.
    """
    milliseconds = int(datetime.fromisoformat(now).timestamp() * 1000)
    connection.execute("UPDATE data_state SET data_version = max(data_version + 1, ?)", [milliseconds])
    if not are_issues_same:
        connection.execute("UPDATE data_state SET is_settled = 0")
    ((version,),) = connection.execute("SELECT data_version FROM data_state")
    return int(version)


def _create(path: Path) -> None:
    """An empty file for its owner alone, where there is none.

    One that is there is never opened by hand: to close it drops the locks that SQLite holds for the threads
    of this process (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    make_private_folder(path.parent)
    with suppress(FileExistsError):
        os.close(os.open(os.path.realpath(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _refuse_foreign(path: Path) -> None:
    """Look at the file without touching it; nothing there, or an empty one, is fine.

    Raises what `check_kind` and `schema_of` raise; sqlite3.Error for what cannot be read.
    """
    if not path.exists():
        return
    check_kind(path)
    require_one_place(path)
    # A quiet database's folder stays as it is; what a crash left has to be read.
    if os.path.exists(beside(path, "-journal")):
        mode = "mode=rw"
    elif os.path.exists(beside(path, "-wal")):
        mode = "mode=ro"
    else:
        mode = "mode=ro&immutable=1"
    with closing(sqlite3.connect(file_uri(path, mode), uri=True)) as connection:
        schema_of(connection, path)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say inside into one sentence about the database at `path`.

    Raises DatabaseError (no room, damaged, locked by another program) or ConfigurationError (read-only,
    not a database).
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _sentence(error, path) from error
    except OSError as error:
        if is_no_room(error):
            raise no_room(path, path) from error
        raise ConfigurationError(f"cannot write the database {path}: {error.strerror}") from error


def _sentence(error: sqlite3.Error, path: Path) -> WorksupportError:
    name = _error_name(error)
    if name.startswith("SQLITE_FULL"):
        return no_room(path, path)
    if name.startswith(_WRITE_FAILED):
        return no_room(path, path, "the disk is full, limited or failing")
    if _is_busy(error) or name.startswith("SQLITE_LOCKED"):
        return DatabaseError(
            f"another program kept the database {path} locked for {_BUSY_SECONDS:.0f} seconds"
        )
    return sqlite_error(error, path, "could not be written")


def _is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else is writing: another try may work."""
    return _error_name(error).startswith("SQLITE_BUSY")


def _error_name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""
