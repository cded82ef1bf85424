"""Opening the database for one answer: read-only, one transaction, no file created, no lock waited for.

Every start of a reading command loads this: it imports little.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from worksupport.errors import ConfigurationError, DatabaseError
from worksupport.schema_version import SCHEMA_VERSION

# What a type checker takes for true. In the few modules with which `keys --json` starts it stands in place of
# typing.TYPE_CHECKING: to load `typing` takes longer than to make an answer.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    _Answer = TypeVar("_Answer")

Location = str | os.PathLike[str]
_ATTEMPTS = 5
_NAME_OURS = "name the database file with --db PATH or WORKSUPPORT_DB"
_CREATE_IT = "create it with `worksupport harvest`, or look around with `worksupport demo`"


class DatabaseChangedError(DatabaseError):
    """The database was written to while it was read without locks: the answer is worth nothing, ask again."""


def answer(path: Location, question: "Callable[[sqlite3.Connection], _Answer]") -> "_Answer":
    """What `question(connection)` returns, asked of the database at `path`; again if that changed meanwhile.

    Raises what `open_reader` and the question raise.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            with open_reader(path) as connection:
                return question(connection)
        except DatabaseChangedError:
            continue
    with open_reader(path) as connection:
        return question(connection)


@contextmanager
def open_reader(path: Location) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the database at `path`, inside one read transaction; rows are tuples.

    Raises ConfigurationError (no database, not one of ours, another schema), DatabaseError (unreadable or
    damaged) and, when the body is done, DatabaseChangedError.
    """
    _check_file(path)
    before = _fingerprint(path)
    try:
        with closing(_connect(path, nobody_writes=before is not None)) as connection:
            connection.execute("BEGIN")
            _check_schema(connection, path)
            yield connection
    except sqlite3.Error as error:
        if before != _fingerprint(path):
            raise DatabaseChangedError(f"the database {path} changed while it was read") from error
        raise _translated(error, path) from error
    if before is not None and before != _fingerprint(path):
        raise DatabaseChangedError(f"the database {path} changed while it was read")


def data_version(connection: sqlite3.Connection) -> int:
    """The number that every write raises when it changes an answer."""
    ((version,),) = connection.execute("SELECT data_version FROM data_state")
    return int(version)


def _connect(path: Location, *, nobody_writes: bool) -> sqlite3.Connection:
    # A reader of a WAL database leaves `-wal` and `-shm` files behind, and cannot open one in a folder that
    # it may not write. `immutable` needs neither, and no locks; `_fingerprint` tells when that was wrong.
    mode = "mode=ro&immutable=1" if nobody_writes else "mode=ro"
    connection = sqlite3.connect(
        f"{_uri(os.fspath(path))}?{mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    return connection


def _uri(path: str) -> str:
    """The path, absolute or relative, as https://sqlite.org/uri.html (section 3.1) has it."""
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file://{escaped}" if os.path.isabs(path) else f"file:./{escaped}"


def _fingerprint(path: Location) -> tuple[int, ...] | None:
    """What changes when the file does; None while somebody has it open for writing.

    The file itself is never opened for this: closing it would drop the locks of this process's writer.
    """
    target = os.path.realpath(path)
    if any(os.path.exists(target + suffix) for suffix in ("-wal", "-journal")):
        return None
    try:
        status = os.stat(target)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _check_file(path: Location) -> None:
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


def _check_schema(connection: sqlite3.Connection, path: Location) -> None:
    ((version,),) = connection.execute("PRAGMA user_version")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        raise ConfigurationError(f"the database {path} is empty", _CREATE_IT)
    if not {"issues", "data_state"} <= tables:
        raise ConfigurationError(f"{path} is a database of another program", _NAME_OURS)
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {path} has schema {version}, this worksupport knows up to {SCHEMA_VERSION}",
            "install the newer worksupport that wrote it",
        )
    if version < SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {path} has schema {version}, this worksupport reads {SCHEMA_VERSION}",
            "upgrade it in place with `worksupport harvest`",
        )


def _translated(error: sqlite3.Error, path: Location) -> ConfigurationError | DatabaseError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigurationError(f"{path} is not a database", _NAME_OURS)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY):
        return ConfigurationError(
            f"the database {path} cannot be opened: {error}",
            "one account owns it: run as that account, or read a copy made by `worksupport backup`",
        )
    return DatabaseError(f"the database {path} cannot be read: {error}", "see `worksupport check`")
