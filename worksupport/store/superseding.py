"""A forced reload asks the running one to give way, without holding the lock that the other holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

_IS_RUNNING = "SELECT 1 FROM reload_tracking WHERE status = 'running' AND stop_requested = 0"
_ASK = "UPDATE reload_tracking SET stop_requested = 1 WHERE status = 'running' AND stop_requested = 0"


def ask_running_reload_to_stop(database: Path) -> None:
    """Set `stop_requested` on a running reload; it looks at it at every page and before it swaps.

    Quietly does nothing where there is no database yet, or it is busy: the caller asks again.
    """
    address = f"{database.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=0.1, isolation_level=None)) as connection:
            # An UPDATE of no row would still take the write lock, ten times a second.
            if connection.execute(_IS_RUNNING).fetchone():
                connection.execute(_ASK)
    except sqlite3.Error:
        return
