"""A tree taken apart into lines, without recursion: what the plain and the terminal form have in common."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from worksupport.render import words
from worksupport.text import visible

# In place of the key of the last branch.
OUTSIDE = "outside the hierarchy"
_BAR_CELLS = 5


class Line(NamedTuple):
    """One issue of the tree; all text is safe to print."""

    guide: str  # the lines that lead to it
    depth: int  # 1 for a root
    key: str
    title: str
    issue_type: str
    status: str
    state: str | None
    assignee: str
    done: int  # of all below it
    total: int
    omitted: int  # children that are not shown
    url: str | None
    changed: str  # how long ago, of a parent anything below it; empty where nothing is open
    is_stale: bool

    @property
    def counts(self) -> str:
        """`3/8` done of all below it; empty for a leaf."""
        return f"{self.done}/{self.total}" if self.total else ""

    @property
    def more(self) -> str:
        """A mark where there is more below than is shown."""
        return "▸" if self.omitted else ""

    @property
    def bar(self) -> str:
        """The counts as a small bar: full only when everything is done, empty only when nothing is."""
        if not self.total:
            return ""
        filled = self.done * (_BAR_CELLS - 2) // self.total + (self.done > 0) + (self.done == self.total)
        return "▰" * filled + "▱" * (_BAR_CELLS - filled)

    @property
    def is_outside(self) -> bool:
        """Whether it only stands for the branch of what has no place."""
        return self.key == OUTSIDE


def marked(lines: list[Line]) -> list[Line]:
    """The lines with `! ` before the status of what is blocked, the words of the others below its word."""
    if not any(line.state == "blocked" for line in lines):
        return lines
    marks = ("! " if line.state == "blocked" else "  " for line in lines)
    return [
        line._replace(status=f"{mark}{line.status}" if line.status else "")
        for line, mark in zip(lines, marks, strict=True)
    ]


def shortened(lines: list[Line]) -> list[Line]:
    """The lines with short keys and names, where these are clear."""
    keys = words.short_keys(line.key for line in lines if not line.is_outside)
    people = words.short_names(line.assignee for line in lines if line.assignee)
    return [
        line._replace(key=keys.get(line.key, line.key), assignee=people.get(line.assignee, line.assignee))
        for line in lines
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
    return [line._replace(omitted=0) for line in lines]


def _outside(document: dict[str, Any]) -> list[dict[str, Any]]:
    issues = document["outside_issues"]
    if not issues:
        return []
    leaf = {"done": 0, "total": 0, "children_omitted": 0, "children": []}
    done = sum(words.is_over(issue) for issue in issues)
    blank = dict.fromkeys(("summary", "issue_type", "vendor_type", "status", "status_category", "assignee"))
    branch = {"issue_key": OUTSIDE, **blank, "state": "done", "url": None, "source": "", "changed_at": None}
    children = [{**issue, **leaf, "changed_at": issue["updated_at"]} for issue in issues]
    return [{**branch, **leaf, "done": done, "total": len(issues), "children": children}]


def _folded(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes, of branches in which nothing is open only the topmost issue: the others count as hidden.

    Where one branch alone was asked for, it stays open.
    """
    above: dict[str, Any] = {"children": nodes}
    waiting = [above]
    while waiting:
        branch = waiting.pop()
        is_only = branch is above and len(nodes) == 1
        branch["children"] = [
            {**child, "children": [], "children_omitted": child["children_omitted"] + len(child["children"])}
            if child["total"] and child["done"] == child["total"] and words.is_over(child) and not is_only
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


# The same few names stand in most lines.
_visible_name = lru_cache(4096)(visible)


def _line(node: dict[str, Any], depth: int, guide: str, now: datetime) -> Line:
    is_outside = node["issue_key"] == OUTSIDE
    changed = words.changed_shown(node, now)
    return Line(
        guide,
        depth,
        visible(node["issue_key"]),
        visible(node["summary"] or ""),
        "" if is_outside else words.type_shown(node),
        _visible_name(node["status"] or ""),
        node["state"],
        "" if is_outside else _visible_name(node["assignee"] or words.UNASSIGNED),
        node["done"],
        node["total"],
        node["children_omitted"],
        node["url"],
        changed,
        bool(changed) and words.is_stale(node, now),
    )
