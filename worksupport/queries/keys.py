"""Which issues there are: their keys, filtered. Every start of `keys` loads this: it imports little."""

import sqlite3

from worksupport.model.filters import Filters
from worksupport.model.issue_fields import KEY_ORDER
from worksupport.output import json_ascii
from worksupport.queries.reader import AGE

_LARGEST_SOURCE = "jira"  # most issues are Jira's
_PARENTS = """
SELECT issue_key FROM issues
WHERE source = 'jira' AND issue_type_id = ? AND missing_since IS NULL ORDER BY id
"""


def issue_keys(connection: sqlite3.Connection, filters: Filters) -> list[str]:
    """The keys of the issues that fit, in natural order."""
    return [key for (key,) in connection.execute(*keys_statement(filters))]


def keys_text(connection: sqlite3.Connection, filters: Filters) -> str:
    """`{"issue_keys": [...], "total_count": n, "harvested_at": ..., "sources": {...}}` and a newline.

    The keys stand in natural order. No byte differs from what `json_text` makes of such a dict, in twice the
    time. Raises UsageError for a filter that is no text.
    """
    statement, parameters = keys_statement(filters)
    # An aggregate takes its rows in the order of the subquery (SQLite, ticket 2942 and test/tkt2942.test).
    document = f"json_object('issue_keys', json_group_array(issue_key), 'total_count', count(*), {AGE})"
    ((text,),) = connection.execute(f"SELECT {document} AS document FROM ({statement})", parameters)
    return json_ascii(text) + "\n"


def keys_lines(connection: sqlite3.Connection, filters: Filters) -> str:
    """The same issues, one JSON object a line: `{"issue_key": ..., "source": ...}`."""
    statement, parameters = keys_statement(
        filters, "json_object('issue_key', issue_key, 'source', source) AS line"
    )
    return "".join(f"{json_ascii(line)}\n" for (line,) in connection.execute(statement, parameters))


def keys_plain(connection: sqlite3.Connection, filters: Filters) -> str:
    """The keys alone, one a line, safe to print."""
    from worksupport.text import visible  # only now: the other forms escape everything

    return "".join(f"{visible(key)}\n" for key in issue_keys(connection, filters))


def keys_statement(filters: Filters, columns: str = "issue_key") -> tuple[str, dict[str, str]]:
    """The SQL that finds the issues which pass the filters, and its parameters.

    Raises UsageError for a filter that is no text.
    """
    conditions, parameters = filters.conditions()
    presence = "missing_since > ''" if filters.missing else "missing_since IS NULL"
    if parameters.get("source") == _LARGEST_SOURCE:
        # The plus keeps SQLite from the index on (source, source_id), which leaves nearly all rows unsorted.
        conditions = [f"+{each}" if ":source" in each else each for each in conditions]
    where = " AND ".join([presence, *conditions])
    return f"SELECT {columns} FROM issues WHERE {where} ORDER BY {KEY_ORDER}", parameters


def keys_of_type(connection: sqlite3.Connection, type_id: int) -> list[str]:
    """The keys of Jira's issues of one configured type, in the order they were first stored."""
    return [key for (key,) in connection.execute(_PARENTS, [type_id])]
