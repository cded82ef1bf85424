"""What the record of runs tells about how well harvesting goes."""

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.queries.freshness import freshness
from worksupport.queries.health import health_document

SHARE_DAYS = 30
_SHARE = """
SELECT count(*), coalesce(sum(status = 'completed'), 0) FROM harvest_jobs
WHERE status <> 'running' AND started_at >= ?
"""
_NEWEST = """
SELECT 'harvest' AS run, id, status, completed_at, error_message, warnings FROM harvest_jobs
WHERE status <> 'running'
UNION ALL
SELECT 'reload', id, status, completed_at, error_message, warnings FROM reload_tracking
WHERE status <> 'running'
ORDER BY completed_at DESC LIMIT 1
"""
_NEWEST_FIELDS = ("run", "id", "status", "completed_at", "error_message", "warnings")


def condition(
    connection: sqlite3.Connection, *, now: datetime, interval: timedelta, is_locked: bool
) -> dict[str, Any]:
    """`{"sources": {name: time|null}, "orphaned", "last_reload", "next_reload", "harvests": (ended,
    completed), "newest": run|null}`: `orphaned` and reloads as `health_document` has them, harvests of the
    last 30 days, and the run that ended last with its `warnings` as a list.
    """
    health = health_document(connection, now=now, interval=interval, is_locked=is_locked)
    since = utc_text(now - timedelta(days=SHARE_DAYS))
    return {
        "sources": freshness(connection)["sources"],
        "orphaned": health["orphaned"],
        "last_reload": health["last_reload"],
        "next_reload": health["next_reload"],
        "harvests": connection.execute(_SHARE, [since]).fetchone(),
        "newest": _newest(connection),
    }


def _newest(connection: sqlite3.Connection) -> dict[str, Any] | None:
    for row in connection.execute(_NEWEST):
        run = dict(zip(_NEWEST_FIELDS, row, strict=True))
        return {**run, "warnings": json.loads(run["warnings"] or "[]")}
    return None
