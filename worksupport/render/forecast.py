"""By when what is left will be finished, or why nobody can say."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.definitions import FORECAST_WEEKS
from worksupport.render.figures import Cell, Line, bars, counted, day_text, head, notes, shown, table
from worksupport.render.markdown import escaped
from worksupport.render.markdown import table as markdown_table
from worksupport.render.table import cut, width
from worksupport.render.words import data_age
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_TO_TELL = "85"
_TOO_LATE = "not within five years"
TITLES = ("", "if nothing is added", "if it grows as it did")


def forecast_text(document: dict[str, Any], now: datetime, console: "Console | None", *, is_old: bool) -> str:
    """The document of `forecast`: the two dates of the 85 % line are the ones to tell others."""
    title = document["summary"] or ""
    if console:
        title = cut(visible(title), max(1, console.width - width(document["issue_key"]) - 2))
    first = [Cell(f"{document['issue_key']}  ", "dim"), Cell(title, "bold")]
    lines: list[Line] = [*head(first, data_age(document, now), console, is_old=is_old)]
    lines += [*notes([left_text(document)], console, ""), []]
    if document["dates"] is None:
        lines += notes([f"No date: {document['reason']}."], console, "")
        return shown(lines, console)
    rows = [[Cell(title, "dim") for title in TITLES]]
    for chance in document["dates"]:
        style = "bold" if chance == _TO_TELL else ""
        rows.append(
            [Cell(f"  {chance} %", style), *(Cell(each, style) for each in days_told(document, chance, now))]
        )
    lines += [*table(rows, right=(1, 2), elastic=2, cells=console.width if console else None), []]
    lines += notes(_pace(document), console, "")
    return shown([*lines, [], *notes(_legend(), console)], console)


def forecast_markdown(document: dict[str, Any], now: datetime) -> str:
    """The same as a table."""
    title = f"### {escaped(document['issue_key'])} {escaped(document['summary'] or '')}\n\n"
    text = f"{title}{left_text(document)}\n\n"
    if document["dates"] is None:
        return f"{text}No date: {document['reason']}.\n"
    rows = [[f"{chance} %", *days_told(document, chance, now)] for chance in document["dates"]]
    return f"{text}{markdown_table(TITLES, rows)}\n" + "\n".join(_pace(document)) + "\n"


def left_text(document: dict[str, Any]) -> str:
    """How much is left."""
    total = counted(document["total"], "unit")
    verb = "is" if document["remaining"] == 1 else "are"
    end = " They will be finished by" if document["dates"] else ""
    return f"{document['remaining']} of {total} of work {verb} left.{end}"


def days_told(document: dict[str, Any], chance: str, now: datetime) -> tuple[str, str]:
    """The two days of a chance, or why there is none."""
    today, dates = now.astimezone().date(), document["dates"][chance]
    never = "not at this growth" if document["added"] >= document["finished"] else _TOO_LATE
    days = ((dates["steady"], _TOO_LATE), (dates["growing"], never))
    steady, growing = (day_text(day, today, with_weekday=True) if day else why for day, why in days)
    return steady, growing


def _pace(document: dict[str, Any]) -> Iterator[str]:
    period = f"the last {FORECAST_WEEKS} weeks"
    if document["days"] < 7 * FORECAST_WEEKS:
        period = f"the {document['days']} days on record"
    marks = bars([week["finished"] for week in document["weeks"]])
    days = counted(document["finished_days"], "day")
    yield f"finished  {marks}  {document['finished']} in {period}, on {days}"
    weekly = 7 * document["added"] / document["days"]
    yield f"added     {document['added']} in {period}, {weekly:.1f} a week"


def _legend() -> Iterator[str]:
    yield "85 %: the chance, by the days of those weeks, that all are finished by then."
    yield "Days off to come are not known to it."
