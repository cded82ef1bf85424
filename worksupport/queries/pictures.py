"""What pictures show: what was finished, how long it took, what was in which state, and what will be."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from worksupport.measures.forecast import CHANCES, days_needed
from worksupport.measures.intervals import DOING, DONE, TODO, days_of, local_day, monday
from worksupport.measures.percentiles import percentile
from worksupport.model.definitions import DEFAULT_WEEKS, definitions
from worksupport.model.filters import Filters
from worksupport.model.times import day_begins
from worksupport.queries.flow import PERCENTILES, recent_weeks, weekly
from worksupport.queries.forecast import pace, period_begins
from worksupport.queries.units import Life, Unit, finished_of, finished_since, moved_since

_STATES = {TODO: "todo", DOING: "doing", DONE: "done"}
_FAN_STEPS = 8


def pictures_document(
    connection: sqlite3.Connection,
    key: str | None,
    filters: Filters,
    now: datetime,
    weeks: int = DEFAULT_WEEKS,
) -> dict[str, Any]:
    """`{"weeks", "days", "points", "percentiles", "fan", "definitions"}` of the last `weeks`.

    `weeks`: as in `flow_document`. `days`: `[{"day", "todo", "doing", "done"}]`, how many units were in which
    category at the end of each. `points`: `[{"issue_key", "day": finished, "days"}]`, by week
    `points_by_week`, and `percentiles` of those days by percent (null of too few). `fan`, with `key` (exact)
    alone and where there is a forecast: `[{"left", "by": {chance: day|null}}]`, by when so many are left.
    Of the units of work that pass the filters, with `key` of those below it. Raises UsageError for a team of
    too few.
    """
    of, begins, first, today = recent_weeks(connection, key, weeks, filters, now)
    since = day_begins(first)
    moved = moved_since(connection, of, since) if begins else []
    finished = finished_of(moved, since)
    taken = [(life, days) for life in finished if (days := days_of(life.span)) is not None]
    return {
        "weeks": weekly(finished, first, today) if begins else [],
        "days": _daily(of, moved, first, today) if begins else [],
        "points": [
            {
                "issue_key": life.unit.issue_key,
                "day": local_day(life.span.finished or "").isoformat(),
                "days": days,
            }
            for life, days in taken
        ],
        "points_by_week": _by_week(taken),
        "percentiles": {percent: percentile([days for _, days in taken], percent) for percent in PERCENTILES},
        "fan": _fan(connection, of, begins, today) if key is not None else [],
        "definitions": definitions(
            *("unit of work", "finished", "days", "known start", "85 %", "categories", "forecast")
        ),
    }


def _by_week(taken: Iterable[tuple[Life, int]]) -> list[dict[str, Any]]:
    """`[{"week": its Monday, "n", "p50", "p85", "longest"}]` of the days that the finished took."""
    weeks: dict[date, list[int]] = {}
    for life, days in taken:
        weeks.setdefault(monday(local_day(life.span.finished or "")), []).append(days)
    return [
        {
            "week": week.isoformat(),
            "n": len(days),
            "p50": percentile(days, 50),
            "p85": percentile(days, 85),
            "longest": max(days),
        }
        for week, days in sorted(weeks.items())
    ]


def _daily(of: Sequence[Unit], moved: Iterable[Life], first: date, today: date) -> list[dict[str, Any]]:
    """How many units were in each category at the end of each day."""
    count = (today - first).days + 1
    gains = {state: [0] * (count + 1) for state in _STATES.values()}
    lives = {life.unit.id: life for life in moved}
    for unit in of:
        life = lives.get(unit.id)
        created = max(0, (local_day(unit.created_at) - first).days) if unit.created_at else 0
        state, since = _known(life.first if life else unit.category), created
        for moment, entered in life.steps if life else ():
            day = max(created, (local_day(moment) - first).days)
            _add(gains[state], since, day)
            state, since = _known(entered), max(day, since)
        _add(gains[state], since, count)
    days, sums = [], dict.fromkeys(gains, 0)
    for at in range(count):
        sums = {state: sums[state] + gains[state][at] for state in gains}
        days.append({"day": (first + timedelta(days=at)).isoformat(), **sums})
    return days


def _add(gains: list[int], since: int, until: int) -> None:
    """One more from the day `since` to the one before `until`."""
    if since < until:
        gains[min(since, len(gains) - 1)] += 1
        gains[min(until, len(gains) - 1)] -= 1


def _known(category: str | None) -> str:
    return _STATES.get(category or TODO, _STATES[TODO])


def _fan(
    connection: sqlite3.Connection, of: Sequence[Unit], begins: str | None, today: date
) -> list[dict[str, Any]]:
    """By when only so many will be left, from all that are open down to none."""
    daily = pace(of, finished_since(connection, of, period_begins(today)), begins, today)
    remaining = sum(unit.is_open for unit in of)
    if not remaining or daily.reason:
        return []
    steps = sorted({-(-remaining * step // _FAN_STEPS) for step in range(1, _FAN_STEPS + 1)})
    found = {done: days_needed(done, daily.finished) for done in [0, *steps]}
    return [
        {"left": remaining - done, "by": {str(chance): _day(needed[chance], today) for chance in CHANCES}}
        for done, needed in found.items()
    ]


def _day(days: int | None, today: date) -> str | None:
    return None if days is None else (today + timedelta(days=days)).isoformat()
