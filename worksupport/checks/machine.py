"""What can be told from this machine alone: configuration, files, database, disk, lock."""

import os
import shlex
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from worksupport.checks.base import Check, refused
from worksupport.config.properties import read
from worksupport.config.secrets import exposure_warning, holds_secret
from worksupport.config.settings import Settings
from worksupport.config.trust import writable_warning
from worksupport.errors import ConfigurationError, DatabaseError, WorksupportError
from worksupport.queries.issues import words_amiss
from worksupport.queries.reader import answer
from worksupport.store import lock
from worksupport.store.disk import RUN_FACTOR
from worksupport.store.place import require_one_place
from worksupport.store.words import index_fault

# Whatever its size now, the database may grow.
_LEAST_ROOM_BYTES = 100_000_000


def check_configuration(load: Callable[[], Settings]) -> tuple[Settings | None, Check]:
    """The settings, None if `load` finds problems, and where they were found with all warnings and notes."""
    try:
        settings = load()
    except ConfigurationError as error:
        return None, refused("configuration", error)
    of_files = (
        exposure_warning(settings.path),
        writable_warning(str(settings.path)),
    )  # `check_files` tells that
    warnings = [warning for warning in settings.warnings if warning not in of_files]
    members = "1 member" if len(settings.members) == 1 else f"{len(settings.members)} members"
    detail = [f"{settings.path}, {members}", *settings.notes, *warnings]
    fix = f"correct {settings.path}" if warnings else ""
    return settings, Check("configuration", True, "\n".join(detail), fix)


def check_words(database: Path) -> Check:
    """Does the index of words have the issues that there are?"""
    try:
        lacking, left_over = answer(database, words_amiss)
    except WorksupportError as error:
        return refused("words", error)
    if lacking or left_over:
        detail = f"{lacking} issues cannot be found by their words, {left_over} that are gone still are"
    elif lock.is_held(database) or not (detail := index_fault(database)):
        return Check("words", True, "every issue can be found by its words")
    return Check("words", False, detail, "worksupport recover --no-reload makes the index anew")


def check_files(config: Path | None, database: Path | None) -> Check:
    """Are the files, and the folders that they are in, closed to other accounts and open to this one?

    None: not found, which is another check's business.
    """
    files = [*_private_config(config), *_database_files(database)]
    beside = (path.resolve().parent for path in (config, database) if path)
    folders = [folder for folder in dict.fromkeys(beside) if folder.is_dir()]
    readable = [path for path in files if path.stat().st_mode & 0o077]
    writable = [path for path in folders if _others_may_write(path)]
    unusable = [path for path in (*files, *folders) if not os.access(path, os.R_OK | os.W_OK)]
    complaints = [
        *(f"other accounts can use {path} (mode {_mode(path)})" for path in readable),
        *(f"other accounts can put files into {path} (mode {_mode(path)})" for path in writable),
        *(f"this account may not read and write {path}" for path in unusable),
    ]
    if not complaints:
        return Check("files", True, ", ".join(f"{p} {_mode(p)}" for p in (*files, *folders)) or "none yet")
    commands = [
        *([f"chmod go-rwx {_quoted(readable)}"] if readable else []),
        *([f"chmod go-w {_quoted(writable)}"] if writable else []),
        *(["run as the account that owns them"] if unusable else []),
    ]
    return Check("files", False, "\n".join(complaints), " && ".join(commands))


def _private_config(config: Path | None) -> Iterator[Path]:
    if config is None:
        return
    try:
        if holds_secret(read(config)):
            yield config
    except ConfigurationError:
        return


def _database_files(database: Path | None) -> list[Path]:
    if database is None:
        return []
    real = database.resolve()
    beside = [Path(f"{real}{ending}") for ending in ("-wal", "-shm")]
    return [path for path in (real, *beside, lock.lock_path(real)) if path.is_file()]


def _others_may_write(folder: Path) -> bool:
    """In a sticky folder such as /tmp they may, but cannot put another file in place of ours."""
    mode = folder.stat().st_mode
    return bool(mode & 0o022) and not mode & stat.S_ISVTX


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _quoted(paths: list[Path]) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)


def check_database(database: Path) -> Check:
    """Can it be read: ours, of this version's schema, whole (SQLite's quick_check)?"""
    try:
        require_one_place(database)
        issues, verdict = answer(database, _look_into)
    except ConfigurationError as error:
        return refused("database", error)
    except DatabaseError as error:
        return _damaged(database, error.message)
    if verdict != "ok":
        return _damaged(database, f"{database} is damaged: {verdict}")
    size = database.stat().st_size / 1_000_000
    return Check("database", True, f"{database}, {issues} issues, {size:.1f} MB, quick_check ok")


def _look_into(connection: sqlite3.Connection) -> tuple[int, str]:
    ((issues,),) = connection.execute("SELECT count(*) FROM issues WHERE missing_since IS NULL")
    ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    return issues, verdict


def _damaged(database: Path, detail: str) -> Check:
    aside = database.with_name(database.name + ".damaged")
    return Check("database", False, detail, f"mv {_quoted([database, aside])} && worksupport reload")


def check_disk(database: Path) -> Check:
    """Is there room for what a run may write?"""
    folder = next(path for path in database.absolute().parents if path.is_dir())
    free = shutil.disk_usage(folder).free
    used = sum(path.stat().st_size for path in _database_files(database))
    needed = max(_LEAST_ROOM_BYTES, RUN_FACTOR * used)
    detail = f"{free / 1e9:.1f} GB free at {folder}, a run needs up to {needed / 1e9:.1f} GB"
    return Check("disk", free >= needed, detail, "" if free >= needed else f"make room at {folder}")


def check_lock(database: Path) -> Check:
    """Can the file system lock, and who is working on the database: nobody or a living run, both fine."""
    try:
        lock.require_lockable(database)
    except WorksupportError as error:
        return refused("lock", error)
    holder = lock.holder(database)
    return Check("lock", True, f"held by {holder}" if holder else "free")
