"""What has been in progress for long, against how long work of its type usually takes."""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from worksupport.measures.percentiles import percentile
from worksupport.model.definitions import LIMIT_DAYS, definitions
from worksupport.model.filters import Filters
from worksupport.model.times import day_begins
from worksupport.queries.path import issues_numbered
from worksupport.queries.reader import age
from worksupport.queries.units import (
    Life,
    Unit,
    age_days,
    days_by_type,
    finished_since,
    in_progress,
    lives,
    status_days,
    units,
)


def aging_document(
    connection: sqlite3.Connection, filters: Filters, now: datetime, *, only_past: bool = False
) -> dict[str, Any]:
    """`{"items": [issue...], "limits": {type: {"days"|null, "n"}}, "without_start": n,
    "without_start_of": {source: n}, "definitions", AGE}`.

    The started and open units of work that pass the filters, oldest first; an issue also has started_at (UTC
    text), age_days, status_days (null: unknown), limit_days (null: too few of its type) and past.
    `only_past`: only those. `limits` are of all units, whoever is asked for: the days that 85 % of the
    finished ones kept to. `without_start`: how many are open and, in Jira, in progress, without a
    known start.
    """
    today = now.astimezone().date()
    asked = units(connection, filters)
    # Whoever is asked for: a limit of one person's would be a number about a person.
    everybodys = asked if filters == Filters() else units(connection, Filters())
    limits = usual_days(connection, everybodys, today)
    items, unstarted = [], dict[str, int]()
    for life in lives(connection, [unit for unit in asked if unit.is_open]):
        if life.span.started is not None:
            items.append((life, _measured(life, limits, today)))
        elif life.unit.source == "github" or in_progress(life.unit):
            unstarted[life.unit.source] = unstarted.get(life.unit.source, 0) + 1
    items = [item for item in items if item[1]["past"] or not only_past]
    issues = issues_numbered(connection, [life.unit.id for life, _ in items])
    found = [{**issues[life.unit.id], **measured} for life, measured in items]
    return {
        "items": sorted(found, key=lambda item: (-item["age_days"], item["started_at"])),
        "limits": limits,
        "without_start": sum(unstarted.values()),
        "without_start_of": unstarted,
        "definitions": definitions("unit of work", "started", "age", "past", "days", "85 %"),
        **age(connection),
    }


def usual_days(
    connection: sqlite3.Connection, of: Sequence[Unit], today: date
) -> dict[str, dict[str, int | None]]:
    """By type the days (from start to finish) that 85 % of those finished lately kept to, and of how many."""
    since = day_begins(today - timedelta(days=LIMIT_DAYS - 1))
    days = days_by_type(finished_since(connection, of, since))
    return {name: {"days": percentile(each, 85), "n": len(each)} for name, each in days.items()}


def _measured(life: Life, limits: dict[str, dict[str, int | None]], today: date) -> dict[str, Any]:
    days = age_days(life.span.started or "", today)
    limit = limits.get(life.unit.issue_type, {}).get("days")
    return {
        "started_at": life.span.started,
        "age_days": days,
        "status_days": status_days(life, today),
        "limit_days": limit,
        "past": limit is not None and days > limit,
    }
