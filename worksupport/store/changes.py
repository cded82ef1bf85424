"""The number of the data: raised by every write that changes an answer."""

import sqlite3
from datetime import datetime


def raise_data_version(connection: sqlite3.Connection, now: str) -> None:
    """Raise it, in the caller's transaction, to at least the milliseconds since 1970 of `now` (UTC text).

    So a copy restored from a backup does not use the numbers of the lost one again.
    """
    milliseconds = int(datetime.fromisoformat(now).timestamp() * 1000)
    connection.execute("UPDATE data_state SET data_version = max(data_version + 1, ?)", [milliseconds])
