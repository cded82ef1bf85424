"""A list of issues: a table on a terminal, tabs in a pipe, CSV for spreadsheets, Markdown for chats."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.issue_fields import FIELDS
from worksupport.render import words
from worksupport.render.csv_text import csv_text, raw_text
from worksupport.render.markdown import linked, table
from worksupport.render.table import cut, padded, width
from worksupport.render.terminal import drawn, knows_links
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NARROW, _WIDE = 60, 100
_LEAST_TITLE = 12
_PLAIN = ("issue_key", "summary", "issue_type", "status", "assignee", "updated_at")
_GAP = "  "


def plain_list(issues: Sequence[dict[str, Any]], fields: Sequence[str]) -> str:
    """One issue a line, separated by tabs, key first, nothing cut, without a head: for cut, fzf and awk."""
    names = fields or _PLAIN
    return "".join("\t".join(_cell(issue, name) for name in names) + "\n" for issue in issues)


def csv_list(issues: Sequence[dict[str, Any]], fields: Sequence[str], *, is_shown: bool) -> str:
    """The fields, or all, of each: see `csv_text`."""
    names = fields or tuple(row.json for row in FIELDS if row.json)
    return csv_text(names, ([issue[name] for name in names] for issue in issues), is_shown=is_shown)


def markdown_list(issues: Sequence[dict[str, Any]]) -> str:
    """A table whose keys are links; no text of strangers is markup."""
    rows = [
        (
            linked(issue["issue_key"], issue["url"]),
            *map(visible, (issue["summary"] or "", issue["status"] or "", issue["assignee"] or "")),
        )
        for issue in issues
    ]
    return table(("key", "title", "status", "who"), rows)


def terminal_list(
    document: dict[str, Any], tops: dict[str, str], now: datetime, console: "Console", *, is_old: bool
) -> str:
    """The list document as `console` would show it; `tops`: the title of each issue's topmost one, by key.

    `is_old`: older than `check` allows.
    """
    issues = document["issues"]
    lines = _narrow(issues, now) if console.width < _NARROW else _table(document, tops, now, console, is_old)
    with console.capture() as captured:
        for line in lines:
            console.print(line, no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


def _narrow(issues: Sequence[dict[str, Any]], now: datetime) -> "list[Text | str]":
    from rich.text import Text

    people = words.short_names(issue["assignee"] for issue in issues)
    lines: list[Text | str] = []
    for issue in issues:
        status = Text(words.status_shown(issue), words.STATE_STYLES.get(issue["state"] or "", ""))
        lines.append(Text.assemble(visible(issue["issue_key"]), _GAP, status))
        lines.append(f"{_GAP}{visible(issue['summary'] or '')}")
        told = (people[issue["assignee"]], words.changed_shown(issue, now))
        lines.append(Text(_GAP + " · ".join(each for each in told if each), "dim"))
    return lines


def _table(
    document: dict[str, Any], tops: dict[str, str], now: datetime, console: "Console", is_old: bool
) -> "list[Text | str]":
    from rich.style import Style
    from rich.text import Text

    issues, cells = document["issues"], console.width
    columns = _columns(issues, tops, now, is_wide=cells >= _WIDE)
    widths = {name: max(map(width, [name, *column])) for name, column in columns.items()}
    others = sum(each + len(_GAP) for name, each in widths.items() if name != "title")
    widths["title"] = max(_LEAST_TITLE, min(widths["title"], cells - others))
    lines: list[Text | str] = [*_heads(document, widths, now, cells, is_old)]
    has_links = knows_links(console)
    for number, issue in enumerate(issues):
        row = Text()
        for name, column in columns.items():
            text = _padded(cut(column[number], widths[name]), widths[name], name)
            link = words.address(issue["url"]) if name == "key" and has_links else None
            row.append(text, Style.parse(_style(name, issue, now) or "none") + Style(link=link))
            row.append(_GAP)
        row.rstrip()
        lines.append(row)
    return lines


def _heads(
    document: dict[str, Any], widths: dict[str, int], now: datetime, cells: int, is_old: bool
) -> "tuple[Text, Text]":
    from rich.text import Text

    shown, total = len(document["issues"]), document["total_count"]
    count = f"{total} issue{'' if total == 1 else 's'}" + (f", {shown} shown" if shown < total else "")
    age = words.data_age(document, now)
    whole = min(cells, sum(widths.values()) + len(_GAP) * (len(widths) - 1))
    first = Text()
    first.append(count + " " * max(1, whole - width(count) - width(age)), "dim")
    first.append(age, "yellow" if is_old else "dim")
    return first, Text(_GAP.join(_padded(name, widths[name], name) for name in widths).rstrip(), "dim")


def _columns(
    issues: Sequence[dict[str, Any]], tops: dict[str, str], now: datetime, *, is_wide: bool
) -> dict[str, list[str]]:
    keys = words.short_keys(issue["issue_key"] for issue in issues)
    people = words.short_names(issue["assignee"] for issue in issues)
    return {
        "key": [visible(i["issue_key"]) if is_wide else keys[i["issue_key"]] for i in issues],
        "title": [visible(issue["summary"] or "") for issue in issues],
        **({"type": [words.type_shown(issue) for issue in issues]} if is_wide else {}),
        "status": [_aligned_status(issue, issues) for issue in issues],
        "who": [
            visible(i["assignee"] or words.UNASSIGNED) if is_wide else people[i["assignee"]] for i in issues
        ],
        **({"in": [visible(tops.get(issue["issue_key"], "")) for issue in issues]} if is_wide else {}),
        "changed": [words.changed_shown(issue, now) for issue in issues],
    }


def _aligned_status(issue: dict[str, Any], issues: Sequence[dict[str, Any]]) -> str:
    """Where one is blocked, the words of the others stand below its word."""
    status = words.status_shown(issue)
    has_mark = any(each["state"] == "blocked" for each in issues)
    return status if issue["state"] == "blocked" or not has_mark else f"  {status}"


def _padded(text: str, cells: int, name: str) -> str:
    return " " * (cells - width(text)) + text if name == "changed" else padded(text, cells)


def _style(name: str, issue: dict[str, Any], now: datetime) -> str:
    if issue["state"] == "dropped" or (name == "who" and not issue["assignee"]):
        return "dim"
    if name == "changed":
        return "yellow" if words.is_stale(issue, now) else ""
    return words.STATE_STYLES.get(issue["state"] or "", "") if name == "status" else ""


def _cell(issue: dict[str, Any], name: str) -> str:
    if name == "issue_type":
        return words.type_shown(issue)
    return visible(raw_text(issue[name]))
