"""Room on the disk, and files for their owner alone."""

import errno
import shutil
from pathlib import Path

from worksupport.errors import DatabaseError

# A reload writes every issue twice before it is through: aside, and into its place.
RUN_FACTOR = 2
_LEAST_ROOM_BYTES = 1_000_000


def make_private_folder(folder: Path) -> None:
    """Create `folder`, and the folders above it that are not there, each with mode 0700.

    Raises OSError. Folders that are there already keep their mode.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def is_no_room(error: OSError) -> bool:
    """Whether the disk, the quota or a limit left no room for what was to be written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def free_room(folder: Path) -> str:
    """How much is free where `folder` is, for people."""
    return f"{_size_text(shutil.disk_usage(folder).free)} are free there"


def no_room(target: Path, database: Path, what: str = "the disk is full") -> DatabaseError:
    """The sentence for a disk without room: how much is free beside `target`, how much a run needs."""
    return DatabaseError(
        f"{what}: {target} could not be written; {free_room(target.parent)}, a whole run may need "
        f"{_size_text(_room_needed(database))} (twice the size of the database)",
        "make room and run the command again; what was there before is unchanged",
    )


def _room_needed(database: Path) -> int:
    files = [database.with_name(database.name + suffix) for suffix in ("", "-wal")]
    return max(_LEAST_ROOM_BYTES, RUN_FACTOR * sum(file.stat().st_size for file in files if file.exists()))


def _size_text(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size // 1000} kB"
