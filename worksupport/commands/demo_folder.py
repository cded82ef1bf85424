"""The folder of `worksupport demo`: nobody's own files are touched, and nobody else reads ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worksupport.config.locate import CONFIG_NAME
from worksupport.config.trust import other_owner, others_may_write
from worksupport.errors import ConfigurationError
from worksupport.store.disk import make_private_folder

_DATABASE_NAME = "worksupport.db"
_LOG_NAME = "harvest.log"
_OURS = {CONFIG_NAME, _LOG_NAME, *(_DATABASE_NAME + ending for ending in ("", "-wal", "-shm", ".lock"))}
# The first line of the configuration: a folder without it is somebody's own, whatever its files are called.
_MARK = "# Made by worksupport demo; nobody in here is real, and neither are the tokens.\n"


def check_folder(folder: Path) -> None:
    """Raise ConfigurationError if there is anything in the folder that no demo has put there."""
    with translated(folder):
        entries = list(folder.iterdir()) if folder.exists() else []
        foreign = [e.name for e in entries if e.name not in _OURS or e.is_symlink() or not e.is_file()]
        config = folder / CONFIG_NAME
        if entries and not foreign and not (config.exists() and _is_marked(config)):
            foreign = [entry.name for entry in entries]
    if foreign:
        some = ", ".join(sorted(foreign)[:3]) + (", ..." if len(foreign) > 3 else "")
        raise ConfigurationError(
            f"{folder} holds files that are not the demo's: {some}; nothing was touched",
            "name a new or empty folder: worksupport demo FOLDER",
        )


def _is_marked(config: Path) -> bool:
    with config.open(encoding="utf-8", errors="replace") as file:
        return file.readline() == _MARK


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn an OSError inside into a ConfigurationError about the file."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder} cannot be used: {error.strerror}") from error


def write_configuration(folder: Path, text: str) -> None:
    """Make the folder if need be, and the configuration `text` in it. Raises OSError."""
    make_private_folder(folder)
    if stranger := other_owner(str(folder)) or others_may_write(str(folder / CONFIG_NAME)):
        raise ConfigurationError(
            f"the folder is not this account's alone: {stranger}",
            "name a folder of your own: worksupport demo FOLDER",
        )
    descriptor = _open_new(folder / CONFIG_NAME, os.O_TRUNC)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(_MARK + text)


def open_log(folder: Path) -> int:
    """A descriptor of the demo's log, to append to. Raises OSError."""
    return _open_new(folder / _LOG_NAME, os.O_APPEND)


def _open_new(path: Path, flag: int) -> int:
    """A descriptor to write `path`, readable by nobody else if it is new."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flag, 0o600)
