"""Two trees as one: a mark for each line that changed, and what it was."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.times import local_text
from worksupport.model.tracked import CHANGED, MISSING, MOVED_IN, MOVED_OUT, NEW
from worksupport.render import words
from worksupport.render.csv_text import raw_text
from worksupport.render.lines import OUTSIDE, guides
from worksupport.render.table import cut, padded, width
from worksupport.render.terminal import drawn
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

MARKS = {NEW: "+", MISSING: "-", CHANGED: "~", MOVED_IN: ">", MOVED_OUT: "<", None: " "}
_STYLES = {NEW: "green", MISSING: "red", CHANGED: "yellow", MOVED_IN: "yellow", MOVED_OUT: "yellow"}
_GAP = "  "
_LEAST_TITLE = 20
# What says by its value what it is.
_PLAIN = ("status", "state", "assignees")
_NAMES = {"summary": "title", "issue_type": "type", "vendor_type": "type", "due_date": "due"}


def compared_text(document: dict[str, Any], now: datetime, console: "Console | None") -> str:
    """The document of `queries/compare` as lines: whole for a pipe, else as `console` would show them."""
    from rich.text import Text

    lines = list(_lines(document))
    if not lines:
        return ""
    heads = [
        f"{guide}{visible(node['issue_key'])}{_GAP}{visible(node['summary'] or '')}" for guide, node in lines
    ]
    told = [_told(node) for _, node in lines]
    cells = max(map(width, heads))
    if console is not None:
        cells = min(cells, max(_LEAST_TITLE, console.width - 2 - len(_GAP) - min(24, max(map(width, told)))))
    as_of = local_text(document["as_of"], now) if document.get("as_of") else "now"
    title = f"{as_of}, compared with {local_text(document['compared_with'], now)}"
    age = words.data_age(document, now)
    shown: list[Text] = [Text(f"{title}{_GAP}{age}", "dim")]
    for head, (_, node), what in zip(heads, lines, told, strict=True):
        style = _STYLES.get(node["change"], "")
        line = Text()
        line.append(f"{MARKS[node['change']]} ", style)
        line.append(padded(head if console is None else cut(head, cells), cells))
        room = None if console is None else console.width - cells - 2 - len(_GAP)
        line.append(_GAP + (what if room is None else cut(what, room)), style)
        line.rstrip()
        shown.append(line)
    if document["unchanged"]:
        count = document["unchanged"]
        issues = "issue is" if count == 1 else "issues are"
        shown.append(Text(f"{count} unchanged {issues} not shown", "dim"))
    if console is None:
        return "".join(f"{line.plain}\n" for line in shown)
    with console.capture() as captured:
        console.print(*shown, sep="\n", no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


def _lines(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The guide that leads to each node, from top to bottom, and the node."""
    outside = document["outside_issues"]
    branch = {"issue_key": OUTSIDE, "summary": "", "change": None, "was": None, "children": outside}
    tops = [*document["hierarchy"], *([branch] if outside else [])]
    depths, nodes = list[int](), list[dict[str, Any]]()
    waiting = [(1, node) for node in reversed(tops)]
    while waiting:
        depth, node = waiting.pop()
        depths.append(depth)
        nodes.append(node)
        waiting += [(depth + 1, child) for child in reversed(node["children"])]
    return list(zip(guides(depths), nodes, strict=True))


def _told(node: dict[str, Any]) -> str:
    """What happened to it, in words."""
    if node["change"] == NEW:
        return f"new: {words.status_shown(node)}, {visible(node['assignee'] or words.UNASSIGNED)}"
    if node["change"] in (MISSING, MOVED_OUT):
        return "missing" if node["change"] == MISSING else "moved out"
    was = node["was"] or {}
    parts = ["moved in"] if node["change"] == MOVED_IN else []
    for name, old in was.items():
        # What else would say the same twice.
        if name in ("done", "total") or (name == "state" and "status" in was):
            continue
        label = "" if name in _PLAIN else f"{_NAMES.get(name, name).replace('_', ' ')} "
        parts.append(f"{label}{_value(old)} → {_value(node[name])}")
    if not parts and "total" in was:
        parts.append(f"{was['done']}/{was['total']} → {node['done']}/{node['total']}")
    return ", ".join(parts)


def _value(value: object) -> str:
    return visible(raw_text(value)) or "none"
