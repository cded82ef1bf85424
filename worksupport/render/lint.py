"""What does not fit together, by rule."""

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from worksupport.output import json_text
from worksupport.render import words
from worksupport.render.csv_text import csv_text
from worksupport.render.figures import Cell, Line, counted, head, notes, shown, table
from worksupport.render.markdown import linked
from worksupport.render.markdown import table as markdown_table
from worksupport.render.table import width
from worksupport.render.terminal import is_terminal
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_NARROW = 72
_PLAIN = ("issue_key", "rule", "detail", "summary", "url")
_NAMES = ("rule", "issue_key", "summary", "url", "detail")


def lint_text(document: dict[str, Any], now: datetime, console: "Console | None", *, is_old: bool) -> str:
    """The document of `lint`: for a terminal under each rule what it means, for pipes a finding a line."""
    findings = document["findings"]
    if console is None:
        return "".join("\t".join(visible(each[name] or "") for name in _PLAIN) + "\n" for each in findings)
    ignored = f", {document['ignored']} ignored" if document["ignored"] else ""
    title = Cell(counted(len(findings), "finding") + ignored)
    lines: list[Line] = [*head([title], words.data_age(document, now), console, is_old=is_old)]
    keys = words.short_keys(each["issue_key"] for each in findings)
    for rule, group in groupby(findings, key=lambda each: each["rule"]):
        lines += [[], [Cell(rule, "bold")], *notes([document["definitions"][rule]], console)]
        rows = [
            [
                Cell(f"  {keys[each['issue_key']]}", "", each["url"]),
                Cell(each["detail"]),
                Cell(each["summary"] or "", "dim"),
            ]
            for each in group
        ]
        is_narrow = console.width < _NARROW or max(width(row[1].text) for row in rows) > console.width // 2
        lines += table(rows, elastic=1 if is_narrow else 2, spare=(2,) * is_narrow, cells=console.width)
    return shown(lines, console)


def lint_csv(document: dict[str, Any], now: datetime) -> str:
    """A finding a line."""
    rows = ([each[name] for name in _NAMES] for each in document["findings"])
    return csv_text(_NAMES, rows, is_shown=is_terminal())


def lint_lines(document: dict[str, Any], now: datetime) -> str:
    """One JSON object a line."""
    return "".join(map(json_text, document["findings"]))


def lint_markdown(document: dict[str, Any], now: datetime) -> str:
    """A table whose keys are links."""
    rows = [
        [linked(each["issue_key"], each["url"]), each["rule"], each["summary"] or "", each["detail"]]
        for each in document["findings"]
    ]
    return markdown_table(("key", "rule", "title", "detail"), rows)
