"""What a plain Python program needs for the documents of `keys --json` and `tree --json`: sqlite3 and json.

`python -m tests.benchmarks.plain_reads DATABASE keys [FILTER VALUE]` or `... tree`
"""

import json
import sqlite3
import sys

TYPE_CHECKING = False  # importing typing would take time that the comparison would blame on plain Python
if TYPE_CHECKING:
    from typing import TypedDict

    class Node(TypedDict):
        """An issue and what is below it."""

        issue_key: str
        summary: str | None
        issue_type: str | None
        status: str | None
        status_category: str | None
        assignee: str | None
        labels: list[str]
        source: str
        url: str | None
        done: int
        total: int
        children_omitted: int
        children: list["Node"]


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


def tree(connection: sqlite3.Connection) -> dict[str, object]:
    """The whole tree."""
    types = dict(connection.execute("SELECT id, name FROM issue_types"))
    nodes: dict[str, Node] = {}
    parents = {}
    statement = (
        "SELECT issue_key, summary, issue_type_id, status, status_category, assignee, labels, source, url, "
        f"parent_key FROM issues WHERE missing_since IS NULL {_ORDER}"
    )
    for key, summary, type_id, status, category, assignee, labels, source, url, parent in connection.execute(
        statement
    ):
        nodes[key] = {
            "issue_key": key,
            "summary": summary,
            "issue_type": types.get(type_id),
            "status": status,
            "status_category": category,
            "assignee": assignee,
            "labels": json.loads(labels),
            "source": source,
            "url": url,
            "done": 0,
            "total": 0,
            "children_omitted": 0,
            "children": [],
        }
        parents[key] = parent
    roots = []
    for key, node in nodes.items():
        if node["issue_type"] == "Product Version":
            roots.append(node)
        elif parents[key] in nodes:
            nodes[parents[key]]["children"].append(node)
    placed = sum(1 + count(root) for root in roots)
    return {
        "hierarchy": roots,
        "total_count": len(roots),
        "outside": len(nodes) - placed,
        **age(connection),
    }


def count(node: "Node") -> int:
    """Fill in `done` and `total`; returns the total."""
    for child in node["children"]:
        node["total"] += 1 + count(child)
        node["done"] += child["done"] + (child["status_category"] == "done")
    return node["total"]


def main(database: str, what: str, *arguments: str) -> None:
    """Print one document."""
    connection = sqlite3.connect(database)
    document = tree(connection) if what == "tree" else keys(connection, *arguments)
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
