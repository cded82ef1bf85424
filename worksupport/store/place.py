"""Is the database's file in one place only? Under a second path it has a second lock and a second WAL."""

import os
import re
from pathlib import Path

from worksupport.errors import ConfigurationError

_MOUNTS = Path("/proc/self/mountinfo")  # Linux; its fifth field is where something is mounted
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def require_one_place(database: Path) -> None:
    """Raise ConfigurationError if the file has two names, or is mounted by itself, as containers can do.

    Two runs would not see each other's lock, and what one has written the other would not find.
    """
    try:
        real = database.resolve(strict=True)
    except OSError:
        return  # nothing there yet, or nothing that can be opened
    if real.is_file() and real.stat().st_nlink > 1:
        raise ConfigurationError(
            f"the database {database} has a second name (a hard link), under which it would be locked apart",
            "remove the other name; for a copy there is `worksupport backup`",
        )
    if _is_mounted(os.fsencode(real)):
        raise ConfigurationError(
            f"the database {database} is a mount point itself: its lock and its log stand elsewhere",
            "mount the folder that it is in, not the file alone",
        )


def _is_mounted(path: bytes) -> bool:
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return os.path.ismount(path)  # which misses a file of the same disk
    fields = (line.split(b" ") for line in lines)
    return path in {_ESCAPED.sub(_character, found[4]) for found in fields if len(found) > 4}


def _character(escaped: re.Match[bytes]) -> bytes:
    return bytes([int(escaped[1], 8)])
