"""What issues' values were, as columns of `issues`: ids of the record become today's names."""

import sqlite3

from worksupport.queries.columns_then import OF_STATE, Columns, Updates, value_then

# By issue's id: each value that has changed since, as JSON text.
Changed = dict[int, dict[str, str | None]]
# Of their own time, see `queries/as_of.py`.
_TIMES = ("missing_since", "missing_reason", "updated_at", "closed_at")


def write_values(connection: sqlite3.Connection, changed: Changed) -> None:
    """Make `temp.issues_then`: every issue, and what is gone, with the values from before the changes.

    Without `updated_at` and `closed_at`.
    """
    _copy(connection)
    gone = {issue for (issue,) in connection.execute("SELECT id FROM gone_issues")}
    was_key = dict(connection.execute("SELECT id, issue_key FROM temp.issues_then").fetchall())
    # An issue whose key another one took stands under a key that is not its own.
    connection.execute(
        """UPDATE temp.issues_then SET issue_key = coalesce(json_extract(tracked, '$.key'), issue_key)
        WHERE issue_key LIKE '%~%'"""
    )
    made, updates = Columns(connection), Updates("issues_then")
    rows = connection.execute(f"SELECT id, source, {', '.join(OF_STATE)} FROM temp.issues_then").fetchall()
    for issue, source, *stored in rows:
        updates.add(issue, made.of(source, changed.get(issue, {}), stored, is_whole=issue in gone))
    updates.write(connection)
    sources = {issue: source for issue, source, *_ in rows}
    _write_parents(connection, changed, was_key, sources)


def _copy(connection: sqlite3.Connection) -> None:
    """The table with today's rows, and those of what is gone."""
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(issues)")]
    others = [column for column in columns if column not in ("id", *_TIMES)]
    names = ", ".join(others)
    connection.execute(
        f"CREATE TEMP TABLE issues_then (id INTEGER PRIMARY KEY, {', '.join(_TIMES)}, {names})"
    )
    into = f"INSERT INTO temp.issues_then (id, missing_since, {names})"
    connection.execute(f"{into} SELECT id, missing_since, {names} FROM issues")
    stored = ", ".join(f"json_extract(issue, '$.{column}')" for column in others)
    connection.execute(f"{into} SELECT id, NULL, {stored} FROM gone_issues")


def _write_parents(
    connection: sqlite3.Connection, changed: Changed, was_key: dict[int, str], sources: dict[int, str]
) -> None:
    """Parents under their keys of that time, those of another parent as well as the others."""
    issues = connection.execute("SELECT id, source_id, issue_key FROM temp.issues_then").fetchall()
    renamed = {was_key[issue].casefold(): key for issue, _, key in issues if was_key[issue] != key}
    moved = {issue: values["parent"] for issue, values in changed.items() if "parent" in values}
    if not renamed and not moved:
        return
    key_of = {(sources[issue], source_id): key for issue, source_id, key in issues}
    rows = connection.execute("SELECT id, json_extract(tracked, '$.parent'), parent_key FROM issues_then")
    updates = Updates("issues_then")
    for issue, parent, parent_key in rows.fetchall():
        otherwise = renamed.get((parent_key or "").casefold(), parent_key)
        if issue in moved:
            parent = value_then(moved[issue])
            # A number that nobody here has is no key.
            otherwise = None if parent is None or parent.isdecimal() else parent
        then = key_of.get((sources[issue], parent), otherwise)
        if then != parent_key:
            updates.add(issue, {"parent_key": then})
    updates.write(connection)
