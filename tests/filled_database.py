"""A database of the real schema, filled row by row from compact descriptions."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import sqlite_utils

from worksupport.model.hierarchy import DEFAULT_TYPES
from worksupport.model.state import DEFAULT_RULES
from worksupport.store.database import migrations
from worksupport.store.views import make_views

_TYPE_IDS = {issue_type.name: issue_type.id for issue_type in DEFAULT_TYPES}
_CATEGORIES = {"Open": "new", "In Progress": "indeterminate", "Done": "done"}


def issue(
    key: str,
    issue_type: str | None = "Story",
    *,
    parent: str | None = None,
    summary: str | None = None,
    status: str | None = "Open",
    category: str | None = None,
    assignees: Iterable[str] = (),
    labels: Iterable[str] = (),
    source: str = "jira",
    missing_since: str | None = None,
    **columns: Any,
) -> dict[str, Any]:
    """One row of `issues`; the category follows from the status unless it is given."""
    names, words, stored = list(assignees), list(labels), category or _CATEGORIES.get(status or "")
    return {
        "source": source,
        "source_id": f"id of {key}",
        "issue_key": key,
        "summary": f"Title of {key}" if summary is None else summary,
        "assignee": names[0] if names else None,
        "assignees": json.dumps(names),
        "status": status,
        "status_category": stored,
        "state": DEFAULT_RULES.state(status, stored, None, None, words, False),
        "labels": json.dumps(words),
        "issue_type_id": _TYPE_IDS[issue_type] if issue_type else None,
        "parent_key": parent,
        "url": f"https://acme.example/browse/{key}",
        "missing_since": missing_since,
        **columns,
    }


@cache
def _empty() -> bytes:
    """A new database's file: to make it takes longer than most questions that are put to it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = sqlite_utils.Database(path)
        database.enable_wal()
        migrations.apply(database)
        with database.conn as connection:
            make_views(connection)
        database.close()
        return path.read_bytes()


def fill(
    path: Path,
    issues: Iterable[dict[str, Any]] = (),
    *,
    harvests: Iterable[dict[str, Any]] = (),
    reloads: Iterable[dict[str, Any]] = (),
    results: Iterable[dict[str, Any]] = (),
) -> Path:
    """Write a new database at `path`: rows of `issues` (with their side tables), runs and their results."""
    path.write_bytes(_empty())
    with closing(sqlite3.connect(path)) as connection, connection:
        for issue_type in DEFAULT_TYPES:
            children = json.dumps(issue_type.child_type_ids)
            row = {"id": issue_type.id, "name": issue_type.name, "child_type_ids": children}
            _insert(connection, "issue_types", row)
        for row in issues:
            _insert_issue(connection, row)
        runs = {"harvest_jobs": harvests, "reload_tracking": reloads, "source_results": results}
        for table, rows in runs.items():
            for row in rows:
                _insert(connection, table, row)
        connection.execute("UPDATE data_state SET data_version = 1")
    return path


def result(run_id: str, source: str, **columns: Any) -> dict[str, Any]:
    """What one run did for one source: by default it was asked, completed and stored."""
    default = {"is_on": 1, "asked": 1, "status": "completed", "stored": 1, "ended_at": None}
    return {"run_id": run_id, "source": source, **default, **columns}


def _insert_issue(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    issue_id = _insert(connection, "issues", row)
    for label in json.loads(row["labels"] or "[]"):
        side = {"issue_id": issue_id, "label": label, "folded": label.casefold()}
        _insert(connection, "issue_labels", side)
    for name in json.loads(row["assignees"] or "[]"):
        side = {"issue_id": issue_id, "account": f"account of {name}", "name": name}
        _insert(connection, "issue_assignees", {**side, "folded": name.casefold()})


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> int | None:
    places = ", ".join(f":{name}" for name in row)
    return connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row).lastrowid
