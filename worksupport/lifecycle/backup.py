"""A verified copy of the database, made while runs may go on."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from worksupport.errors import ConfigurationError, DatabaseError
from worksupport.queries.reader import answer

_NAME = re.compile(r"worksupport-\d{8}T\d{6}Z\.db")


def back_up(database: Path, folder: Path, now: datetime, keep: int | None) -> Path:
    """Copy `database` to `folder/worksupport-YYYYMMDDTHHMMSSZ.db` (mode 0600) and return that path.

    The copy gets its name only after its integrity check; with `keep`, older copies beyond that number are
    removed only after that. Raises ConfigurationError for a folder that cannot be written or a database
    that cannot be read, DatabaseError if the disk is full or the copy is damaged.
    """
    target = folder / f"worksupport-{now:%Y%m%dT%H%M%SZ}.db"
    partial = target.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        answer(database, lambda source: _copy(source, partial))
        _verify(partial)
        os.replace(partial, target)
        _remove_old(folder, keep)
    except OSError as error:
        raise ConfigurationError(f"cannot write the backup to {folder}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise DatabaseError(
            f"the backup to {folder} failed: {error}", "make room and run it again"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _copy(source: sqlite3.Connection, partial: Path) -> None:
    with closing(sqlite3.connect(partial)) as copy:
        # One step: a copy in several starts anew whenever a run writes.
        source.backup(copy, pages=-1)
        # A WAL database cannot be opened in a folder that its reader may not write.
        copy.execute("PRAGMA journal_mode = DELETE")


def _verify(partial: Path) -> None:
    with closing(sqlite3.connect(f"{partial.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        ((verdict,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise DatabaseError(f"the copy is damaged and was not kept: {verdict}", "run: worksupport check")
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_old(folder: Path, keep: int | None) -> None:
    if keep is None:
        return
    copies = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    for path in copies[: max(0, len(copies) - keep)]:
        path.unlink()
