"""Who else can have written a file: another account would decide where our tokens go.

Every start of a reading command that finds `./config` loads this: it imports little.
"""

import os
import stat
from collections.abc import Iterator


def others_work(path: str) -> str:
    """Why the file at `path` may be another account's work; "" if only this one or root has a hand in it."""
    return other_owner(path) or others_may_write(path)


def other_owner(path: str) -> str:
    """Which account beside this one and root owns the file, or a folder in which it or its link stands.

    The folders count too: who owns one can put another file in its place. "" for none.
    """
    try:
        for place, status in _places(path):
            if status.st_uid not in (0, os.geteuid()):
                return f"{place} belongs to another account (user id {status.st_uid})"
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return ""


def others_may_write(path: str) -> str:
    """Which of them other accounts may write, and how to end that; a sticky folder protects what is in it."""
    for place, status in _places(path):
        is_sticky_folder = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
        if status.st_mode & 0o022 and not is_sticky_folder:
            return f"other accounts may write {place}; chmod go-w {place}"
    return ""


def writable_warning(path: str) -> str:
    """The warning about a configuration that others may write, or put another in place of; "" for none."""
    if open_to := others_may_write(path):
        return f"who may write the configuration decides where the tokens go: {open_to}"
    return ""


def _places(path: str) -> Iterator[tuple[str, os.stat_result]]:
    real = os.path.realpath(path)
    for place in dict.fromkeys((os.path.dirname(os.path.abspath(path)), os.path.dirname(real), real)):
        if os.path.exists(place):
            yield place, os.stat(place)
