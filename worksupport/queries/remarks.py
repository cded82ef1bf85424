"""What a reader must know beside the answer: data that is not there or too old, names that nobody has.

Every start of a reading command loads this: it imports little.
"""

import sqlite3
from datetime import datetime, timedelta

from worksupport.model.filters import Filters
from worksupport.model.names import DEFAULT_INTERVAL_HOURS, SOURCE_TITLES, SOURCES
from worksupport.queries.reader import NEWEST_RESULT, TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from worksupport.queries.names import Remark

_INTERVAL = "SELECT max(interval_hours) FROM data_state"
_ROUNDING = timedelta(seconds=1)
_NEWEST = f"""
SELECT is_on, ended_at, error_message, data_version FROM source_results
WHERE source = ? AND {{which}} {NEWEST_RESULT}
"""
_STORED, _FAILED, _LAST = (
    _NEWEST.format(which=which) for which in ("stored = 1", "stored = 0 AND asked = 1", "stored IN (0, 1)")
)


def remarks(
    connection: sqlite3.Connection, now: datetime, filters: Filters, root_type: str | None, *, is_empty: bool
) -> "list[Remark]":
    """What is surely wrong: `staleness`, and why an answer is empty, if a name is wrong."""
    told = staleness(connection, now)
    if is_empty:
        from worksupport.queries.names import unknown_names  # only now: few answers are empty

        told += unknown_names(connection, filters, root_type)
    return told


def staleness(connection: sqlite3.Connection, now: datetime) -> "list[Remark]":
    """A remark for each source that is on and whose data is not there, or too old at `now`.

    Too old is what `check` calls so without `--max-age`; what is from the future has an unknown age.
    """
    ((interval,),) = connection.execute(_INTERVAL)
    oldest = now - longest_age(timedelta(hours=interval or DEFAULT_INTERVAL_HOURS))
    found = (_of_source(connection, source, oldest, now) for source in SOURCES)
    return [remark for remark in found if remark]


def longest_age(interval: timedelta) -> timedelta:
    """How old data may be that is harvested once in an `interval`: one run may fail, and one take an hour."""
    return 2 * interval + timedelta(hours=1)


def _of_source(
    connection: sqlite3.Connection, source: str, oldest: datetime, now: datetime
) -> "Remark | None":
    last = connection.execute(_LAST, [source]).fetchone()
    if last is None or not last[0]:
        return None
    stored = connection.execute(_STORED, [source]).fetchone()
    end = stored[1] if stored else None
    first, last_moment = (moment.isoformat(timespec="milliseconds") for moment in (oldest, now + _ROUNDING))
    if end and first <= end <= last_moment:
        return None
    failed = connection.execute(_FAILED, [source]).fetchone()
    is_newer = failed is not None and (stored is None or _place(failed) > _place(stored))
    reason = f": {failed[2]}" if is_newer and failed[2] else ""
    return _age_told(SOURCE_TITLES[source], end, now) + reason, "worksupport check"


def _place(result: "tuple[Any, ...]") -> tuple[int, str]:
    return result[3] or 0, result[1]


def _age_told(title: str, end: str | None, now: datetime) -> str:
    from worksupport.model.times import age_text, local_text  # only now: most data is fresh

    if end is None:
        return f"{title} has never been harvested"
    return f"{title}'s issues are from {local_text(end, now)}, {age_text(end, now)}"
