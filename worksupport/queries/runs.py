"""What `reload --json` and `recover --json` print about runs just ended."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from worksupport.queries.history import harvest_document, reload_document, sources_of

_RUN = "SELECT run_id, requests, retries, warnings FROM reload_tracking WHERE id = ?"


def reload_run_document(connection: sqlite3.Connection, reload_id: int) -> dict[str, Any]:
    """The reload's history record, with its requests, retries, warnings (texts) and how each source fared."""
    record = reload_document(connection, reload_id)
    run_id, requests, retries, warnings = connection.execute(_RUN, [reload_id]).fetchone()
    return {
        **record,
        "requests": requests,
        "retries": retries,
        "warnings": json.loads(warnings),
        "sources": sources_of(connection, run_id),
    }


def recover_document(
    connection: sqlite3.Connection, healed: Sequence[tuple[str, int]], reload_id: int | None
) -> dict[str, Any]:
    """`{"recovered": [record...], "reload": record|null}`; `healed` are (table, id) of interrupted runs."""
    ask = {"reload_tracking": reload_document, "harvest_jobs": harvest_document}
    return {
        "recovered": [ask[table](connection, record_id) for table, record_id in healed],
        "reload": None if reload_id is None else reload_run_document(connection, reload_id),
    }
