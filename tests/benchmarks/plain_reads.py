"""What a plain Python program needs for the documents of `keys --json` and `tree --json`: sqlite3 and json.

`python -m tests.benchmarks.plain_reads DATABASE keys [FILTER VALUE]` or `... tree`
"""

import json
import sqlite3
import sys

TYPE_CHECKING = False  # importing typing would take time that the comparison would blame on plain Python
if TYPE_CHECKING:
    from typing import Any

_ORDER = (
    "ORDER BY rtrim(issue_key, '0123456789'), "
    "CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), issue_key"
)
_FILTERS = {
    "source": "source = ?",
    "assignee": "id IN (SELECT issue_id FROM issue_assignees WHERE folded = ?)",
    "label": "id IN (SELECT issue_id FROM issue_labels WHERE folded = ?)",
    "issue-type": "issue_type_id IN (SELECT id FROM issue_types WHERE lower(name) = ?)",
    "parent-key": "parent_key = ? COLLATE NOCASE",
}


def age(connection: sqlite3.Connection) -> dict[str, object]:
    """How old the data is."""
    newest = "SELECT max(completed_at) FROM reload_tracking WHERE status = 'completed'"
    sources = (
        "SELECT source, max(ended_at) FROM source_results WHERE stored = 1 GROUP BY source ORDER BY 1 DESC"
    )
    return {
        "harvested_at": connection.execute(newest).fetchone()[0],
        "sources": dict(connection.execute(sources)),
    }


def keys(connection: sqlite3.Connection, name: str = "", value: str = "") -> dict[str, object]:
    """The keys, filtered by one thing."""
    condition, values = (f"AND {_FILTERS[name]}", [value.casefold()]) if name else ("", [])
    statement = f"SELECT issue_key FROM issues WHERE missing_since IS NULL {condition} {_ORDER}"
    found = [key for (key,) in connection.execute(statement, values)]
    return {"issue_keys": found, "total_count": len(found), **age(connection)}


_COLUMNS = (
    *(
        "issue_key",
        "summary",
        "issue_type_id",
        "vendor_type",
        "state",
        "status",
        "status_category",
        "assignee",
    ),
    *("assignees", "labels", "source", "url", "parent_key", "priority", "resolution", "reporter", "due_date"),
    *("fix_versions", "created_at", "updated_at", "closed_at", "missing_reason"),
)
_LISTS = ("assignees", "labels", "fix_versions")


def issues(
    connection: sqlite3.Connection, condition: str = "", values: "list[str] | None" = None
) -> "list[Any]":
    """All issues, in the order of their keys."""
    types = dict(connection.execute("SELECT id, name FROM issue_types"))
    columns = ", ".join(_COLUMNS)
    statement = f"SELECT {columns} FROM issues WHERE missing_since IS NULL {condition} {_ORDER}"
    found = []
    for row in connection.execute(statement, values or []):
        issue = dict(zip(_COLUMNS, row, strict=True))
        issue["issue_type_id"] = types.get(issue["issue_type_id"])
        issue["vendor_type"] = json.loads(issue["vendor_type"] or "{}").get("name")
        for name in _LISTS:
            issue[name] = json.loads(issue[name] or "[]")
        found.append({("issue_type" if name == "issue_type_id" else name): issue[name] for name in _COLUMNS})
    return found


def listed(connection: sqlite3.Connection, name: str = "", value: str = "") -> "dict[str, Any]":
    """The issues, filtered by one thing, open ones first, then the newest change."""
    condition, values = (f"AND {_FILTERS[name]}", [value.casefold()]) if name else ("", [])
    found = issues(connection, condition, values)
    found.sort(key=lambda issue: issue["updated_at"] or "", reverse=True)
    found.sort(key=lambda issue: issue["state"] in ("done", "dropped"))
    return {"issues": found, "total_count": len(found), **age(connection)}


def tree(connection: sqlite3.Connection) -> "dict[str, Any]":
    """The whole tree."""
    nodes: dict[str, Any] = {}
    for issue in issues(connection):
        own = {"done": 0, "total": 0, "dropped": 0, "children_omitted": 0, "changed_at": issue["updated_at"]}
        nodes[issue["issue_key"]] = {**issue, **own, "children": []}
    roots, children = [], []
    for node in nodes.values():
        if node["issue_type"] == "Product Version":
            roots.append(node)
        elif node["parent_key"] in nodes:
            nodes[node["parent_key"]]["children"].append(node)
        children.append(node)
    for root in roots:
        count(root)
    placed = {id(node) for root in roots for node in below(root)}
    outside = [node for node in children if id(node) not in placed]
    counted = ("done", "total", "dropped", "children_omitted", "changed_at", "children")
    return {
        "hierarchy": roots,
        "total_count": len(roots),
        "outside": len(outside),
        "outside_issues": [{name: node[name] for name in node if name not in counted} for node in outside],
        **age(connection),
    }


def below(node: "Any") -> "Any":
    """A node and all below it."""
    yield node
    for child in node["children"]:
        yield from below(child)


def count(node: "Any") -> None:
    """Fill in what is counted of all below."""
    for child in node["children"]:
        count(child)
        node["total"] += 1 + child["total"]
        node["done"] += child["done"] + (child["state"] in ("done", "dropped"))
        node["dropped"] += child["dropped"] + (child["state"] == "dropped")
    if node["children"]:
        node["changed_at"] = max(child["changed_at"] or "" for child in node["children"]) or None


def main(database: str, what: str, *arguments: str) -> None:
    """Print one document."""
    connection = sqlite3.connect(database)
    ask = {"tree": tree, "keys": keys, "list": listed}[what]
    document = ask(connection, *arguments)
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
