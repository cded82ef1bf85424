"""A verified copy takes the place of the database, which stays beside it; the caller holds the lock."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from worksupport.errors import ConfigurationError
from worksupport.store.backup import Read, unwritable, verified_copy
from worksupport.store.file import beside


def restore(
    read: Read, database: Path, now: datetime, begin: Callable[[str], None] = lambda phase: None
) -> Path | None:
    """Copy what `read` reads, verify it, and rename it to `database`; where the old file is now, if any.

    Never written over the file itself: a program that has it open would not notice, and damage it. The old
    one keeps its write-ahead log, or that would be taken for the copy's. Raises what `back_up` raises.
    """
    place = Path(os.path.realpath(database))
    try:
        with ExitStack() as held:
            copy = read(lambda source: verified_copy(source, place.parent, begin, held))
            old = _set_aside(place, now) if place.exists() else None
            os.replace(copy, place)
    except OSError as error:
        raise unwritable(error, place.parent, place) from error
    return old


def require_another(copy: Path, database: Path) -> None:
    """Raise ConfigurationError if `copy` is the database itself."""
    if copy.exists() and database.exists() and os.path.samefile(copy, database):
        raise ConfigurationError(
            f"{copy} is the database itself", "name a copy that worksupport backup has made"
        )


def _set_aside(place: Path, now: datetime) -> Path:
    old = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%SZ}")
    os.link(place, old)
    for suffix in ("-wal", "-journal"):
        if os.path.exists(beside(place, suffix)):
            os.replace(beside(place, suffix), beside(old, suffix))
    Path(beside(place, "-shm")).unlink(missing_ok=True)
    return old
