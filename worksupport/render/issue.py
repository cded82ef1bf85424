"""One issue whole, as people read it: only lines that have something to say."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from worksupport.model.times import stored_moment
from worksupport.render import words
from worksupport.render.changes import when
from worksupport.render.csv_text import raw_text
from worksupport.render.markdown import escaped, linked
from worksupport.render.table import padded, width
from worksupport.render.terminal import drawn
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_INDENT, _LABEL_CELLS = "  ", 10
_MOST_LINES = 10
_WIDEST = 100


def plain_issue(document: dict[str, Any], now: datetime, *, is_full: bool) -> str:
    """The document of `show` as text for pipes: nothing cut but a long description, unless `is_full`."""
    return "".join(f"{line}\n" for _, line in _lines(document, now, None, is_full=is_full))


def terminal_issue(document: dict[str, Any], now: datetime, console: "Console", *, is_full: bool) -> str:
    """The same as `console` would show it."""
    from rich.text import Text

    with console.capture() as captured:
        for style, line in _lines(document, now, min(console.width, _WIDEST), is_full=is_full):
            console.print(Text(line, style), no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


def markdown_issue(document: dict[str, Any], now: datetime) -> str:
    """For a chat or a page: a heading that is a link, the facts, the description as text."""
    issue = document["issue"]
    facts = [f"- **{label}**: {escaped(text)}" for label, text in facts_of(document, now)]
    described = [escaped(line) for line in (issue["description"] or "").splitlines()]
    head = f"### {linked(issue['issue_key'], issue['url'])} {escaped(issue['summary'] or '')}"
    return "\n".join([head, "", escaped(state_line(issue, now)), "", *facts, "", *described]).rstrip() + "\n"


def _lines(
    document: dict[str, Any], now: datetime, cells: int | None, *, is_full: bool
) -> Iterator[tuple[str, str]]:
    """Style and text of each line; broken at `cells`, if given."""
    issue = document["issue"]
    yield "bold", f"{visible(issue['issue_key'])}  {visible(issue['summary'] or '')}"
    yield words.STATE_STYLES.get(issue["state"] or "", ""), state_line(issue, now)
    yield "", ""
    for label, text in facts_of(document, now):
        room = None if cells is None else max(20, cells - _LABEL_CELLS)
        first, *others = _wrapped(text, room)
        yield "", f"{label:<{_LABEL_CELLS}}{first}"
        yield from (("", " " * _LABEL_CELLS + other) for other in others)
    yield "dim", words.data_age(document, now)
    if issue["description"]:
        yield "", ""
        yield from _description(issue["description"], cells, is_full=is_full)
    if document["changes"]:
        yield "", ""
        yield from _changes(document["changes"], now)
    if document["children"]:
        yield "", ""
        yield from _children(document["children"])


def _changes(changes: list[dict[str, Any]], now: datetime) -> Iterator[tuple[str, str]]:
    rows = []
    for change in changes:
        old, new = raw_text(change["old"]), raw_text(change["new"])
        told = f"{old} \u2192 {new}" if old or new else ""
        rows.append((when(change, now), change["field"].replace("_", " "), told, change["author_name"] or ""))
    cells = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield (
            "dim",
            "  ".join(padded(visible(text), room) for text, room in zip(row, cells, strict=True)).rstrip(),
        )


def _missing(issue: dict[str, Any], now: datetime) -> str:
    reason = visible(issue["missing_reason"] or "not found")
    return f"{reason}, since {_moment(issue['missing_since'], now)}"


def _started(issue: dict[str, Any], now: datetime) -> str:
    if not issue["started_at"]:
        return ""
    day = f", day {issue['age_days']}" if issue["age_days"] else ""
    return f"{_day(issue['started_at'], now)}{day}"


def state_line(issue: dict[str, Any], now: datetime) -> str:
    """Its status, type and people."""
    who = visible(", ".join(issue["assignees"]) or issue["assignee"] or words.UNASSIGNED)
    status = words.status_shown(issue)
    if issue["state"] == "blocked" and issue["status_since"]:
        status += f" since {_day(issue['status_since'], now)} (day {issue['status_days']})"
    return " · ".join(part for part in (status, words.type_shown(issue), who) if part)


def facts_of(document: dict[str, Any], now: datetime) -> Iterator[tuple[str, str]]:
    """Label and text of what there is to say of it, in the order in which it is shown."""
    issue = document["issue"]
    path = " \u203a ".join(
        f"{visible(a['issue_key'])} {visible(a['summary'] or '')}" for a in document["path"]
    )
    created = " by ".join(
        visible(part) for part in (_day(issue["created_at"], now), issue["reporter"]) if part
    )
    facts = {
        "in": path,
        "labels": ", ".join(map(visible, issue["labels"])),
        "priority": visible(issue["priority"] or ""),
        "versions": ", ".join(map(visible, issue["fix_versions"])),
        "created": created,
        "started": _started(issue, now),
        "due": visible(issue["due_date"] or ""),
        "changed": _moment(issue["updated_at"], now),
        "closed": _moment(issue["closed_at"], now),
        "resolution": visible(issue["resolution"] or ""),
        "missing": _missing(issue, now) if issue["missing_since"] else "",
        "done": f"{document['done']} of {document['total']} below it" if document["total"] else "",
        "link": visible(issue["url"] or ""),
    }
    yield from ((label, text) for label, text in facts.items() if text)


def _description(text: str, cells: int | None, *, is_full: bool) -> Iterator[tuple[str, str]]:
    room = None if cells is None else max(20, cells - 2 * len(_INDENT))
    lines = [part for line in text.splitlines() for part in _wrapped(visible(line), room)]
    shown = lines if is_full else lines[:_MOST_LINES]
    yield from (("", (_INDENT + line).rstrip()) for line in shown)
    if len(shown) < len(lines):
        yield "dim", f"{_INDENT}… (--full)"


def _children(children: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    keys = max(width(child["issue_key"]) for child in children)
    states = max(width(words.status_shown(child)) for child in children)
    for child in children:
        status = words.status_shown(child)
        line = f"{visible(child['issue_key']):<{keys}}  {status:<{states}}  {visible(child['summary'] or '')}"
        yield words.STATE_STYLES.get(child["state"] or "", ""), line


def _wrapped(text: str, cells: int | None) -> list[str]:
    return (wrap(text, cells) if cells else [text]) or [""]


def _moment(text: str | None, now: datetime) -> str:
    moment = stored_moment(text)
    return f"{_day(text, now)} {moment.astimezone():%H:%M}" if moment else ""


def _day(text: str | None, now: datetime) -> str:
    """`Fri 20 Nov`, in local time; with the year where it is another."""
    moment = stored_moment(text)
    if moment is None:
        return ""
    local = moment.astimezone()
    year = f" {local.year}" if local.year != now.astimezone().year else ""
    return f"{local:%a} {local.day} {local:%b}{year}"
