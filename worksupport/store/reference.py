"""Team members and issue types: the database follows the configuration at the start of each run."""

import json
import sqlite3
from collections.abc import Iterable

from worksupport.config.settings import Member, Settings
from worksupport.model.hierarchy import UNKNOWN_TYPE_ID, Hierarchy
from worksupport.model.past import Name
from worksupport.model.state import KeptRules
from worksupport.store.database import STATE, Store, raise_data_version


def follow_configuration(store: Store, settings: Settings, now: str) -> None:
    """Make members, types and interval those of `settings`; rows of a removed type become -1."""
    with store.transaction() as connection:
        changed = connection.total_changes
        _follow_types(store, settings.hierarchy)
        _follow_members(store, settings.members)
        connection.execute(
            "UPDATE data_state SET interval_hours = :hours WHERE interval_hours IS NOT :hours",
            {"hours": settings.interval_hours},
        )
        _follow_states(connection, settings)
        if not settings.changes_authors:
            connection.execute("UPDATE changes SET author = NULL WHERE author IS NOT NULL")
        if not settings.descriptions:
            connection.execute("UPDATE issue_texts SET description = NULL WHERE description IS NOT NULL")
        if connection.total_changes > changed:
            raise_data_version(connection, now)


def _follow_states(connection: sqlite3.Connection, settings: Settings) -> None:
    """Decide the issues' states anew where the team's words for them have changed, or none was decided.

    The other rules are kept beside those words.
    """
    kept = KeptRules(settings.blocked, settings.dropped, settings.weekend, settings.lint_ignore)
    rules = kept.stored
    if connection.execute("SELECT state_rules FROM data_state").fetchone() != (rules,):
        state = STATE.format(row="issues")
        connection.execute(f"UPDATE issues SET state = {state} WHERE state IS NOT {state}")
        connection.execute("UPDATE data_state SET state_rules = ?", [rules])


def _follow_types(store: Store, hierarchy: Hierarchy) -> None:
    before = {row["id"]: row for row in store.table("issue_types").rows}
    for issue_type in hierarchy.types:
        row = {
            "id": issue_type.id,
            "name": issue_type.name,
            "url": issue_type.url,
            "child_type_ids": json.dumps(issue_type.child_type_ids),
        }
        if not row.items() <= before.get(issue_type.id, {}).items():
            store.table("issue_types").upsert(row, pk="id")
    for removed in before.keys() - hierarchy.by_id.keys():
        store.connection.execute(
            "UPDATE issues SET issue_type_id = ? WHERE issue_type_id = ?", [UNKNOWN_TYPE_ID, removed]
        )
        store.table("issue_types").delete(removed)


def _follow_members(store: Store, members: tuple[Member, ...]) -> None:
    before = {row["member_id"]: row for row in store.table("team_members").rows}
    for member in members:
        row = {
            "member_id": member.id,
            "name": member.name,
            "jira_id": member.jira_id or "",
            "github_id": member.github_id or "",
            "teams": json.dumps(member.teams, ensure_ascii=False),
        }
        old = before.get(member.id)
        if old is None:
            store.table("team_members").insert(row)
        elif not row.items() <= old.items():
            kept = old["jira_account_id"] if old["jira_id"] == row["jira_id"] else None
            store.table("team_members").update(old["id"], {**row, "jira_account_id": kept})
    for removed in before.keys() - {member.id for member in members}:
        store.table("team_members").delete(before[removed]["id"])


def known_accounts(store: Store) -> dict[str, str]:
    """The account ids that e-mail addresses were resolved to in earlier runs, by address."""
    statement = "SELECT jira_id, jira_account_id FROM team_members WHERE jira_account_id IS NOT NULL"
    return dict(store.read(statement))


def keep_account(store: Store, address: str, account_id: str) -> None:
    """Remember for later runs which account an e-mail address belongs to; in the caller's transaction."""
    store.connection.execute(
        "UPDATE team_members SET jira_account_id = ? WHERE jira_id = ?", [account_id, address]
    )


def keep_names(
    connection: sqlite3.Connection,
    source: str,
    names: Iterable[Name],
    now: str,
    *,
    only_missing: bool = False,
) -> None:
    """Keep what ids are called: kind, id, name and, of a status, category; in the caller's transaction.

    `only_missing`: names of the past, which replace no newer one. A status that has another category `now`
    (UTC text) keeps the former one for what was recorded before.
    """
    rows = [(source, *name) for name in names]
    if not only_missing:
        statuses = [(now, source, each, category) for _, kind, each, _, category in rows if kind == "status"]
        connection.executemany(_FORMER, statuses)
    connection.executemany(f"{_NAME} DO NOTHING" if only_missing else f"{_NAME} {_NEWER}", rows)


_NAME = """
INSERT INTO names (source, kind, id, name, category) VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, kind, id)"""
_FORMER = """
INSERT OR IGNORE INTO former_categories (source, id, category, until)
SELECT source, id, category, ?1 FROM names
WHERE source = ?2 AND kind = 'status' AND id = ?3 AND category <> ?4
"""
_NEWER = """DO UPDATE SET name = excluded.name, category = excluded.category
WHERE (name, category) IS NOT (excluded.name, excluded.category)"""
