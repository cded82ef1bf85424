"""Two trees, of now and of then, as one: what happened to each issue; what is as it was is left out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from worksupport.errors import NotFoundError
from worksupport.model.tracked import CHANGED, MISSING, MOVED_IN, MOVED_OUT, NEW
from worksupport.queries.as_of import at
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, tree_document

# What a change is, in the order in which a line tells it.
COMPARED = (
    *("summary", "status", "state", "assignees", "labels", "priority", "resolution", "due_date"),
    *("fix_versions", "issue_type", "vendor_type"),
)
_COUNTS = ("done", "total")
_Places = dict[str, tuple[str | None, dict[str, Any]]]


def compared_document(database: Path, question: TreeQuestion, as_of: str | None, time: str) -> dict[str, Any]:
    """The tree of `as_of` (None: now) compared with that of `time` (UTC text).

    The document of `tree_text` with `compared_with` (time) and `unchanged` (how many issues are left out); a
    node also has `change` (new, missing, changed, moved_in, moved_out; null for one that only stands above)
    and `was` (old values of what differs, or null). Raises what `tree_text` raises, for the later tree.
    """
    now = answer(database, at(as_of, lambda found: tree_document(found, question), question.filters))
    try:
        then = answer(database, at(time, lambda found: tree_document(found, question), question.filters))
    except NotFoundError:  # it did not exist yet
        then = {"hierarchy": [], "outside_issues": []}
    places_now, places_then = _places(now), _places(then)
    nodes = {key: _marked(key, places_now, places_then) for key in {**places_now, **places_then}}
    moved = {
        key: {**places_then[key][1], "change": MOVED_OUT, "was": None, "children": []}
        for key, node in nodes.items()
        if node["change"] == MOVED_IN
    }
    below: dict[str | None, list[dict[str, Any]]] = {}
    for key, (parent, _) in {**places_then, **places_now}.items():
        below.setdefault(parent, []).append(nodes[key])
    for key, node in moved.items():
        below.setdefault(places_then[key][0], []).append(node)
    hierarchy = [node for node in below.get(None, []) if _grown(node, below)]
    outside = [node for node in below.get(_OUTSIDE, []) if node["change"]]
    shown = sum(1 for _ in _all(hierarchy)) + len(outside)
    return {
        "hierarchy": hierarchy,
        "total_count": len(hierarchy),
        "outside": now["outside"],
        "outside_issues": outside,
        "compared_with": time,
        "unchanged": len(nodes) + len(moved) - shown,
        **{name: now[name] for name in ("harvested_at", "sources")},
    }


_OUTSIDE = ""


def _places(document: dict[str, Any]) -> _Places:
    """By key: what it stands below ("" for outside the hierarchy, None for the top), and the issue."""
    places: _Places = {}
    waiting: list[tuple[str | None, dict[str, Any]]]
    waiting = [(None, top) for top in reversed(document["hierarchy"])]
    while waiting:
        parent, node = waiting.pop()
        places[node["issue_key"]] = (parent, {**node, "children": []})
        waiting += [(node["issue_key"], child) for child in reversed(node["children"])]
    for issue in document["outside_issues"]:
        leaf = {"done": 0, "total": 0, "children_omitted": 0, "changed_at": issue["updated_at"]}
        places[issue["issue_key"]] = (_OUTSIDE, {**issue, **leaf, "children": []})
    return places


def _marked(key: str, now: _Places, then: _Places) -> dict[str, Any]:
    """The issue with what happened to it."""
    if key not in then:
        return {**now[key][1], "change": NEW, "was": None}
    if key not in now:
        return {**then[key][1], "change": MISSING, "was": None}
    (parent, node), (old_parent, old) = now[key], then[key]
    was = {name: old[name] for name in COMPARED if old[name] != node[name]}
    change = MOVED_IN if parent != old_parent else CHANGED if was else None
    counts = {name: old[name] for name in _COUNTS if any(old[each] != node[each] for each in _COUNTS)}
    return {**node, "change": change, "was": {**was, **counts} or None}


def _grown(node: dict[str, Any], below: dict[str | None, list[dict[str, Any]]]) -> bool:
    """Put what has changed below the node; whether there is anything to show of it."""
    # Without recursion: first all from the top down, then each below its parent from the bottom up.
    order, waiting = [], [node]
    while waiting:
        order.append(waiting.pop())
        if order[-1]["change"] != MOVED_OUT:
            waiting += below.get(order[-1]["issue_key"], ())
    for each in reversed(order):
        if each["change"] != MOVED_OUT:
            children = below.get(each["issue_key"], ())
            each["children"] = [child for child in children if child["change"] or child["children"]]
    return bool(node["change"] or node["children"])


def _all(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node["children"]
