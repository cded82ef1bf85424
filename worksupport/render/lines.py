"""A tree taken apart into lines, without recursion: what the plain and the terminal form have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from worksupport.model.times import stored_moment
from worksupport.text import visible

UNASSIGNED = "unassigned"
# After this many days without a change, an open issue counts as stale.
STALE_DAYS = 30


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
    done: int  # of all below it
    total: int
    omitted: int  # children that are not shown
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


def tree_lines(hierarchy: list[dict[str, Any]], now: datetime) -> list[Line]:
    """The nodes of a tree document ("hierarchy"), from top to bottom, as they stand at `now`.

    Where only the top is shown, no line says that its children are not: the counts do.
    """
    lines = list(_lines(hierarchy, now))
    if any(line.depth > 1 for line in lines):
        return lines
    return [replace(line, omitted=0) for line in lines]


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
        visible(node.get("vendor_type") or node["issue_type"] or ""),
        visible(node["status"] or ""),
        node["status_category"],
        visible(node["assignee"] or UNASSIGNED),
        node["done"],
        node["total"],
        node["children_omitted"],
        _stale_days(node, now),
    )


def _stale_days(node: dict[str, Any], now: datetime) -> int | None:
    updated_at = node.get("updated_at")
    if updated_at is None or node["status_category"] == "done":
        return None
    moment = stored_moment(updated_at)
    days = (now - moment).days if moment else 0
    return days if days >= STALE_DAYS else None
