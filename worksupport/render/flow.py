"""What was finished each week, as bars, and how many days it took."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from worksupport.render.csv_text import csv_text
from worksupport.render.figures import NONE, Cell, Line, counted, day_text, head, notes, shown, table
from worksupport.render.markdown import escaped
from worksupport.render.markdown import table as markdown_table
from worksupport.render.terminal import is_terminal
from worksupport.render.words import data_age

if TYPE_CHECKING:
    from rich.console import Console

_BAR_CELLS = 40
_DAYS = ("p50", "p85", "p95")
_TITLES = ("days from start to finish", "n", "50 %", "85 %", "95 %")


def flow_text(document: dict[str, Any], now: datetime, console: "Console | None", *, is_old: bool) -> str:
    """The document of `flow` on one screen."""
    weeks = document["weeks"]
    title = f"{counted(document['finished'], 'unit')} of work finished in {counted(len(weeks), 'week')}"
    lines: list[Line] = [*head([Cell(title)], data_age(document, now), console, is_old=is_old), []]
    cells = console.width if console else None
    weeks_told = table(_weeks(document, now), right=(0, 1), elastic=2, cells=cells)
    lines += weeks_told or [[Cell("No week is on record yet.")]]
    rows = [[Cell(title, "dim") for title in _TITLES]]
    for name, days in document["cycle_days"].items():
        rows.append([Cell(name), Cell(days["n"]), *(Cell(_days(days[each])) for each in _DAYS)])
    if len(rows) > 1:
        lines += [[], *table(rows, right=(1, 2, 3, 4), elastic=0, cells=cells)]
    return shown([*lines, [], *notes(_legend(document), console)], console)


def flow_csv(document: dict[str, Any], now: datetime) -> str:
    """The weeks."""
    rows = ([week["week"], week["finished"]] for week in document["weeks"])
    return csv_text(("week", "finished"), rows, is_shown=is_terminal())


def flow_markdown(document: dict[str, Any], now: datetime) -> str:
    """Two tables."""
    weeks = [[week["week"], str(week["finished"])] for week in document["weeks"]]
    types = [
        [escaped(name), str(days["n"]), *(_days(days[each]) for each in _DAYS)]
        for name, days in document["cycle_days"].items()
    ]
    tables = [markdown_table(("week from", "finished"), weeks), markdown_table(_TITLES, types)]
    return "\n".join([f"{data_age(document, now)}\n", *tables])


def _weeks(document: dict[str, Any], now: datetime) -> list[list[Cell]]:
    today = now.astimezone().date()
    most = max((week["finished"] for week in document["weeks"]), default=0)
    rows = []
    for week in document["weeks"]:
        bar = "█" * -(-week["finished"] * _BAR_CELLS // max(most, _BAR_CELLS // 2))
        is_running = (today - date.fromisoformat(week["week"])).days < 7
        note = [Cell(f"{bar} so far".strip() if is_running else bar, "dim" if is_running else "")]
        rows.append([Cell(day_text(week["week"], today), "dim"), Cell(week["finished"] or ""), *note])
    return rows


def _days(days: int | None) -> str:
    return NONE if days is None else str(days)


def _legend(document: dict[str, Any]) -> Iterator[str]:
    percent = document["known_start_percent"]
    if percent is not None:
        yield f"{percent} % of them have a known start; the days are of these. {NONE}: fewer than 10"
    yield "Weeks begin on Monday. Days are calendar days, from 1: worksupport help definitions"
