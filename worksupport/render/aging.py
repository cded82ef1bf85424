"""What is in progress, oldest first, beside the age that most of its type kept to."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.definitions import LIMIT_DAYS
from worksupport.model.issue_fields import FIELDS
from worksupport.model.names import SOURCE_TITLES
from worksupport.render import words
from worksupport.render.csv_text import csv_text
from worksupport.render.figures import Cell, Line, counted, head, notes, shown, table
from worksupport.render.markdown import linked
from worksupport.render.markdown import table as markdown_table
from worksupport.render.terminal import is_terminal
from worksupport.render.words import data_age

if TYPE_CHECKING:
    from rich.console import Console

_MEASURED = ("started_at", "age_days", "status_days", "limit_days", "past")
_RIGHT = (0, 1, 6)
_TITLES = ("age", "of", "key", "title", "status", "who", "for")


def aging_text(document: dict[str, Any], now: datetime, console: "Console | None", *, is_old: bool) -> str:
    """The document of `aging`, with its definitions at the end."""
    items, cells = document["items"], console.width if console else None
    past = sum(item["past"] for item in items)
    title = f"{counted(len(items), 'unit')} of work in progress, {past or 'none'} of them for long"
    lines: list[Line] = [*head([Cell(title)], data_age(document, now), console, is_old=is_old)]
    if items:
        keys = words.short_keys(item["issue_key"] for item in items)
        people = words.short_names(item["assignee"] for item in items)
        rows = [[Cell(f"  {each}" if each == "status" else each, "dim") for each in _TITLES]]
        digits = max(len(str(item["age_days"])) for item in items)
        rows += [_row(item, keys if cells else {}, people if cells else {}, digits) for item in items]
        lines += [[], *table(rows, right=_RIGHT, elastic=3, spare=(6, 1, 5), cells=cells)]
    return shown([*lines, [], *notes(_legend(document), console)], console)


def aging_csv(document: dict[str, Any], now: datetime) -> str:
    """All fields of each issue, and its days."""
    names = (*(row.json for row in FIELDS if row.json), *_MEASURED)
    rows = ([item[name] for name in names] for item in document["items"])
    return csv_text(names, rows, is_shown=is_terminal())


def aging_markdown(document: dict[str, Any], now: datetime) -> str:
    """A table whose keys are links."""
    rows = [
        [
            linked(item["issue_key"], item["url"]),
            f"{item['age_days']}{' (past)' if item['past'] else ''}",
            str(item["limit_days"] or ""),
            item["summary"] or "",
            words.status_shown(item),
            item["assignee"] or words.UNASSIGNED,
        ]
        for item in document["items"]
    ]
    return f"{data_age(document, now)}\n\n" + markdown_table(
        ("key", "age in days", "85 % took", "title", "status", "who"), rows
    )


def _row(
    item: dict[str, Any], keys: dict[str, str], people: dict[str | None, str], digits: int
) -> list[Cell]:
    is_blocked = item["state"] == "blocked"
    who = item["assignee"]
    return [
        Cell(f"{'▲' if item['past'] else ''} {item['age_days']:>{digits}}", "red" if item["past"] else ""),
        Cell(item["limit_days"] or "", "dim"),
        Cell(keys.get(item["issue_key"], item["issue_key"]), "dim", item["url"]),
        Cell(item["summary"] or ""),
        Cell(
            f"{'' if is_blocked else '  '}{words.status_shown(item)}",
            words.STATE_STYLES.get(item["state"] or "", ""),
        ),
        Cell(people.get(who, who or words.UNASSIGNED), "" if who else "dim"),
        Cell("" if item["status_days"] is None else f"{item['status_days']}d"),
    ]


def _legend(document: dict[str, Any]) -> Iterator[str]:
    numbers = ", ".join(f"{name} {limit['n']}" for name, limit in document["limits"].items())
    yield f"▲ older than 85 % of those of its type that were finished in the last {LIMIT_DAYS} days"
    yield f"of: that age, of at least 10 finished ones ({numbers or 'none was'}) · for: days in its status"
    yield "Days are calendar days, from 1." + "".join(_unstarted(document["without_start_of"]))


def _unstarted(of: dict[str, int]) -> Iterator[str]:
    if count := of.get("github"):
        verb = "issue of GitHub has" if count == 1 else "issues of GitHub have"
        yield f" {count} open {verb} no start."
    if count := of.get("jira"):
        yield f" Of {count} in progress in {SOURCE_TITLES['jira']} the start is not known."
