"""What SQLite and the file system say when a write fails, as one sentence about the database."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worksupport.errors import ConfigurationError, DatabaseError, WorksupportError

BUSY_PATIENCE_SECONDS = 60.0
# A reload writes every issue twice before it is through: aside, and into its place.
_ROOM_FACTOR = 2
_LEAST_ROOM_BYTES = 1_000_000
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


def is_no_room(error: OSError) -> bool:
    """Whether the disk, the quota or a limit left no room for what was to be written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def free_room(folder: Path) -> str:
    """How much is free where `folder` is, in words."""
    return f"{_in_words(shutil.disk_usage(folder).free)} are free there"


def no_room(target: Path, database: Path, what: str = "the disk is full") -> DatabaseError:
    """The sentence for a disk without room: how much is free beside `target`, how much a run needs."""
    return DatabaseError(
        f"{what}: {target} could not be written; {free_room(target.parent)}, a whole run may need "
        f"{_in_words(_room_needed(database))} (twice the size of the database)",
        "make room and run the command again; what was there before is unchanged",
    )


def _room_needed(database: Path) -> int:
    files = [database.with_name(database.name + suffix) for suffix in ("", "-wal")]
    return max(_LEAST_ROOM_BYTES, _ROOM_FACTOR * sum(file.stat().st_size for file in files if file.exists()))


def _in_words(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size // 1000} kB"


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
