"""How runs went: the record of harvests and reloads, newest first, and what a run prints of itself."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from worksupport.errors import NotFoundError, UsageError

STATUSES = ("running", "completed", "failed")
KINDS = ("harvest", "reload")
MAX_LIMIT = 100
_LARGEST_ID = 2**63 - 1  # of SQLite


@dataclass(frozen=True)
class HistoryQuestion:
    """Which records: at most `limit`, of one status or of all, of one kind of runs or of both.

    Raises UsageError for values there are not.
    """

    limit: int = 10
    status: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise UsageError(f"the limit is {self.limit}; it must be 1 to {MAX_LIMIT}")
        for name, value, known in (("status", self.status, STATUSES), ("kind", self.kind, KINDS)):
            if value is not None and value.casefold() not in known:
                raise UsageError(f"the {name} is {value!r}; it must be one of {', '.join(known)}")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the SQL of this module calls :status, :id and :limit."""
        status = None if self.status is None else self.status.casefold()
        return {"status": status, "id": None, "limit": self.limit}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of runs that are asked for."""
        return KINDS if self.kind is None else (self.kind.casefold(),)


@dataclass(frozen=True)
class RunName:
    """What people call a run: `h57` is a harvest, `r9` or `9` a reload."""

    kind: str
    number: int

    @classmethod
    def read(cls, text: str) -> "RunName":
        """Raises NotFoundError for what names no run."""
        found = re.fullmatch("([hr]?)([0-9]{1,99})", text.strip().casefold(), re.ASCII)
        if found is None:
            raise NotFoundError(
                f"{text!r} is no run", f"worksupport show {text}" if "-" in text else "worksupport history"
            )
        return cls("harvest" if found[1] == "h" else "reload", int(found[2]))

    def __str__(self) -> str:
        return f"{self.kind[0]}{self.number}"


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
    scope, run_id
FROM harvest_jobs WHERE (:id IS NULL OR id = :id) AND (:status IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""
_RESULTS = """
SELECT source, status, issues, new, changed, removed, requests, error_message
FROM source_results WHERE run_id = ? ORDER BY source DESC
"""
_ORDER = {
    kind: f"""SELECT id, coalesce(data_version, CASE status WHEN 'running' THEN 9e999 ELSE 0 END), {began}
    FROM {table} WHERE :status IS NULL OR status = :status ORDER BY id DESC LIMIT :limit"""
    for kind, table, began in (
        ("harvest", "harvest_jobs", "started_at"),
        ("reload", "reload_tracking", "reload_started"),
    )
}
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
    raise _unknown(connection, RunName("reload", reload_id))


def runs_document(connection: sqlite3.Connection, question: HistoryQuestion) -> list[dict[str, Any]]:
    """The newest runs of the kinds asked for, each as `run_document` has it.

    Their order is that of the data's own number, not of the clock; what still runs comes first.
    """
    found = (_ordered(connection, kind, question.parameters) for kind in question.kinds)
    newest = islice(merge(*found, key=lambda entry: entry[0], reverse=True), question.limit)
    return [run_document(connection, RunName(kind, number)) for _, kind, number in newest]


def _ordered(
    connection: sqlite3.Connection, kind: str, parameters: dict[str, Any]
) -> list[tuple[tuple[float, str], str, int]]:
    rows = connection.execute(_ORDER[kind], parameters)
    return [((version, began or ""), kind, number) for number, version, began in rows]


def run_document(connection: sqlite3.Connection, run: RunName) -> dict[str, Any]:
    """One run: `kind` ('harvest' or 'reload'), `id` (such as 'h57'), then what a run prints of itself.

    Raises NotFoundError, naming the newest of its kind.
    """
    named = {"kind": run.kind, "id": str(run)}
    if run.kind == "harvest":
        return named | harvest_document(connection, run.number)
    return named | _with_results(connection, reload_document(connection, run.number))


def _with_results(connection: sqlite3.Connection, record: dict[str, Any]) -> dict[str, Any]:
    statement = "SELECT requests, retries, warnings, scope, run_id FROM reload_tracking WHERE id = ?"
    ((requests, retries, warnings, scope, run_id),) = connection.execute(statement, [record["reload_id"]])
    return {
        **record,
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings or "[]"),
        "scope": scope,
        "sources": _sources_of(connection, run_id, _RELOAD_RESULT_FIELDS),
    }


def harvest_document(connection: sqlite3.Connection, job_id: int) -> dict[str, Any]:
    """One harvest job, with the members of `worksupport help json`; `warnings` are texts.

    Raises NotFoundError.
    """
    for record in _harvests(connection, _only(job_id)):
        return record
    raise _unknown(connection, RunName("harvest", job_id))


def _unknown(connection: sqlite3.Connection, run: RunName) -> NotFoundError:
    newest = _ordered(connection, run.kind, {"status": None, "limit": 1})
    hint = f"the newest is {run.kind[0]}{newest[0][2]}" if newest else f"worksupport {run.kind} makes one"
    return NotFoundError(f"there is no {run.kind} {run}", hint)


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
    status, started_at, completed_at, processed, requests, retries, warnings, error, scope, run_id = columns
    return {
        "job_id": job_id,
        "status": status,
        "started_at": started_at,
        "completed_at": completed_at,
        "records_processed": processed,
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings or "[]"),
        "error_message": error,
        "scope": scope,
        "sources": _sources_of(connection, run_id, _HARVEST_FIELDS),
    }


_JOB_OF_RUN = "SELECT id FROM harvest_jobs WHERE run_id = ? AND status <> 'running'"
_RELOAD_OF_RUN = "SELECT id FROM reload_tracking WHERE run_id = ? AND status <> 'running'"


def reload_run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The reload's history record, with its requests, retries, warnings (texts) and how each source fared.

    None if the run made no reload, or could not write down how it ended.
    """
    row = connection.execute(_RELOAD_OF_RUN, [run_id]).fetchone()
    return _with_results(connection, reload_document(connection, row[0])) if row else None


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
