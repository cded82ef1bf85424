"""Which issues there are: their keys, filtered."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from worksupport.errors import UsageError
from worksupport.key_order import KEY_ORDER
from worksupport.output import json_text
from worksupport.queries.freshness import freshness
from worksupport.source_names import SOURCES


@dataclass(frozen=True)
class KeysQuestion:
    """Filters, combined with AND; each compares whole values without regard to case.

    Raises UsageError for a source that there is not.
    """

    source: str | None = None
    assignee: str | None = None
    label: str | None = None
    issue_type: str | None = None
    parent_key: str | None = None
    missing: bool = False
    changed_since: str | None = None  # UTC text as stored: updated at the service then or later

    def __post_init__(self) -> None:
        if self.source is not None and self.source.casefold() not in SOURCES:
            raise UsageError(f"the source is {self.source!r}; it must be one of {', '.join(SOURCES)}")


_CONDITIONS = {
    # The plus keeps SQLite from the index on (source, source_id), which leaves half of all rows to be sorted.
    "source": "+source = :source",
    "assignee": "id IN (SELECT issue_id FROM issue_assignees WHERE folded = :assignee)",
    "label": "id IN (SELECT issue_id FROM issue_labels WHERE folded = :label)",
    "issue_type": "issue_type_id IN (SELECT id FROM issue_types WHERE casefold(name) = :issue_type)",
    "parent_key": "parent_key = :parent_key COLLATE NOCASE",
    # All parameters come folded; the T and Z of a stored time are capitals.
    "changed_since": "updated_at >= upper(:changed_since)",
}


def keys_document(connection: sqlite3.Connection, question: KeysQuestion) -> dict[str, Any]:
    """`{"issue_keys": [...], "total_count": n, "harvested_at": ..., "sources": {...}}`, in natural order."""
    keys = [key for (key,) in connection.execute(*keys_statement(question))]
    return {"issue_keys": keys, "total_count": len(keys), **freshness(connection)}


def keys_lines(connection: sqlite3.Connection, question: KeysQuestion) -> str:
    """The same issues, one JSON object a line: `{"issue_key": ..., "source": ...}`."""
    rows = connection.execute(*keys_statement(question, "issue_key, source"))
    return "".join(json_text({"issue_key": key, "source": source}) for key, source in rows)


def keys_statement(question: KeysQuestion, columns: str = "issue_key") -> tuple[str, dict[str, str]]:
    """The SQL that answers the question with these columns, and its parameters."""
    given = {name: getattr(question, name) for name in _CONDITIONS}
    parameters = {name: value.casefold() for name, value in given.items() if value is not None}
    presence = "missing_since IS NOT NULL" if question.missing else "missing_since IS NULL"
    conditions = " AND ".join([presence, *(_CONDITIONS[name] for name in parameters)])
    return f"SELECT {columns} FROM issues WHERE {conditions} ORDER BY {KEY_ORDER}", parameters
