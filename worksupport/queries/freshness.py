"""How old the data is: of everything, and of each source."""

import sqlite3

from worksupport.source_names import SOURCES

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import Any

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
_NEWEST_OF_SOURCES = ", ".join(
    f"'{source}', (SELECT max(ended_at) FROM source_results WHERE source = '{source}' AND stored = 1)"
    for source in SOURCES
)

# What every JSON object ends with, as arguments of SQLite's json_object.
FRESHNESS = f"'harvested_at', ({_NEWEST_WHOLE_RUN}), 'sources', json_object({_NEWEST_OF_SOURCES})"


def freshness(connection: sqlite3.Connection) -> "dict[str, Any]":
    """`{"harvested_at": time|null, "sources": {"jira": time|null, "github": time|null}}`."""
    import json  # only now: `keys` has SQLite write it

    ((text,),) = connection.execute(f"SELECT json_object({FRESHNESS})")
    document: dict[str, Any] = json.loads(text)
    return document
