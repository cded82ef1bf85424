"""What SQLite and the file system say when a write fails, as one sentence about the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worksupport.disk_room import is_no_room, no_room
from worksupport.errors import ConfigurationError, DatabaseError, WorksupportError

BUSY_PATIENCE_SECONDS = 60.0
# A write that found no room does not always say so: past a quota or a size limit it is an I/O error.
_WRITE_FAILED = ("WRITE", "FSYNC", "TRUNCATE", "SHMSIZE", "SHMMAP", "SHMOPEN")


@contextmanager
def spoken_of(path: Path) -> Iterator[None]:
    """Turn what goes wrong inside into one sentence about the database at `path`.

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


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else is writing: another try may work."""
    return _name(error).startswith("SQLITE_BUSY")


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""


def _sentence(error: sqlite3.Error, path: Path) -> WorksupportError:
    name = _name(error)
    if name.startswith("SQLITE_NOTADB"):
        return ConfigurationError(f"{path} is not a SQLite database", "name another file with --db")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return ConfigurationError(
            f"cannot write the database {path}: the file or its folder is read-only",
            "run as the account that owns it, or name another database with --db",
        )
    if name.startswith("SQLITE_FULL"):
        return no_room(path, path)
    if name.startswith(tuple(f"SQLITE_IOERR_{step}" for step in _WRITE_FAILED)):
        return no_room(path, path, "the disk is full, limited or failing")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseError(
            f"another program kept the database {path} locked for {BUSY_PATIENCE_SECONDS:.0f} seconds"
        )
    return DatabaseError(f"the database {path} could not be written: {error}", "see `worksupport check`")
