"""Is this file our database, of which schema, and what does SQLite say of it: one answer for both halves.

Every start of a reading command loads this: it imports little.
"""

import os
import sqlite3
import stat
from contextlib import suppress

from worksupport.errors import ConfigurationError, DatabaseError
from worksupport.store.schema import SCHEMA_VERSION

Location = str | os.PathLike[str]

_OLDEST_SQLITE = (3, 34)
_HAS_FTS5 = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"
_OURS = {"issues", "data_state"}
_NAME_OURS = "name the database file with --db PATH or WORKSUPPORT_DB"
_CREATE_IT = "create it with `worksupport harvest`, or look around with `worksupport demo`"
_OWNED = "one account owns it: run as that account; others read a copy made by `worksupport backup`"


def file_uri(path: Location, mode: str) -> str:
    """The path, absolute or relative, as https://sqlite.org/uri.html (section 3.1) has it."""
    escaped = os.fspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file://{escaped}?{mode}" if os.path.isabs(path) else f"file:./{escaped}?{mode}"


def beside(path: Location, suffix: str) -> str:
    """The file of that ending which SQLite, or our lock, keeps beside the real database."""
    return os.path.realpath(path) + suffix


def check_kind(path: Location) -> None:
    """Raise ConfigurationError if there is no file at `path`, or something else than a file."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the path
        raise ConfigurationError(f"there is no database at {path}", _CREATE_IT) from error
    except OSError as error:
        raise ConfigurationError(f"the database {path} cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise ConfigurationError(f"{path} is a folder, not a database", _NAME_OURS)
    if not stat.S_ISREG(mode):
        raise ConfigurationError(f"{path} is not a database file", _NAME_OURS)


def schema_of(connection: sqlite3.Connection, path: Location) -> int | None:
    """The number of the file's schema; None if there is nothing in it yet.

    Raises ConfigurationError for another program's database, for one that a newer worksupport wrote, and for
    a SQLite that is too old to read ours.
    """
    _check_library(connection)
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables - {"_sqlite_migrations", "sqlite_sequence"}:
        return None
    if not tables >= _OURS:
        raise ConfigurationError(f"{path} is a database of another program", _NAME_OURS)
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {path} was written by a newer worksupport (schema {version}, this one knows "
            f"{SCHEMA_VERSION})",
            "install the newer version, or name another database with --db",
        )
    return int(version)


def require_filled(version: int | None, path: Location) -> int:
    """The schema's number. Raises ConfigurationError for a file with nothing in it yet (None)."""
    if version is None:
        raise ConfigurationError(f"the database {path} is empty", _CREATE_IT)
    return version


def _check_library(connection: sqlite3.Connection) -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ConfigurationError(
            f"this Python has SQLite {sqlite3.sqlite_version}; 3.34 or newer is needed",
            "use a newer Python",
        )
    if not connection.execute(_HAS_FTS5).fetchone():
        raise ConfigurationError(
            "this Python's SQLite lacks FTS5, its full-text search", "use another build of Python"
        )


def sqlite_error(error: sqlite3.Error, path: Location, what: str) -> ConfigurationError | DatabaseError:
    """What SQLite says, as a sentence about the database at `path`; `what` went wrong: "cannot be read"."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith("SQLITE_NOTADB"):
        return ConfigurationError(f"{path} is not a database", _NAME_OURS)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return ConfigurationError(f"the database {path} {what}: {error}", _OWNED)
    return DatabaseError(f"the database {path} {what}: {error}", "see `worksupport check`")


class OpenedFiles:
    """The database and the two files that SQLite keeps beside it, as they were when we opened them."""

    def __init__(self, path: Location) -> None:
        self._path = path
        self._database = _identity(path)
        names = [beside(path, suffix) for suffix in ("-wal", "-shm")]
        self._beside = {name: _identity(name) for name in names}

    @property
    def is_replaced(self) -> bool:
        """Whether another file, or none, has the database's name now."""
        return _identity(self._path) != self._database

    def check(self) -> None:
        """Raise DatabaseError if the database was replaced or deleted."""
        if self.is_replaced:
            raise DatabaseError(
                f"the database {self._path} was replaced or deleted during the run; nothing more was written",
                "run the command again",
            )

    def remove_leftovers(self) -> None:
        """Remove our write-ahead log: SQLite would take it for that of the file now there."""
        for name, identity in self._beside.items():
            if identity and _identity(name) == identity:
                with suppress(OSError):
                    os.unlink(name)


def _identity(path: Location) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
