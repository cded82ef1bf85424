"""Which issues there are: their keys, filtered."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from worksupport.errors import UsageError
from worksupport.key_order import KEY_ORDER
from worksupport.queries.freshness import SOURCES, freshness


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
}


def keys_document(connection: sqlite3.Connection, question: KeysQuestion) -> dict[str, Any]:
    """`{"issue_keys": [...], "total_count": n, "harvested_at": ..., "sources": {...}}`, in natural order."""
    keys = [key for (key,) in connection.execute(*keys_statement(question))]
    return {"issue_keys": keys, "total_count": len(keys), **freshness(connection)}


def keys_statement(question: KeysQuestion) -> tuple[str, dict[str, str]]:
    """The SQL that answers the question, and its parameters."""
    given = {name: getattr(question, name) for name in _CONDITIONS}
    parameters = {name: value.casefold() for name, value in given.items() if value is not None}
    presence = "missing_since IS NOT NULL" if question.missing else "missing_since IS NULL"
    conditions = " AND ".join([presence, *(_CONDITIONS[name] for name in parameters)])
    return f"SELECT issue_key FROM issues WHERE {conditions} ORDER BY {KEY_ORDER}", parameters
