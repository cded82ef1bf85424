"""What runs did: the documents of `harvest --json` and `reload --json`."""

import json
import sqlite3
from typing import Any

_RECORD = """
SELECT id AS job_id, status, started_at, completed_at, records_processed, requests, retries, warnings,
    error_message, run_id
FROM harvest_jobs WHERE id = ?
"""
_SOURCES = """
SELECT source, status, issues, new, changed, removed, requests, error_message
FROM source_results WHERE run_id = ? ORDER BY source DESC
"""


def harvest_document(connection: sqlite3.Connection, job_id: int) -> dict[str, Any]:
    """The record of one harvest job with its warnings (texts) and how each source fared."""
    (document,) = _dicts(connection.execute(_RECORD, [job_id]))
    run_id = document.pop("run_id")
    document["warnings"] = json.loads(document["warnings"])
    return {**document, "sources": sources_of(connection, run_id)}


def sources_of(connection: sqlite3.Connection, run_id: str) -> dict[str, dict[str, Any]]:
    """How each source fared in one run, by its name."""
    rows = _dicts(connection.execute(_SOURCES, [run_id]))
    return {row.pop("source"): row for row in rows}


def _dicts(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
