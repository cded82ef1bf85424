"""A forced reload asks the running one to give way, without holding the lock that the other holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

_ASKED = "UPDATE reload_tracking SET stop_requested = 1 WHERE status = 'running' AND stop_requested = 0"


def ask_running_reload_to_stop(database: Path) -> None:
    """Set `stop_requested` on a running reload; it looks at it at every page and before it swaps.

    Quietly does nothing where there is no database yet, or it is busy: the caller asks again.
    """
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=0.1, isolation_level=None)) as connection:
            connection.execute(_ASKED)
    except sqlite3.OperationalError:
        return
