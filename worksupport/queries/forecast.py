"""When what is open below an issue will be finished, by how much of it was finished on each day so far."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from worksupport.measures.forecast import CHANCES, LEAST_DAYS, days_needed
from worksupport.measures.intervals import local_day
from worksupport.model.definitions import FORECAST_WEEKS, definitions
from worksupport.model.filters import Filters
from worksupport.model.times import day_begins
from worksupport.queries.path import named
from worksupport.queries.reader import age
from worksupport.queries.units import Life, Unit, check_team, finished_since, record_begins, units

PERIOD_DAYS = 7 * FORECAST_WEEKS


@dataclass(frozen=True)
class Pace:
    """How much was finished, and added, on each day of the period that the record knows; today comes last."""

    finished: tuple[int, ...]
    added: tuple[int, ...]

    @property
    def finished_days(self) -> int:
        """On how many days something was finished."""
        return sum(count > 0 for count in self.finished)

    @property
    def reason(self) -> str | None:
        """Why there is no date; None if there is one."""
        if self.finished_days >= LEAST_DAYS:
            return None
        if not self.finished:
            return "nothing is recorded of it yet"
        weeks = f"in the last {FORECAST_WEEKS} weeks"
        if len(self.finished) < PERIOD_DAYS:
            weeks = f"in the {len(self.finished)} days that the record knows"
        days = f"{self.finished_days} day{'' if self.finished_days == 1 else 's'}"
        return f"{weeks} something was finished on {days}; {LEAST_DAYS} are needed"


def period_begins(today: date) -> str:
    """The first moment of the period, UTC text; today is its last day."""
    return day_begins(today - timedelta(days=PERIOD_DAYS - 1))


def pace(of: Sequence[Unit], finished: Iterable[Life], begins: str | None, today: date) -> Pace:
    """The daily counts of these units, the finished of which are given, from where their record begins."""
    if begins is None:
        return Pace((), ())
    first = max(today - timedelta(days=PERIOD_DAYS - 1), local_day(begins))
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    done = Counter(local_day(life.span.finished) for life in finished if life.span.finished)
    since = day_begins(first)
    created = Counter(local_day(u.created_at) for u in of if u.created_at and u.created_at >= since)
    # What was there when it all began has not been added to it.
    del created[local_day(begins)]
    return Pace(tuple(done[day] for day in days), tuple(created[day] for day in days))


def forecast_document(
    connection: sqlite3.Connection, key: str, filters: Filters, now: datetime
) -> dict[str, Any]:
    """`{"issue_key", "summary", "remaining", "total", "finished", "finished_days", "added", "days", "weeks",
    "dates", "reason", "definitions", AGE}` of the units of work below the issue with this exact key.

    `weeks`: `[{"week": its first day, "finished"}]`, today's the last; `days`: how many of the period the
    record knows. `dates`: by chance (percent, as text) `{"steady": day|null, "growing": day|null}`: if
    nothing is added, and if it grows as it did; null for beyond five years or never. `reason`: why there are
    none. Raises UsageError for a team of too few.
    """
    check_team(connection, filters)
    today = now.astimezone().date()
    of = units(connection, filters, key)
    finished = finished_since(connection, of, period_begins(today))
    remaining = sum(unit.is_open for unit in of)
    daily = pace(of, finished, record_begins(connection, of), today)
    return {
        **named(connection, key),
        "remaining": remaining,
        "total": len(of),
        "finished": sum(daily.finished),
        "finished_days": daily.finished_days,
        "added": sum(daily.added),
        "days": len(daily.finished),
        "weeks": _weeks(daily.finished, today),
        "dates": _dates(remaining, daily, today) if remaining and not daily.reason else None,
        "reason": _reason(remaining, len(of), daily),
        "definitions": definitions("unit of work", "finished", "record", "forecast", "growth"),
        **age(connection),
    }


def date_85(remaining: int, daily: Pace, today: date) -> str | None:
    """The day by which all is finished with a chance of 85 %, if nothing is added; None for no date."""
    if not remaining or daily.reason:
        return None
    return _day(days_needed(remaining, daily.finished)[85], today)


def _reason(remaining: int, total: int, daily: Pace) -> str | None:
    if not total:
        return "there is no unit of work below it"
    return daily.reason if remaining else "nothing is left to do"


def _dates(remaining: int, daily: Pace, today: date) -> dict[str, dict[str, str | None]]:
    steady = days_needed(remaining, daily.finished)
    growing = days_needed(remaining, [f - a for f, a in zip(daily.finished, daily.added, strict=True)])
    return {str(c): {"steady": _day(steady[c], today), "growing": _day(growing[c], today)} for c in CHANCES}


def _day(days: int | None, today: date) -> str | None:
    """The day so many days after today."""
    return None if days is None else (today + timedelta(days=days)).isoformat()


def _weeks(finished: Sequence[int], today: date) -> list[dict[str, Any]]:
    """By seven days, today's the last; the first may be shorter."""
    first = today - timedelta(days=len(finished) - 1)
    weeks: dict[date, int] = {}
    for n, count in enumerate(finished):
        day = first + timedelta(days=n)
        begin = max(first, today - timedelta(days=(today - day).days // 7 * 7 + 6))
        weeks[begin] = weeks.get(begin, 0) + count
    return [{"week": begin.isoformat(), "finished": count} for begin, count in weeks.items()]
