"""The views that strangers read: their columns are a promise, the tables below them are none.

Each column is written down once: `worksupport help sql` and the file itself (`.schema v_issues`) say the same
of it. Plain SQL, with no function of ours, for SQLite 3.34. Views hold no data, so they are no migration:
whoever opens the database for writing makes them anew where they differ.
"""

import sqlite3

from worksupport.model.issue_fields import FIELDS
from worksupport.model.names import DEFAULT_ROOT_TYPE, MAX_DEPTH
from worksupport.store.changes_view import V_CHANGES
from worksupport.store.view import View

_THERE = "missing_since IS NULL"
_SQL = {field.json: field.sql for field in FIELDS}
# What `list --json` says of an issue, under the same names.
_OF_LIST = {
    "issue_key": "PAY-12, or owner/repository#12; unique",
    "summary": "the title",
    "issue_type": "as configured; null: none of these",
    "vendor_type": "the type as the service calls it",
    "state": "todo, doing, blocked, done or dropped",
    "status": "as the service calls it",
    "status_category": "new, indeterminate, done or null",
    "assignee": "the first one, members before others",
    "assignees": "JSON array of all; a row each: v_assignees",
    "labels": "JSON array; a row each: v_labels",
    "source": "jira or github",
    "url": "its page",
    "parent_key": "the issue above it, whether that is here or not",
    "priority": "as the service calls it",
    "resolution": "as the service calls it",
    "reporter": "who created it",
    "due_date": "YYYY-MM-DD",
    "fix_versions": "JSON array",
    "created_at": "by the service's clock",
    "updated_at": "the last change that the service counts",
    "closed_at": "closed or resolved; null: not, or not told",
}
# An issue has one parent, and what is at the top stands nowhere else: each is met once, and a circle never.
_PLACES = f"""WITH RECURSIVE tops AS (
    SELECT id FROM issue_types WHERE lower(name) = '{DEFAULT_ROOT_TYPE.lower()}'
), places (root, depth, path, above, issue_key) AS (
    SELECT issue_key, 1, issue_key, NULL, issue_key FROM issues
    WHERE issue_type_id IN (SELECT id FROM tops) AND {_THERE}
    UNION ALL
    SELECT root, depth + 1, path || ' > ' || issues.issue_key, places.issue_key, issues.issue_key
    FROM places CROSS JOIN issues
    ON issues.parent_key = places.issue_key COLLATE NOCASE AND issues.parent_key = places.issue_key
    WHERE depth < {MAX_DEPTH} AND {_THERE}
    AND (issue_type_id IS NULL OR issue_type_id NOT IN (SELECT id FROM tops))
)"""
_OF_RUN = "completed_at, records_processed, requests, retries, warnings, error_message, scope"

VIEWS = (
    View(
        "v_issues",
        "one row an issue, those of `list`: none that is missing",
        {
            **{name: (_SQL[name], says) for name, says in _OF_LIST.items()},
            "first_seen_at": ("first_seen_at", "when a run first had it"),
            "description": (
                "(SELECT description FROM issue_texts WHERE issue_id = issues.id)",
                "plain text; null: none, or not read",
            ),
        },
        f"FROM issues LEFT JOIN issue_types ON issue_types.id = issue_type_id WHERE {_THERE}",
    ),
    View(
        "v_labels",
        "one row a label of an issue",
        {"issue_key": ("issue_key", "as in v_issues"), "label": ("label", "as the service has it")},
        f"FROM issues CROSS JOIN issue_labels ON issue_id = issues.id WHERE {_THERE}",
    ),
    View(
        "v_assignees",
        "one row an assignee of an issue",
        {
            "issue_key": ("issue_key", "as in v_issues"),
            "assignee": ("issue_assignees.name", "the member's name, else the service's"),
            "account": ("account", "the service's id or login; '' if it tells none"),
        },
        f"FROM issues CROSS JOIN issue_assignees ON issue_id = issues.id WHERE {_THERE}",
    ),
    View(
        "v_tree",
        f"one row a place of an issue in `tree`, {MAX_DEPTH} deep at most",
        {
            "issue_key": ("issue_key", "as in v_issues; what has no place is not here"),
            "root": ("root", "the key at the top"),
            "depth": ("depth", "1 at the top"),
            "path": ("path", "keys from the top: PAY-1 > PAY-7 > PAY-12"),
            "parent_key": ("above", "the place above; null at the top"),
        },
        "FROM places",
        begin=_PLACES,
        like={"depth": "id", "path": "summary", "parent_key": "parent_key"},
        numbers=["depth"],
    ),
    V_CHANGES,
    View(
        "v_runs",
        "one row a harvest or reload, those of `history`",
        {
            "id": ("substr(kind, 1, 1) || id", "h57 or r9, as in worksupport history h57"),
            "kind": ("kind", "harvest or reload"),
            "status": ("status", "running, completed or failed"),
            "started_at": ("started_at", "by the clock of the machine that ran it"),
            "completed_at": ("completed_at", "when it ended, also if it failed"),
            "records_processed": ("records_processed", "issues"),
            "requests": ("requests", "to the services"),
            "retries": ("retries", "how many of them were asked again"),
            "warnings": ("coalesce(warnings, '[]')", "JSON array of texts"),
            "error_message": ("error_message", "null: none"),
            "scope": ("scope", "full, or since: only what changed"),
            "triggered_by": ("triggered_by", "who asked for a reload"),
            "issues_deleted": ("issues_deleted", "by a reload"),
        },
        f"""FROM (
    SELECT id, 'harvest' AS kind, status, started_at, {_OF_RUN}, NULL AS triggered_by, NULL AS issues_deleted
    FROM harvest_jobs
    UNION ALL
    SELECT id, 'reload', status, reload_started, {_OF_RUN}, triggered_by, issues_deleted
    FROM reload_tracking
)""",
        like={"kind": "summary"},
        numbers=["records_processed", "requests", "retries", "issues_deleted"],
    ),
)


# By name; the one by which DuckDB reads another comes after it.
STATEMENTS = {name: sql for view in VIEWS for name, sql in ((view.name, view.sql), view.as_text)}


def are_views_there(connection: sqlite3.Connection) -> bool:
    """Whether each is there, as this program makes it."""
    there = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))
    return all(there.get(name) == sql for name, sql in STATEMENTS.items())


def make_views(connection: sqlite3.Connection) -> None:
    """All of them anew, in the caller's transaction."""
    for name, sql in STATEMENTS.items():
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(sql)
