"""Is the copy fit to be read, and how well does harvesting go: its age, its runs; asks no service."""

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.model.names import DEFAULT_FULL_EVERY_HOURS, SOURCES
from worksupport.model.times import stored_moment
from worksupport.queries.history import HistoryQuestion, reloads_document
from worksupport.queries.reader import NEWEST_RESULT, NEWEST_RUN, age
from worksupport.queries.remarks import longest_age

_RUNNING = """
SELECT 'reload' AS run, id, reload_started FROM reload_tracking WHERE status = 'running'
UNION ALL SELECT 'harvest', id, started_at FROM harvest_jobs WHERE status = 'running'
ORDER BY 3 DESC, 1, 2 DESC LIMIT 100
"""
_FULL = f"""
SELECT ended_at FROM source_results
WHERE source = ? AND stored = 1 AND coalesce(scope, 'full') = 'full' {NEWEST_RESULT}
"""
_LAST_OUTCOME = f"""
SELECT status, ended_at, error_message FROM source_results
WHERE source = ? AND asked = 1 AND ended_at IS NOT NULL {NEWEST_RESULT}
"""


def health_document(
    connection: sqlite3.Connection,
    *,
    now: datetime,
    interval: timedelta,
    is_locked: bool,
    full_every: timedelta = timedelta(hours=DEFAULT_FULL_EVERY_HOURS),
) -> dict[str, Any]:
    """What `GET /health` answers; "ok" says that the data is there and not too old.

    `interval` is that between harvests, `full_every` that between those that ask for everything. Data from
    the future has no age: this machine's clock is wrong, or was. `is_locked`: a run holds the lock. A run
    that is recorded as running without it is orphaned: the next run repairs what it left.
    """
    last_reload = next(iter(reloads_document(connection, HistoryQuestion(limit=1))), None)
    runs = [dict(zip(("run", "id", "started_at"), row, strict=True)) for row in connection.execute(_RUNNING)]
    max_age = longest_age(interval)
    harvested_at = age(connection)["harvested_at"]
    seconds = _seconds_since(harvested_at, now)
    full_at, max_full_age = _full_at(connection), longest_age(max(full_every, interval))
    full_seconds = _seconds_since(full_at, now)
    return {
        "ok": _is_within(seconds, max_age) and _is_within(full_seconds, max_full_age),
        "database": {"ok": True, "detail": None},
        "harvested_at": harvested_at,
        "age_seconds": seconds,
        "max_age_seconds": int(max_age.total_seconds()),
        "full_harvested_at": full_at,
        "full_age_seconds": full_seconds,
        "max_full_age_seconds": int(max_full_age.total_seconds()),
        "running": runs[:1] if is_locked else [],
        "orphaned": runs[1:] if is_locked else runs,
        "sources": {source: _last_outcome(connection, source) for source in SOURCES},
        "last_reload": last_reload,
        "next_reload": _due(last_reload, interval),
    }


def unhealthy_document(detail: str) -> dict[str, Any]:
    """The same fields where the database cannot be read."""
    return {
        "ok": False,
        "database": {"ok": False, "detail": detail},
        "harvested_at": None,
        "age_seconds": None,
        "max_age_seconds": None,
        "full_harvested_at": None,
        "full_age_seconds": None,
        "max_full_age_seconds": None,
        "running": [],
        "orphaned": [],
        "sources": dict.fromkeys(SOURCES),
        "last_reload": None,
        "next_reload": None,
    }


def _full_at(connection: sqlite3.Connection) -> str | None:
    """When the sources that have data were last asked for everything: the one where that is longest ago."""
    found = [connection.execute(_FULL, [source]).fetchone() for source in SOURCES]
    return min((row[0] for row in found if row and row[0]), default=None)


def _is_within(seconds: int | None, longest: timedelta) -> bool:
    return seconds is not None and seconds <= longest.total_seconds()


def _seconds_since(harvested_at: str | None, now: datetime) -> int | None:
    """Whole seconds; None for no moment, and for one in the future."""
    moment = stored_moment(harvested_at)
    if moment is None:
        return None
    seconds = int((now - moment).total_seconds())
    return seconds if seconds >= 0 else None


def _last_outcome(connection: sqlite3.Connection, source: str) -> dict[str, Any] | None:
    for row in connection.execute(_LAST_OUTCOME, (source,)):
        return dict(zip(("status", "ended_at", "error_message"), row, strict=True))
    return None


def _due(last_reload: dict[str, Any] | None, interval: timedelta) -> str | None:
    """When the next start or `recover` makes a reload; None: as soon as one comes."""
    began = stored_moment(last_reload["reload_started"]) if last_reload else None
    return utc_text(began + interval) if began else None


SHARE_DAYS = 30
_SHARE = """
SELECT count(*), coalesce(sum(status = 'completed'), 0) FROM harvest_jobs
WHERE status <> 'running' AND started_at >= ?
"""
_NEWEST_FIELDS = ("run", "id", "status", "completed_at", "error_message", "warnings", "run_id")
_NEWEST = f"""
SELECT {", ".join(_NEWEST_FIELDS)} FROM (
    SELECT 'harvest' AS run, id, status, completed_at, error_message, warnings, run_id, data_version
    FROM harvest_jobs WHERE status <> 'running'
    UNION ALL
    SELECT 'reload', id, status, completed_at, error_message, warnings, run_id, data_version
    FROM reload_tracking WHERE status <> 'running'
) {NEWEST_RUN}
"""
_HINT = "SELECT hint FROM source_results WHERE run_id = ? AND hint IS NOT NULL ORDER BY source DESC"


def condition(
    connection: sqlite3.Connection, *, now: datetime, interval: timedelta, is_locked: bool
) -> dict[str, Any]:
    """`{"sources": {name: time|null}, "full_harvested_at", "orphaned", "last_reload", "next_reload",
    "harvests": (ended, completed), "newest": run|null}`: what `health_document` has is as it has it, harvests
    are those of the last 30 days, and the run that ended last has its `warnings` as a list and a `hint`.
    """
    health = health_document(connection, now=now, interval=interval, is_locked=is_locked)
    since = utc_text(now - timedelta(days=SHARE_DAYS))
    return {
        "sources": age(connection)["sources"],
        "full_harvested_at": health["full_harvested_at"],
        "orphaned": health["orphaned"],
        "last_reload": health["last_reload"],
        "next_reload": health["next_reload"],
        "harvests": connection.execute(_SHARE, [since]).fetchone(),
        "newest": _newest(connection),
    }


def _newest(connection: sqlite3.Connection) -> dict[str, Any] | None:
    for row in connection.execute(_NEWEST):
        run = dict(zip(_NEWEST_FIELDS, row, strict=True))
        hint = connection.execute(_HINT, [run.pop("run_id")]).fetchone()
        return {**run, "warnings": json.loads(run["warnings"] or "[]"), "hint": hint[0] if hint else ""}
    return None
