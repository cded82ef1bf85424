"""What the last run has counted of the whole tree, where that still holds."""

import sqlite3

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from collections.abc import Mapping

    # Done, total, dropped, children, newest change (UTC text, '' for unknown).
    Sums = tuple[int, int, int, int, str]

# The issues of another moment hide today's (queries/as_of.py).
_HOLDS = """
SELECT 1 FROM data_state WHERE is_settled
AND NOT EXISTS (SELECT 1 FROM temp.sqlite_master WHERE name = 'issues')
"""
_ROOTS = """
SELECT issue_id, done, total, dropped, children,
    CASE WHEN changed_at IS NULL THEN '' ELSE json_quote(changed_at) END FROM settled_roots
"""


def is_settled(connection: sqlite3.Connection) -> bool:
    """Whether no issue has changed since."""
    return connection.execute(_HOLDS).fetchone() is not None


def settled_roots(connection: sqlite3.Connection) -> "Mapping[int, Sums]":
    """What is below each root, by its number."""
    return {number: (done, total, *more) for number, done, total, *more in connection.execute(_ROOTS)}


def settled_outside(connection: sqlite3.Connection) -> list[int]:
    """The numbers of the issues without a place."""
    return [number for (number,) in connection.execute("SELECT issue_id FROM settled_outside")]


def settled_total(connection: sqlite3.Connection) -> int:
    """How many issues there are."""
    ((placed,),) = connection.execute("SELECT coalesce(sum(total + 1), 0) FROM settled_roots")
    return int(placed) + outside_count(connection)


def outside_count(connection: sqlite3.Connection) -> int:
    """How many these are."""
    ((count,),) = connection.execute("SELECT count(*) FROM settled_outside")
    return int(count)
