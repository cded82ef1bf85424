"""Is this file ours to write, and is it still the one that we opened?"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from worksupport.errors import ConfigurationError, DatabaseError
from worksupport.schema_version import SCHEMA_VERSION

_NAME_ANOTHER = "name another file with --db"
_BOOKKEEPING = {"_sqlite_migrations", "sqlite_sequence"}


def refuse_foreign(path: Path) -> None:
    """Look at the file without touching it; nothing there, or an empty one, is fine.

    Raises ConfigurationError for what is not a database, not ours, or written by a newer worksupport;
    sqlite3.Error for what cannot be read.
    """
    if not path.exists():
        return
    if not path.is_file():
        raise ConfigurationError(f"{path} is not a file", _NAME_ANOTHER)
    with closing(_look(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        statement = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = {name for (name,) in connection.execute(statement)} - _BOOKKEEPING
    if tables and not {"issues", "data_state"} <= tables:
        raise ConfigurationError(f"{path} is the SQLite database of another program", _NAME_ANOTHER)
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {path} was written by a newer worksupport (schema {version}, this one knows "
            f"{SCHEMA_VERSION})",
            "install the newer version, or name another database with --db",
        )


def _look(path: Path) -> sqlite3.Connection:
    """A connection that leaves a quiet database's folder as it is; what a crash left it has to read."""
    if _beside(path, "-journal").exists():
        mode = "mode=rw"
    elif _beside(path, "-wal").exists():
        mode = "mode=ro"
    else:
        mode = "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)


def _beside(path: Path, suffix: str) -> Path:
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + suffix)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class OpenedFiles:
    """The database and the two files that SQLite keeps beside it, as they were when we opened them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = _identity(path)
        self._beside = [_beside(path, suffix) for suffix in ("-wal", "-shm")]
        self._identities = [_identity(file) for file in self._beside]

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
        for file, identity in zip(self._beside, self._identities, strict=True):
            if identity and _identity(file) == identity:
                with suppress(OSError):
                    file.unlink()
