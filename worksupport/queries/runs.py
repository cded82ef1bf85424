"""What `harvest --json`, `reload --json` and `recover --json` print about runs just ended."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from worksupport.queries.history import harvest_document, reload_document, sources_of

_HARVEST = "SELECT id FROM harvest_jobs WHERE run_id = ? AND status <> 'running'"
_RUN = "SELECT id, requests, retries, warnings FROM reload_tracking WHERE run_id = ? AND status <> 'running'"


def reload_run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The reload's history record, with its requests, retries, warnings (texts) and how each source fared.

    None if the run made no reload, or could not write down how it ended.
    """
    row = connection.execute(_RUN, [run_id]).fetchone()
    if row is None:
        return None
    reload_id, requests, retries, warnings = row
    return {
        **reload_document(connection, reload_id),
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings),
        "sources": sources_of(connection, run_id),
    }


def harvest_run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The harvest job of this run, as `history --harvests` has it.

    None if the run made none, or could not write down how it ended.
    """
    row = connection.execute(_HARVEST, [run_id]).fetchone()
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
