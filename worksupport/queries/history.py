"""How runs went: the record of reloads and harvest jobs, newest first, and what a run prints of itself."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worksupport.errors import NotFoundError, UsageError

STATUSES = ("running", "completed", "failed")
MAX_LIMIT = 100
_LARGEST_ID = 2**63 - 1  # of SQLite


@dataclass(frozen=True)
class HistoryQuestion:
    """Which records: at most `limit`, of one status or of all. Raises UsageError for values there are not."""

    limit: int = 10
    status: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise UsageError(f"the limit is {self.limit}; it must be 1 to {MAX_LIMIT}")
        if self.status is not None and self.status.casefold() not in STATUSES:
            raise UsageError(f"the status is {self.status!r}; it must be one of {', '.join(STATUSES)}")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the SQL of this module calls :status, :id and :limit."""
        status = None if self.status is None else self.status.casefold()
        return {"status": status, "id": None, "limit": self.limit}


_RELOADS = """
SELECT id, reload_started, status, completed_at, records_processed, issues_deleted,
    CAST(duration_seconds AS INTEGER), source, triggered_by, error_message
FROM reload_tracking WHERE (:id IS NULL OR id = :id) AND (:status IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""
_RELOAD_FIELDS = (
    "reload_id",
    "reload_started",
    "status",
    "completed_at",
    "records_processed",
    "issues_deleted",
    "duration_seconds",
    "source",
    "triggered_by",
    "error_message",
)
_HARVESTS = """
SELECT id, status, started_at, completed_at, records_processed, requests, retries, warnings, error_message,
    run_id
FROM harvest_jobs WHERE (:id IS NULL OR id = :id) AND (:status IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""
_RESULTS = """
SELECT source, status, issues, new, changed, removed, requests, error_message
FROM source_results WHERE run_id = ? ORDER BY source DESC
"""
# The fifth is what became of the issues no longer found: marked as missing (harvest), or removed (reload).
_HARVEST_FIELDS = ("status", "issues", "new", "changed", "missing", "requests", "error_message")
_RELOAD_RESULT_FIELDS = ("status", "issues", "new", "changed", "removed", "requests", "error_message")


def reloads_document(connection: sqlite3.Connection, question: HistoryQuestion) -> list[dict[str, Any]]:
    """The newest reloads, each as `reload_document` has it."""
    return _reloads(connection, question.parameters)


def reload_document(connection: sqlite3.Connection, reload_id: int) -> dict[str, Any]:
    """One reload, with the members of `worksupport help json`; times UTC text, duration in seconds.

    Raises NotFoundError.
    """
    for record in _reloads(connection, _only(reload_id)):
        return record
    raise NotFoundError(f"there is no reload {reload_id}", "`worksupport history` lists those there are")


def harvests_document(connection: sqlite3.Connection, question: HistoryQuestion) -> list[dict[str, Any]]:
    """The newest harvest jobs, each as `harvest_document` has it."""
    return _harvests(connection, question.parameters)


def harvest_document(connection: sqlite3.Connection, job_id: int) -> dict[str, Any]:
    """One harvest job, with the members of `worksupport help json`; `warnings` are texts.

    Raises NotFoundError.
    """
    for record in _harvests(connection, _only(job_id)):
        return record
    raise NotFoundError(
        f"there is no harvest job {job_id}", "`worksupport history --harvests` lists those there are"
    )


def _sources_of(
    connection: sqlite3.Connection, run_id: str | None, fields: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """What one run did for each source: `{name: {status, issues, new, changed, missing, requests, ...}}`."""
    results = connection.execute(_RESULTS, (run_id,))
    return {source: dict(zip(fields, values, strict=True)) for source, *values in results}


def _only(record_id: int) -> dict[str, Any]:
    return {"status": None, "id": min(record_id, _LARGEST_ID), "limit": 1}


def _reloads(connection: sqlite3.Connection, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    rows = connection.execute(_RELOADS, parameters)
    return [dict(zip(_RELOAD_FIELDS, row, strict=True)) for row in rows]


def _harvests(connection: sqlite3.Connection, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [_harvest(connection, *row) for row in connection.execute(_HARVESTS, parameters).fetchall()]


def _harvest(connection: sqlite3.Connection, job_id: int, *columns: Any) -> dict[str, Any]:
    status, started_at, completed_at, processed, requests, retries, warnings, error_message, run_id = columns
    return {
        "job_id": job_id,
        "status": status,
        "started_at": started_at,
        "completed_at": completed_at,
        "records_processed": processed,
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings or "[]"),
        "error_message": error_message,
        "sources": _sources_of(connection, run_id, _HARVEST_FIELDS),
    }


_JOB_OF_RUN = "SELECT id FROM harvest_jobs WHERE run_id = ? AND status <> 'running'"
_RELOAD_OF_RUN = """
SELECT id, requests, retries, warnings FROM reload_tracking WHERE run_id = ? AND status <> 'running'
"""


def reload_run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The reload's history record, with its requests, retries, warnings (texts) and how each source fared.

    None if the run made no reload, or could not write down how it ended.
    """
    row = connection.execute(_RELOAD_OF_RUN, [run_id]).fetchone()
    if row is None:
        return None
    reload_id, requests, retries, warnings = row
    return {
        **reload_document(connection, reload_id),
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings),
        "sources": _sources_of(connection, run_id, _RELOAD_RESULT_FIELDS),
    }


def harvest_run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The harvest job of this run, as `history --harvests` has it.

    None if the run made none, or could not write down how it ended.
    """
    row = connection.execute(_JOB_OF_RUN, [run_id]).fetchone()
    return harvest_document(connection, row[0]) if row else None


def recover_document(
    connection: sqlite3.Connection, healed: Sequence[tuple[str, int]], run_id: str
) -> dict[str, Any]:
    """`{"recovered": [record...], "reload": record|null}`.

    `healed` are (table, id) of interrupted runs; `run_id` is that of the run that repaired them.
    """
    ask = {"reload_tracking": reload_document, "harvest_jobs": harvest_document}
    return {
        "recovered": [ask[table](connection, record_id) for table, record_id in healed],
        "reload": reload_run_document(connection, run_id),
    }
