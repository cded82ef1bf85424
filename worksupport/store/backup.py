"""A verified copy of the database, made while runs may go on."""

import fcntl
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp, mkstemp

from worksupport import log
from worksupport.errors import ConfigurationError, DatabaseError, WorksupportError
from worksupport.store.disk import free_room, is_no_room, make_private_folder, no_room

logger = logging.getLogger(__name__)
_NAME = re.compile(r"worksupport-\d{8}T\d{6}Z\.db")
_PARTIAL = ".worksupport-backup-"
PRIVATE = 0o600
_MAKE_ROOM = "make room and run it again; no copy was removed"


# Calls a question with a connection that reads the database, again if it changed meanwhile.
Read = Callable[[Callable[[sqlite3.Connection], Path]], Path]


def back_up(
    database: Path,
    read: Read,
    folder: Path,
    now: datetime,
    keep: int | None,
    begin: Callable[[str], None] = lambda phase: None,
    *,
    mode: int = PRIVATE,
    is_latest: bool = False,
) -> Path:
    """Copy `database` to `folder/worksupport-YYYYMMDDTHHMMSSZ.db` with this mode and return that path.

    The copy gets its name only after its integrity check; with `keep`, older copies beyond that number are
    removed only after that. `is_latest`: it is `folder/latest.db` as well. `begin` is called with the name of
    each phase. Raises ConfigurationError for a folder that cannot be written or a database that cannot be
    read, DatabaseError if the disk is full or the copy is damaged.
    """
    try:
        if mode != PRIVATE and not folder.exists():
            make_private_folder(folder)
            # Who may read the copies must be let in.
            folder.chmod(0o700 | mode & 0o077 | (mode & 0o044) >> 2)
        with ExitStack() as held:
            partial = read(lambda source: verified_copy(source, folder, begin, held))
            # Only now has the reader found that nothing changed under the copy.
            target = _free_name(folder, now)
            partial.chmod(mode)
            os.replace(partial, target)
            if is_latest:
                _make_latest(target, held)
        _remove_old(folder, keep, target)
    except OSError as error:
        raise unwritable(error, folder, database) from error
    return target


def _make_latest(copy: Path, held: ExitStack) -> None:
    """Readers of the copy that was the latest go on reading it."""
    name = Path(mkdtemp(prefix=_PARTIAL, dir=copy.parent))
    held.callback(name.rmdir)
    os.link(copy, name / "latest.db")
    os.replace(name / "latest.db", copy.with_name("latest.db"))


def _free_name(folder: Path, now: datetime) -> Path:
    """An empty file of the copy's name, which is ours; a second later where that second has its copy."""
    target = folder / f"worksupport-{now:%Y%m%dT%H%M%SZ}.db"
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return _free_name(folder, now + timedelta(seconds=1))
    return target


def unwritable(error: OSError, folder: Path, database: Path) -> WorksupportError:
    """What the system says about a copy that cannot be written to `folder`."""
    if is_no_room(error):
        return no_room(folder, database)
    return ConfigurationError(
        f"cannot write the backup to {folder}: {error.strerror}", "name a folder that this account may write"
    )


def verified_copy(
    source: sqlite3.Connection, folder: Path, begin: Callable[[str], None], held: ExitStack
) -> Path:
    """A sound copy in `folder` that is gone when `held` ends, unless it has got another name by then."""
    held.close()  # what an earlier attempt made, before the database changed
    make_private_folder(folder)
    held.enter_context(_swept(folder))
    partial = held.enter_context(_partial_file(folder))
    try:
        begin("copying")
        _copy(source, partial)
        begin("verifying the copy")
        _verify(partial)
    except sqlite3.Error as error:  # of the copy: the database was opened and looked at before
        raise DatabaseError(
            f"the backup to {folder} failed: {error}; {free_room(folder)}", _MAKE_ROOM
        ) from error
    return partial


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """While inside, others see by a lock on the folder that a copy is being made; dead ones' are removed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # another backup is at work, or the file system knows no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in folder.glob(f"{_PARTIAL}*"):
                path.rmdir() if path.is_dir() else path.unlink()
        with suppress(OSError):
            # Waits while another one sweeps: without the lock our own copy would be swept.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _partial_file(folder: Path) -> Iterator[Path]:
    """A new file with mode 0600, gone at the end unless it has got another name."""
    descriptor, name = mkstemp(prefix=_PARTIAL, dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


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


def _remove_old(folder: Path, keep: int | None, made: Path) -> None:
    """Keep the copy just made and the newest before it, `keep` in all; tell what could not be removed.

    One named later is left alone and told: whether its clock was wrong or ours is, nobody can tell.
    """
    if keep is None:
        return
    try:
        names = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except OSError as error:
        _tell(f"the older copies in {folder} could not be looked at: {error.strerror}")
        return
    for name in names:
        if name > made.name:
            _tell(f"{folder / name} is named later than this copy and was left alone: was a clock wrong?")
    older = [name for name in names if name < made.name]
    for name in older[: max(0, len(older) - (keep - 1))]:
        try:
            (folder / name).unlink()
        except OSError as error:
            _tell(f"the older copy {folder / name} could not be removed: {error.strerror}")


def _tell(sentence: str) -> None:
    logger.log(log.NEWLY_LEFT_OUT, sentence)  # also with --quiet, as cron runs it
