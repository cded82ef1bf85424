"""How much was finished each week, and how many days it took from start to finish."""

import sqlite3
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from worksupport.measures.intervals import local_day, monday
from worksupport.measures.percentiles import percentile
from worksupport.model.definitions import definitions
from worksupport.model.filters import Filters
from worksupport.model.times import day_begins
from worksupport.queries.reader import age
from worksupport.queries.units import (
    Life,
    Unit,
    check_team,
    days_by_type,
    finished_since,
    record_begins,
    units,
)

PERCENTILES = (50, 85, 95)


def flow_document(
    connection: sqlite3.Connection, key: str | None, weeks: int, filters: Filters, now: datetime
) -> dict[str, Any]:
    """`{"weeks": [{"week": its Monday, "finished"}], "cycle_days": {type: {"n", "p50", "p85", "p95"}},
    "finished", "known_start_percent", "definitions", AGE}` of the last `weeks`, this one included.

    Of the units of work that pass the filters, with `key` (exact) of those below it. No week before the
    record begins; percentiles (days) are null of too few, the percent of nothing too. Raises UsageError for a
    team of too few.
    """
    of, begins, first, today = recent_weeks(connection, key, weeks, filters, now)
    finished = finished_since(connection, of, day_begins(first)) if begins else []
    days = {name: each for name, each in days_by_type(finished).items() if each}
    known = sum(map(len, days.values()))
    return {
        "weeks": weekly(finished, first, today) if begins else [],
        "cycle_days": {
            name: {"n": len(each), **{f"p{percent}": percentile(each, percent) for percent in PERCENTILES}}
            for name, each in days.items()
        },
        "finished": len(finished),
        "known_start_percent": round(100 * known / len(finished)) if finished else None,
        "definitions": definitions("unit of work", "started", "finished", "days", "85 %", "known start"),
        **age(connection),
    }


class RecentWeeks(NamedTuple):
    """The units of work that are asked about, and the weeks: `first` is the Monday of the first of them.

    `begins`: from when on it is known what was finished (UTC text); None where nothing is.
    """

    of: list[Unit]
    begins: str | None
    first: date
    today: date


def recent_weeks(
    connection: sqlite3.Connection, key: str | None, weeks: int, filters: Filters, now: datetime
) -> RecentWeeks:
    """So many, this one the last, none before the record begins. Raises what `flow_document` raises."""
    check_team(connection, filters)
    today = now.astimezone().date()
    of = units(connection, filters, key)
    begins = record_begins(connection, of)
    first = monday(today) - timedelta(weeks=weeks - 1)
    return RecentWeeks(of, begins, first if begins is None else max(first, monday(local_day(begins))), today)


def weekly(finished: list[Life], first: date, today: date) -> list[dict[str, Any]]:
    """`[{"week": its Monday, "finished"}]` from the first to that of today."""
    counts = Counter(monday(local_day(life.span.finished)) for life in finished if life.span.finished)
    weeks = [first + timedelta(weeks=n) for n in range((monday(today) - first).days // 7 + 1)]
    return [{"week": week.isoformat(), "finished": counts[week]} for week in weeks]
