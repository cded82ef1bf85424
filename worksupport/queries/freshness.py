"""How old the data is: of everything, and of each source."""

import sqlite3
from typing import Any

from worksupport.source_names import SOURCES

# A run counts for all of the data only if it asked every source that was on.
_NEWEST_WHOLE_RUN = """
SELECT max(completed_at) FROM (
    SELECT run_id, completed_at FROM harvest_jobs WHERE status = 'completed'
    UNION ALL
    SELECT run_id, completed_at FROM reload_tracking WHERE status = 'completed'
) AS run
WHERE NOT EXISTS (
    SELECT 1 FROM source_results
    WHERE source_results.run_id = run.run_id AND is_on = 1 AND asked = 0
)
"""
_NEWEST_OF_SOURCE = "SELECT max(ended_at) FROM source_results WHERE source = ? AND stored = 1"


def freshness(connection: sqlite3.Connection) -> dict[str, Any]:
    """`{"harvested_at": time|null, "sources": {"jira": time|null, "github": time|null}}`."""
    return {
        "harvested_at": _one_value(connection, _NEWEST_WHOLE_RUN),
        "sources": {source: _one_value(connection, _NEWEST_OF_SOURCE, source) for source in SOURCES},
    }


def _one_value(connection: sqlite3.Connection, sql: str, *parameters: str) -> Any:
    return connection.execute(sql, parameters).fetchone()[0]
