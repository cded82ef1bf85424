"""A tree taken apart into lines, without recursion: what the plain and the terminal form have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from worksupport.model.times import stored_moment
from worksupport.render import words
from worksupport.render.words import STALE_DAYS, UNASSIGNED
from worksupport.text import visible

# In place of the key of the last branch.
OUTSIDE = "outside the hierarchy"


@dataclass(frozen=True)
class Line:
    """One issue of the tree; all text is safe to print."""

    guide: str  # the lines that lead to it
    depth: int  # 1 for a root
    key: str
    title: str
    issue_type: str
    status: str
    state: str | None
    category: str | None
    assignee: str
    done: int  # of all below it
    total: int
    omitted: int  # children that are not shown
    url: str | None
    stale_days: int | None  # since it last changed; None if that is not long ago, or it is done

    @property
    def counts(self) -> str:
        """`3/8` done of all below it; empty for a leaf."""
        return f"{self.done}/{self.total}" if self.total else ""

    @property
    def more(self) -> str:
        """`+2` children that are not shown."""
        return f"+{self.omitted}" if self.omitted else ""

    @property
    def progress(self) -> str:
        """Counts and omitted children, as one cell: `1/4 +2`."""
        return f"{self.counts} {self.more}".strip()

    @property
    def stale(self) -> str:
        """`41d` since it last changed; empty if that was recently."""
        return "" if self.stale_days is None else f"{self.stale_days}d"

    @property
    def is_left_alone(self) -> bool:
        """Whether nobody has taken on what is not done yet."""
        return self.assignee == UNASSIGNED and self.category != "done"


def marked(lines: list[Line]) -> list[Line]:
    """The lines with `! ` before the status of what is blocked, the words of the others below its word."""
    if not any(line.state == "blocked" for line in lines):
        return lines
    marks = ("! " if line.state == "blocked" else "  " for line in lines)
    return [
        replace(line, status=f"{mark}{line.status}" if line.status else "")
        for line, mark in zip(lines, marks, strict=True)
    ]


def tree_lines(document: dict[str, Any], now: datetime, *, folds: bool = False) -> list[Line]:
    """The nodes of a tree document from top to bottom, as they stand at `now`, and what has no place last.

    `folds`: a branch in which nothing is open is one line. Where only the top is shown, no line says that its
    children are not: the counts do.
    """
    hierarchy = [*document["hierarchy"], *_outside(document)]
    lines = list(_lines(_folded(hierarchy) if folds else hierarchy, now))
    if any(line.depth > 1 for line in lines):
        return lines
    return [replace(line, omitted=0) for line in lines]


def _outside(document: dict[str, Any]) -> list[dict[str, Any]]:
    issues = document["outside_issues"]
    if not issues:
        return []
    leaf = {"done": 0, "total": 0, "children_omitted": 0, "children": []}
    done = sum(issue["state"] in ("done", "dropped") for issue in issues)
    blank = dict.fromkeys(("summary", "issue_type", "vendor_type", "status", "status_category", "assignee"))
    branch = {"issue_key": OUTSIDE, **blank, "state": None, "url": None, "source": "", "updated_at": None}
    children = [{**issue, **leaf} for issue in issues]
    return [{**branch, **leaf, "done": done, "total": len(issues), "children": children}]


def _folded(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes, of branches in which nothing is open only the topmost issue: the others count as hidden."""
    above: dict[str, Any] = {"children": nodes}
    waiting = [above]
    while waiting:
        branch = waiting.pop()
        branch["children"] = [
            {**child, "children": [], "children_omitted": child["children_omitted"] + len(child["children"])}
            if child["total"] and child["done"] == child["total"] and child["state"] in ("done", "dropped")
            else {**child}
            for child in branch["children"]
        ]
        waiting += branch["children"]
    folded: list[dict[str, Any]] = above["children"]
    return folded


def _lines(hierarchy: list[dict[str, Any]], now: datetime) -> Iterator[Line]:
    waiting = [(node, 1, "", "") for node in reversed(hierarchy)]
    while waiting:
        node, depth, guide, indent = waiting.pop()
        yield _line(node, depth, guide, now)
        children = node["children"]
        for child in reversed(children):
            is_last = child is children[-1]
            branch, continued = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            waiting.append((child, depth + 1, indent + branch, indent + continued))


def _line(node: dict[str, Any], depth: int, guide: str, now: datetime) -> Line:
    return Line(
        guide,
        depth,
        visible(node["issue_key"]),
        visible(node["summary"] or ""),
        "" if node["issue_key"] == OUTSIDE else words.type_shown(node),
        visible(node["status"] or ""),
        node["state"],
        node["status_category"],
        "" if node["issue_key"] == OUTSIDE else visible(node["assignee"] or UNASSIGNED),
        node["done"],
        node["total"],
        node["children_omitted"],
        node["url"],
        _stale_days(node, now),
    )


def _stale_days(node: dict[str, Any], now: datetime) -> int | None:
    updated_at = node.get("updated_at")
    if updated_at is None or node["status_category"] == "done":
        return None
    moment = stored_moment(updated_at)
    days = (now - moment).days if moment else 0
    return days if days >= STALE_DAYS else None
