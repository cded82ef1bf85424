"""One answer from the database: read-only, one transaction, no file created, no lock waited for.

Every start of a reading command loads this: it imports little.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from worksupport.errors import DatabaseError
from worksupport.model.filters import folded_or_null
from worksupport.model.names import SOURCES
from worksupport.store.file import (
    Location,
    beside,
    check_kind,
    file_uri,
    require_filled,
    schema_of,
    sqlite_error,
)
from worksupport.store.schema import MIGRATIONS, SCHEMA_VERSION

# What a type checker takes for true. In the few modules with which a fast answer starts (`fast.py`) it stands
# in place of typing.TYPE_CHECKING: to load `typing` takes longer than to make an answer.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _Answer = TypeVar("_Answer")

_ATTEMPTS = 5
# How the documents begin in which nothing was found.
_NOTHING = ('{"issue_keys":[],', '{"issues":[],')
_NO_TREE, _NONE_OUTSIDE, _BEGINNING = '{"hierarchy":[],', '"outside_issues":[],', 100

# Newest by the number that the data had, not by the clock, which may have been wrong; a run recorded by an
# older worksupport has none.
_NEWEST = "ORDER BY data_version DESC, {end} DESC LIMIT 1"
NEWEST_RESULT, NEWEST_RUN = _NEWEST.format(end="ended_at"), _NEWEST.format(end="completed_at")
# A run counts for all of the data only if it asked every source that was on.
_WHOLE_RUNS = " UNION ALL ".join(
    f"""
SELECT completed_at, data_version FROM {table} AS run WHERE status = 'completed' AND NOT EXISTS (
    SELECT 1 FROM source_results
    WHERE source_results.run_id = run.run_id AND is_on = 1 AND asked = 0
)"""
    for table in ("harvest_jobs", "reload_tracking")
)
_NEWEST_WHOLE_RUN = f"SELECT completed_at FROM ({_WHOLE_RUNS} {NEWEST_RUN})"
_NEWEST_OF_SOURCES = ", ".join(
    f"'{source}', (SELECT ended_at FROM source_results WHERE source = '{source}' AND stored = 1"
    f" {NEWEST_RESULT})"
    for source in SOURCES
)
# The age of the data, with which every answer ends, as arguments of SQLite's json_object.
AGE = f"'harvested_at', ({_NEWEST_WHOLE_RUN}), 'sources', json_object({_NEWEST_OF_SOURCES})"


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

    A file of an older schema is read as it is: what it lacks is null or empty. Raises ConfigurationError (no
    database, not one of ours, a newer schema), DatabaseError (unreadable or damaged) and, when the body is
    done, DatabaseChangedError.
    """
    check_kind(path)
    before = _fingerprint(path)
    try:
        with closing(_connect(path, nobody_writes=before is not None)) as connection:
            connection.execute("BEGIN")
            version = require_filled(schema_of(connection, path), path)
            if version < SCHEMA_VERSION:
                _show_as_newest(connection)
            yield connection
    except (ValueError, TypeError, OverflowError) as error:
        # Our own values are read without any of these: a damaged file holds others.
        raise DatabaseError(
            f"the database {path} holds a value that cannot be read: {error}",
            "worksupport reload writes all issues anew; see `worksupport check`",
        ) from error
    except sqlite3.Error as error:
        if before != _fingerprint(path):
            raise DatabaseChangedError(f"the database {path} changed while it was read") from error
        raise sqlite_error(error, path, "cannot be read") from error
    if before is not None and before != _fingerprint(path):
        raise DatabaseChangedError(f"the database {path} changed while it was read")


def is_empty(text: str) -> bool:
    """Whether an answer, in any form, has no issue."""
    if text.startswith(_NO_TREE):
        return _NONE_OUTSIDE in text[:_BEGINNING]
    return not text or text.startswith(_NOTHING)


def data_version(connection: sqlite3.Connection) -> int:
    """The number that every write raises when it changes an answer."""
    ((version,),) = connection.execute("SELECT max(data_version) FROM data_state")
    return int(version or 0)


def weekend(path: Location) -> "Sequence[str]":
    """The team's days off, as the last run knew them."""
    from worksupport.model.state import KeptRules  # only now: few ask

    rules = answer(path, lambda found: found.execute("SELECT state_rules FROM data_state").fetchone())
    return KeptRules.of(rules[0] if rules else None).weekend


def age(connection: sqlite3.Connection) -> "dict[str, Any]":
    """How old the data is: `{"harvested_at": time|null, "sources": {"jira": time|null, ...}}`.

    `harvested_at` is the end of the newest completed run that asked every source then on, `sources` the end
    of the newest run in which each was stored; UTC text.
    """
    import json  # only now: `keys` has SQLite write it

    ((text,),) = connection.execute(f"SELECT json_object({AGE})")
    document: dict[str, Any] = json.loads(text)
    return document


def _connect(path: Location, *, nobody_writes: bool) -> sqlite3.Connection:
    # A reader of a WAL database leaves `-wal` and `-shm` files behind, and cannot open one in a folder that
    # it may not write. `immutable` needs neither, and no locks; `_fingerprint` tells when that was wrong.
    mode = "mode=ro&immutable=1" if nobody_writes else "mode=ro"
    connection = sqlite3.connect(
        file_uri(path, mode), uri=True, isolation_level=None, check_same_thread=False
    )
    connection.create_function("casefold", 1, folded_or_null, deterministic=True)
    return connection


def _fingerprint(path: Location) -> tuple[int, ...] | None:
    """What changes when the file does; None while somebody has it open for writing.

    The file itself is never opened for this: closing it would drop the locks of this process's writer.
    """
    if any(os.path.exists(beside(path, suffix)) for suffix in ("-wal", "-journal")):
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _show_as_newest(connection: sqlite3.Connection) -> None:
    """Hide each table of an older file behind a view that has the newest schema's columns."""
    with closing(sqlite3.connect(":memory:")) as newest:
        for statements in MIGRATIONS.values():
            for statement in statements:
                newest.execute(statement)
        wanted = {table: _columns(newest, table) for table in _tables(newest)}
    there = _tables(connection)
    for table, columns in wanted.items():
        has = _columns(connection, table) if table in there else []
        lacking = ", ".join(f"NULL AS {column}" for column in columns if column not in has)
        if lacking:
            content = f"SELECT *, {lacking} FROM main.{table}" if has else f"SELECT {lacking} WHERE false"
            connection.execute(f"CREATE TEMP VIEW {table} AS {content}")


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({table})")]
