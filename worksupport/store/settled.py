"""What the whole tree counts, settled at the end of a run: little answers need not read all issues."""

import sqlite3

from worksupport.model.filters import STATE
from worksupport.model.names import DEFAULT_ROOT_TYPE

_IS_DONE = f"{STATE} IN ('done', 'dropped')"
_ROOTS = f"""
SELECT issues.id FROM issues JOIN issue_types ON issue_types.id = issue_type_id
WHERE issue_types.name = '{DEFAULT_ROOT_TYPE}' COLLATE NOCASE AND missing_since IS NULL
"""
# As queries/placement.py places them: a root stands once, at the top, so no circle is met. The index is of
# keys in any case.
_PLACE = f"""
WITH RECURSIVE roots AS MATERIALIZED ({_ROOTS}), placed (id, issue_key, root, depth) AS (
    SELECT issues.id, issue_key, issues.id, 1 FROM issues WHERE id IN roots
    UNION ALL
    SELECT issues.id, issues.issue_key, root, depth + 1 FROM placed JOIN issues
    ON issues.parent_key = placed.issue_key COLLATE NOCASE AND issues.parent_key = placed.issue_key
    WHERE missing_since IS NULL AND issues.id NOT IN roots
)
INSERT INTO temp.placed SELECT id, root, depth FROM placed
"""
_COUNT = f"""
INSERT INTO settled_roots (issue_id, done, total, dropped, children, changed_at)
SELECT root, sum(depth > 1 AND {_IS_DONE}), count(*) - 1, sum(depth > 1 AND {STATE} = 'dropped'),
    sum(depth = 2),
    coalesce(max(updated_at) FILTER (WHERE depth > 1), max(updated_at) FILTER (WHERE depth = 1))
FROM temp.placed JOIN issues USING (id) GROUP BY root
"""
_OUTSIDE = """
INSERT INTO settled_outside
SELECT id FROM issues WHERE missing_since IS NULL AND id NOT IN (SELECT id FROM temp.placed)
"""


def settle(connection: sqlite3.Connection) -> None:
    """Count anew where issues have changed since the last time; in the caller's transaction."""
    if connection.execute("SELECT 1 FROM data_state WHERE is_settled").fetchone():
        return
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS placed (id INTEGER PRIMARY KEY, root, depth)")
    connection.execute("DELETE FROM settled_roots")
    connection.execute("DELETE FROM settled_outside")
    for statement in (_PLACE, _COUNT, _OUTSIDE, "DELETE FROM temp.placed"):
        connection.execute(statement)
    connection.execute("UPDATE data_state SET is_settled = 1")
