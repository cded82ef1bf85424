"""A tree taken apart into lines, without recursion: what the plain and the terminal form have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worksupport.text import visible


@dataclass(frozen=True)
class Line:
    """One issue of the tree; all text is safe to print."""

    guide: str  # the lines that lead to it
    depth: int  # 1 for a root
    key: str
    title: str
    issue_type: str
    status: str
    category: str | None
    assignee: str
    progress: str  # "3/8" done of all below it, "+2" children that are not shown


def tree_lines(hierarchy: list[dict[str, Any]]) -> Iterator[Line]:
    """The nodes of a tree document ("hierarchy"), from top to bottom."""
    waiting = [(node, 1, "", "") for node in reversed(hierarchy)]
    while waiting:
        node, depth, guide, indent = waiting.pop()
        yield _line(node, depth, guide)
        children = node["children"]
        for child in reversed(children):
            is_last = child is children[-1]
            branch, continued = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            waiting.append((child, depth + 1, indent + branch, indent + continued))


def _line(node: dict[str, Any], depth: int, guide: str) -> Line:
    return Line(
        guide,
        depth,
        visible(node["issue_key"]),
        visible(node["summary"] or ""),
        visible(node["issue_type"] or ""),
        visible(node["status"] or ""),
        node["status_category"],
        visible(node["assignee"] or "unassigned"),
        _progress(node),
    )


def _progress(node: dict[str, Any]) -> str:
    counts = f"{node['done']}/{node['total']}" if node["total"] else ""
    omitted = f"+{node['children_omitted']}" if node["children_omitted"] else ""
    return " ".join(part for part in (counts, omitted) if part)
