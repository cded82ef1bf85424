"""Room on the disk: what a run needs, what is free, and the sentence for a disk that is full."""

import errno
import shutil
from pathlib import Path

from worksupport.errors import DatabaseError

# A reload writes every issue twice before it is through: aside, and into its place.
RUN_FACTOR = 2
_LEAST_ROOM_BYTES = 1_000_000


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
    return max(_LEAST_ROOM_BYTES, RUN_FACTOR * sum(file.stat().st_size for file in files if file.exists()))


def _in_words(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size // 1000} kB"
