"""A tree taken apart into lines, without recursion: what the plain and the terminal form have in common."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress
from math import inf
from typing import Any, NamedTuple

from worksupport.model.times import short_age
from worksupport.render import words
from worksupport.text import visible

# In place of the key of the last branch.
OUTSIDE = "outside the hierarchy"
_BAR_CELLS = 5
_MORE = "▸"
# By name, from top to bottom.
ByName = Mapping[str, Sequence[Any]]


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
    counts: str  # `3/8` done of all below it; empty for a leaf
    more: str  # a mark where there is more below than is shown
    url: str | None
    changed: str  # how long ago, of a parent anything below it; empty where nothing is open
    is_stale: bool

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
    """The nodes of a drawn tree from top to bottom, as they stand at `now`, and what has no place last.

    `document`: as `queries/tree.py` draws it. `folds`: a branch in which nothing is open is one line, but for
    one that was asked for alone.
    """
    columns = line_columns(document, now, folds=folds)
    return [*map(Line._make, zip(*columns.values(), strict=True))]


def line_columns(document: dict[str, Any], now: datetime, *, folds: bool = False) -> ByName:
    """The same column by column: a hundred thousand lines take a third of the time that way."""
    nodes, outside = document["nodes"], document["outside"]
    is_alone = nodes["depth"].count(1) + bool(outside["issue_key"]) == 1
    parts = [_columns(_folded(nodes, is_alone=is_alone) if folds else nodes, now)]
    parts += _outside(outside, now, folds=folds and not is_alone)
    columns = {name: [*chain.from_iterable(part[name] for part in parts)] for name in Line._fields}
    # Where only the top is shown, no line says that its children are not: the counts do.
    is_flat = max(columns["depth"], default=1) == 1
    return {**columns, "more": [""] * len(columns["more"])} if is_flat else columns


def in_columns(lines: Sequence[Line]) -> ByName:
    """Lines as `line_columns` has them."""
    columns = [*zip(*lines, strict=True)] or [()] * len(Line._fields)
    return dict(zip(Line._fields, columns, strict=True))


def _outside(issues: ByName, now: datetime, *, folds: bool) -> list[ByName]:
    count = len(issues["issue_key"])
    if not count:
        return []
    done = sum(map(_is_over, issues["state"], issues["status_category"]))
    is_closed = folds and done == count
    counts, more = f"{done}/{count}", _MORE if is_closed else ""
    branch = Line("", 1, OUTSIDE, "", "", "", "done", "", done, count, counts, more, None, "", False)
    leaf = {name: [0] * count for name in ("done", "total", "children_omitted")}
    leaves = {**issues, **leaf, "depth": [2] * count, "changed_at": issues["updated_at"]}
    return [in_columns([branch]), *([] if is_closed else [_columns(leaves, now)])]


def _folded(nodes: ByName, *, is_alone: bool) -> ByName:
    """The nodes, of branches in which nothing is open only the topmost one: the others count as hidden."""
    depths, omitted = nodes["depth"], [*nodes["children_omitted"]]
    is_over = map(_is_over, nodes["state"], nodes["status_category"])
    kept, closed, deepest = [], 0, inf  # the newest branch that is closed, and its depth as long as it hides
    for at, (over, done, total) in enumerate(zip(is_over, nodes["done"], nodes["total"], strict=True)):
        is_hidden = depths[at] > deepest
        kept.append(not is_hidden)
        if is_hidden:
            omitted[closed] += depths[at] == deepest + 1
        elif over and total and done == total and not (is_alone and depths[at] == 1):
            closed, deepest = at, depths[at]
        else:
            deepest = inf
    shown = {**nodes, "children_omitted": omitted}
    return {name: [*compress(column, kept)] for name, column in shown.items()}


def _columns(nodes: ByName, now: datetime) -> ByName:
    is_over = map(_is_over, nodes["state"], nodes["status_category"])
    ages = zip(is_over, nodes["changed_at"], strict=True)
    changed = ["" if over else _age(time, now) for over, time in ages]
    of_age = zip(changed, nodes["changed_at"], strict=True)
    counts = zip(nodes["done"], nodes["total"], strict=True)
    return {
        **nodes,
        "guide": guides(nodes["depth"]),
        "key": [*map(visible, nodes["issue_key"])],
        "title": [visible(title or "") for title in nodes["summary"]],
        "issue_type": [*map(_type_shown, nodes["issue_type"], nodes["vendor_type"], nodes["source"])],
        "status": [*map(_visible_name, nodes["status"])],
        "assignee": [_visible_name(name) or words.UNASSIGNED for name in nodes["assignee"]],
        "counts": [f"{done}/{total}" if total else "" for done, total in counts],
        "more": [_MORE if omitted else "" for omitted in nodes["children_omitted"]],
        "changed": changed,
        "is_stale": [bool(shown) and words.is_old(time, now) for shown, time in of_age],
    }


def guides(depths: Sequence[int]) -> list[str]:
    """The lines that lead to nodes of these depths (1: a root), which stand in reading order.

    From the bottom: there it is known where another one follows.
    """
    found, following = [], 0  # a bit for each depth
    for depth in reversed(depths):
        found.append(_guide(depth, following & ((2 << depth) - 1)))
        following = following & ((1 << depth) - 1) | 1 << depth
    return found[::-1]


@lru_cache(4096)
def _guide(depth: int, following: int) -> str:
    if depth == 1:
        return ""
    above = ("│  " if following >> level & 1 else "   " for level in range(2, depth))
    return "".join(above) + ("├─ " if following >> depth & 1 else "└─ ")


# The same few values stand in most lines, the newest change in all those that it is below.
_age = lru_cache(4096)(short_age)


@lru_cache(4096)
def _visible_name(name: str | None) -> str:
    return visible(name or "")


@lru_cache(4096)
def _type_shown(issue_type: str | None, vendor_type: str | None, source: str) -> str:
    return words.type_shown({"issue_type": issue_type, "vendor_type": vendor_type, "source": source})


@lru_cache(256)
def _is_over(state: str | None, category: str | None) -> bool:
    return words.is_over({"state": state, "status_category": category})
