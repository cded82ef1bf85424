"""Is the copy fit to be read: its age, what runs, and how each source fared last; asks no service."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.queries.freshness import freshness
from worksupport.queries.history import HistoryQuestion, reloads_document
from worksupport.source_names import SOURCES

_RUNNING = """
SELECT 'reload' AS run, id, reload_started FROM reload_tracking WHERE status = 'running'
UNION ALL SELECT 'harvest', id, started_at FROM harvest_jobs WHERE status = 'running'
ORDER BY 3 DESC, 1, 2 DESC LIMIT 100
"""
_LAST_OUTCOME = """
SELECT status, ended_at, error_message FROM source_results
WHERE source = ? AND asked = 1 AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1
"""


def health_document(
    connection: sqlite3.Connection, *, now: datetime, interval: timedelta, is_locked: bool
) -> dict[str, Any]:
    """What `GET /health` answers; "ok" says that the data is there and not too old.

    `interval` is that between harvests; data may be twice as old, and an hour more. `is_locked`: a run holds
    the lock. A run that is recorded as running without it is orphaned: the next run repairs what it left.
    """
    last_reload = next(iter(reloads_document(connection, HistoryQuestion(limit=1))), None)
    runs = [dict(zip(("run", "id", "started_at"), row, strict=True)) for row in connection.execute(_RUNNING)]
    max_age = 2 * interval + timedelta(hours=1)
    harvested_at = freshness(connection)["harvested_at"]
    age = _age(harvested_at, now)
    return {
        "ok": age is not None and age <= max_age.total_seconds(),
        "database": {"ok": True, "detail": None},
        "harvested_at": harvested_at,
        "age_seconds": age,
        "max_age_seconds": int(max_age.total_seconds()),
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
        "running": [],
        "orphaned": [],
        "sources": dict.fromkeys(SOURCES),
        "last_reload": None,
        "next_reload": None,
    }


def _age(harvested_at: str | None, now: datetime) -> int | None:
    """Seconds; 0 for a moment that a changed clock has put into the future."""
    if harvested_at is None:
        return None
    return max(0, int((now - datetime.fromisoformat(harvested_at)).total_seconds()))


def _last_outcome(connection: sqlite3.Connection, source: str) -> dict[str, Any] | None:
    for row in connection.execute(_LAST_OUTCOME, (source,)):
        return dict(zip(("status", "ended_at", "error_message"), row, strict=True))
    return None


def _due(last_reload: dict[str, Any] | None, interval: timedelta) -> str | None:
    """When the next start or `recover` makes a reload; None: as soon as one comes."""
    if last_reload is None:
        return None
    return utc_text(datetime.fromisoformat(last_reload["reload_started"]) + interval)
