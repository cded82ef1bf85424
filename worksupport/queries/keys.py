"""Which issues there are: their keys, filtered. Every start of `keys` loads this: it imports little."""

import sqlite3
from types import SimpleNamespace

from worksupport.errors import UsageError
from worksupport.key_order import KEY_ORDER
from worksupport.output import json_ascii
from worksupport.queries.folding import folded
from worksupport.queries.freshness import FRESHNESS
from worksupport.source_names import SOURCES


class KeysQuestion(SimpleNamespace):
    """Filters, combined with AND; each compares whole values without regard to case.

    `changed_since` is UTC text as stored: updated at the service then or later. Not a dataclass: to load
    those takes half as long as a whole Python program that asks SQLite.
    """

    def __init__(
        self,
        source: str | None = None,
        assignee: str | None = None,
        label: str | None = None,
        issue_type: str | None = None,
        parent_key: str | None = None,
        changed_since: str | None = None,
        *,
        missing: bool = False,
    ) -> None:
        """Raises UsageError for a source that there is not."""
        if source is not None and source.casefold() not in SOURCES:
            raise UsageError(f"the source is {source!r}; it must be one of {', '.join(SOURCES)}")
        self.source = source
        self.assignee = assignee
        self.label = label
        self.issue_type = issue_type
        self.parent_key = parent_key
        self.changed_since = changed_since
        self.missing = missing


_CONDITIONS = {
    "source": "source = :source",
    "assignee": "id IN (SELECT issue_id FROM issue_assignees WHERE folded = :assignee)",
    "label": "id IN (SELECT issue_id FROM issue_labels WHERE folded = :label)",
    "issue_type": "issue_type_id IN (SELECT id FROM issue_types WHERE casefold(name) = :issue_type)",
    "parent_key": "parent_key = :parent_key COLLATE NOCASE",
    # All parameters come folded; the T and Z of a stored time are capitals.
    "changed_since": "updated_at >= upper(:changed_since)",
}
_LARGEST_SOURCE = "jira"  # most issues are Jira's

# How the document begins in which nothing is found.
NO_KEYS = '{"issue_keys":[],'


def issue_keys(connection: sqlite3.Connection, question: KeysQuestion) -> list[str]:
    """The keys of the issues that fit, in natural order."""
    return [key for (key,) in connection.execute(*keys_statement(question))]


def keys_text(connection: sqlite3.Connection, question: KeysQuestion) -> str:
    """`{"issue_keys": [...], "total_count": n, "harvested_at": ..., "sources": {...}}` and a newline.

    The keys stand in natural order. No byte differs from what `json_text` makes of such a dict, in twice the
    time. Raises UsageError for a filter that is no text.
    """
    statement, parameters = keys_statement(question)
    # An aggregate takes its rows in the order of the subquery (SQLite, ticket 2942 and test/tkt2942.test).
    document = f"json_object('issue_keys', json_group_array(issue_key), 'total_count', count(*), {FRESHNESS})"
    ((text,),) = connection.execute(f"SELECT {document} AS document FROM ({statement})", parameters)
    return json_ascii(text) + "\n"


def keys_lines(connection: sqlite3.Connection, question: KeysQuestion) -> str:
    """The same issues, one JSON object a line: `{"issue_key": ..., "source": ...}`."""
    statement, parameters = keys_statement(
        question, "json_object('issue_key', issue_key, 'source', source) AS line"
    )
    return "".join(f"{json_ascii(line)}\n" for (line,) in connection.execute(statement, parameters))


def keys_statement(question: KeysQuestion, columns: str = "issue_key") -> tuple[str, dict[str, str]]:
    """The SQL that answers the question with these columns, and its parameters.

    Raises UsageError for a filter that is no text.
    """
    given = {name: getattr(question, name) for name in _CONDITIONS}
    parameters = {name: folded(value) for name, value in given.items() if value is not None}
    presence = "missing_since IS NOT NULL" if question.missing else "missing_since IS NULL"
    conditions = " AND ".join([presence, *(_condition(*filter_) for filter_ in parameters.items())])
    return f"SELECT {columns} FROM issues WHERE {conditions} ORDER BY {KEY_ORDER}", parameters


def _condition(name: str, value: str) -> str:
    # The plus keeps SQLite from the index on (source, source_id), which would leave nearly all rows unsorted.
    is_common = (name, value) == ("source", _LARGEST_SOURCE)
    return f"+{_CONDITIONS[name]}" if is_common else _CONDITIONS[name]
