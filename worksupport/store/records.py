"""The records of runs: harvest jobs, reloads, and how each source fared in them."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from worksupport.clock import utc_text
from worksupport.errors import DatabaseError
from worksupport.model.outcome import SourceOutcome
from worksupport.store.database import Store, raise_data_version


class Table(StrEnum):
    """Where a run's record stands."""

    HARVESTS = "harvest_jobs"
    RELOADS = "reload_tracking"


@dataclass(frozen=True)
class Record:
    """One run's record: which table and row, and the id that its source results and log lines carry."""

    table: Table
    id: int
    run_id: str
    started_at: str  # UTC text


def begin_harvest(store: Store, run_id: str, started_at: str, scope: str) -> Record:
    """Insert a 'running' harvest job; `scope` is 'full' or 'since'."""
    row = {"started_at": started_at, "status": "running", "run_id": run_id, "scope": scope}
    return _begin(store, Table.HARVESTS, row, run_id, started_at)


def begin_reload(
    store: Store, run_id: str, started_at: str, scope: str, source: str, triggered_by: str
) -> Record:
    """Insert a 'running' reload; `source` is 'manual', 'automatic' or 'scheduled'."""
    row = {
        "reload_started": started_at,
        "status": "running",
        "run_id": run_id,
        "scope": scope,
        "source": source,
        "triggered_by": triggered_by,
    }
    return _begin(store, Table.RELOADS, row, run_id, started_at)


def _begin(store: Store, table: Table, row: dict[str, str], run_id: str, started_at: str) -> Record:
    with store.transaction():
        record_id = store.table(table).insert(row).last_rowid
    assert record_id
    return Record(table, record_id, run_id, started_at)


def save_progress(store: Store, record: Record, records_processed: int) -> None:
    """Let others see how far a run has come; in the caller's transaction.

    Raises DatabaseError if another run has ended this record meanwhile: nothing more may be written.
    """
    # Called at every page, for which sqlite-utils would look the table up anew.
    statement = f"UPDATE {record.table} SET records_processed = ? WHERE id = ? AND status = 'running'"
    if not store.connection.execute(statement, [records_processed, record.id]).rowcount:
        raise DatabaseError(
            "another run took this one for dead and repaired what it had written; this one ends",
            "was the lock file removed? Leave it alone, and run the command again",
        )


def save_outcome(store: Store, record: Record, outcome: SourceOutcome, ended_at: str, stored: bool) -> None:
    """Keep how one source fared; in the caller's transaction.

    `stored`: its issues are in the answers, so `ended_at` (UTC text) is their age.
    """
    row = {
        "run_id": record.run_id,
        "source": outcome.name,
        "is_on": outcome.is_on,
        "asked": outcome.asked,
        "status": outcome.status,
        "scope": outcome.scope,
        "asked_for": outcome.asked_for,
        "ended_at": ended_at,
        "stored": stored,
        "issues": outcome.issues,
        "new": outcome.new,
        "changed": outcome.changed,
        "removed": outcome.removed,
        "requests": outcome.requests,
        "past_requests": outcome.singles,
        "error_message": outcome.error_message,
        "hint": outcome.hint,
        "began_at": utc_text(outcome.service_began) if outcome.service_began else None,
        "data_version": raise_data_version(store.connection, ended_at, are_issues_same=True),
    }
    store.table("source_results").upsert(row, pk=("run_id", "source"))


def singles_since(connection: sqlite3.Connection, source: str, moment: str) -> int:
    """How many requests for one issue each the runs sent that ended after `moment` (UTC text)."""
    statement = "SELECT coalesce(sum(past_requests), 0) FROM source_results WHERE source = ? AND ended_at > ?"
    ((count,),) = connection.execute(statement, [source, moment])
    return int(count)


@dataclass(frozen=True)
class LastRuns:
    """What a source's runs have left, for one that asks only for what changed; times are UTC text.

    `began_at` is that of the newest complete one, by the service's clock. Of the newest complete full one:
    when it ended, its requests, what it asked for. `failed_at`: when a full one failed that is newer.
    """

    began_at: str | None
    ended_at: str | None
    full_at: str | None
    full_requests: int
    asked_for: str | None
    failed_at: str | None


_NEWEST_OF = "FROM source_results WHERE source = ? AND {which} ORDER BY data_version DESC LIMIT 1"


def last_runs(connection: sqlite3.Connection, source: str) -> LastRuns:
    """What the runs of `source` have left."""

    def newest(columns: str, which: str) -> tuple[Any, ...] | None:
        statement = f"SELECT {columns} {_NEWEST_OF.format(which=which)}"
        row: tuple[Any, ...] | None = connection.execute(statement, [source]).fetchone()
        return row

    began_at, ended_at = newest("began_at, ended_at", "stored = 1") or (None, None)
    is_full = "coalesce(scope, 'full') = 'full' AND asked = 1"
    full = newest("ended_at, requests, asked_for, data_version", f"stored = 1 AND {is_full}")
    full_at, requests, asked_for, version = full or (None, 0, None, 0)
    failed = newest("ended_at, data_version", f"stored = 0 AND status = 'failed' AND {is_full}")
    failed_at = failed[0] if failed and (failed[1] or 0) > (version or 0) else None
    return LastRuns(began_at, ended_at, full_at, int(requests or 0), asked_for, failed_at)


def has_outcome(store: Store, record: Record, source: str) -> bool:
    """Whether it was kept already how `source` fared."""
    statement = "SELECT 1 FROM source_results WHERE run_id = ? AND source = ?"
    return store.connection.execute(statement, [record.run_id, source]).fetchone() is not None


def finish(
    store: Store,
    record: Record,
    outcomes: list[SourceOutcome],
    warnings: list[str],
    error_message: str | None,
    now: str,
    seconds: float,
    recorded: int,
) -> None:
    """Complete the record of a run that took `seconds` and recorded so many changes, or fail it.

    In the caller's transaction.
    """
    row: dict[str, object] = {
        "completed_at": now,
        "status": "failed" if error_message else "completed",
        "records_processed": sum(outcome.issues for outcome in outcomes),
        "error_message": error_message,
        "requests": sum(outcome.requests for outcome in outcomes),
        "retries": sum(outcome.retries for outcome in outcomes),
        "warnings": json.dumps(warnings, ensure_ascii=False),
        "changes": recorded,
        "scope": "since" if any(outcome.scope == "since" for outcome in outcomes) else "full",
    }
    if record.table is Table.RELOADS:
        row["issues_deleted"] = sum(outcome.removed for outcome in outcomes)
        row["duration_seconds"] = int(seconds)
    _end(store, record.table, record.id, row, now)


def forget_harvests(connection: sqlite3.Connection, before: str) -> None:
    """Drop what is recorded of harvests that began before then (UTC text), in the caller's transaction.

    But what a source's record of changes begins with, and what its age is told by: the newest that it was
    stored in. Reloads are the audit trail: all stay.
    """
    old = f"SELECT run_id FROM harvest_jobs WHERE started_at < ? AND status <> 'running' {_NOT_KEPT}"
    runs = [run for (run,) in connection.execute(old, [before])]
    for table in ("source_results", "harvest_jobs"):
        connection.executemany(f"DELETE FROM {table} WHERE run_id = ?", [(run,) for run in runs])


_OF_SOURCES = (
    "SELECT run_id FROM (SELECT run_id, {which} FROM source_results WHERE stored = 1{more} GROUP BY source)"
)
_FULL = " AND coalesce(scope, 'full') = 'full'"
_NOT_KEPT = f"""
AND run_id NOT IN ({_OF_SOURCES.format(which="min(data_version)", more=_FULL + " AND began_at IS NOT NULL")})
AND run_id NOT IN ({_OF_SOURCES.format(which="max(data_version)", more="")})
AND run_id NOT IN ({_OF_SOURCES.format(which="max(data_version)", more=_FULL)})
AND run_id NOT IN (
    SELECT run_id FROM harvest_jobs AS whole WHERE status = 'completed' AND NOT EXISTS (
        SELECT 1 FROM source_results WHERE run_id = whole.run_id AND is_on = 1 AND asked = 0
    ) ORDER BY data_version DESC LIMIT 1
)"""


def heal(store: Store, now: str) -> list[tuple[Table, int]]:
    """Fail every record still 'running': the lock is ours, so their runs are dead. Returns them.

    What a dead reload had staged is dropped; `issues` is as it was before that reload.
    """
    healed = []
    with store.transaction() as connection:
        for table in Table:
            rows = connection.execute(f"SELECT id FROM {table} WHERE status = 'running'").fetchall()
            for (record_id,) in rows:
                row = {"status": "failed", "completed_at": now, "error_message": "interrupted"}
                _end(store, table, record_id, row, now)
                healed.append((table, int(record_id)))
        connection.execute("DELETE FROM main.staged_issues")
    return healed


def _end(store: Store, table: Table, record_id: int, row: Mapping[str, object], now: str) -> None:
    """Write how a run ended, and its place in the order of all runs."""
    version = raise_data_version(store.connection, now, are_issues_same=True)
    store.table(table).update(record_id, {**row, "data_version": version})
