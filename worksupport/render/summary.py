"""Where it all stands, on one screen of 24 lines."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.definitions import DEFINITIONS
from worksupport.render import words
from worksupport.render.figures import Cell, Line, day_text, head, notes, shown, table
from worksupport.render.markdown import linked
from worksupport.render.markdown import table as markdown_table
from worksupport.render.table import cut, width
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_LINES = 22  # between the command and the next prompt
_WIDE = 100
_COUNTS = ("doing", "blocked", "todo", "unassigned", "stale")
TITLES = ("done", "7 d", "doing", "blocked", "to do", "unassigned", "stale", "85 %")
_STYLES = {"blocked": "red", "stale": "yellow"}
_KIND_STYLES = {"blocked": "red", "overdue": "yellow"}
_LEGEND = f"stale: {DEFINITIONS['stale']} · 85 %: `worksupport help definitions`"
_OUTSIDE = "outside these"
_DONE, _MORE = "done: ", " and {} more"


def summary_text(document: dict[str, Any], now: datetime, console: "Console | None", *, is_old: bool) -> str:
    """The document of `summary`; for a terminal within 24 lines, what has no room left out and said."""
    today = now.astimezone().date()
    cells = console.width if console else None
    local = now.astimezone()
    title = Cell(f"{local:%a} {local.day} {local:%b %H:%M}")
    lines: list[Line] = [*head([title], words.data_age(document, now), console, is_old=is_old), []]
    lines += table(
        _rows(document, today, is_wide=cells is None or cells >= _WIDE),
        right=range(1, len(TITLES) + 1),
        tight=(1, 2),
        elastic=0,
        spare=(7, 8, 6, 2, 4, 9),
        cells=cells,
    )
    if document["more"]:
        more = f"{document['more']} more with something open: worksupport tree --open --max-depth 1"
        lines += notes([more], console)
    legend = notes([_LEGEND], console)
    room = None if console is None else _LINES - len(lines) - len(legend) - 1
    attention = _attention(document, cells, None if room is None else room - 1)
    finished = _finished(document, cells or 80)
    if finished and (room is None or room >= len(attention) + len(finished) + 2):
        lines += [[], *finished]
    lines += [[], *attention] if attention else []
    return shown([*lines, [], *legend], console)


def summary_markdown(document: dict[str, Any], now: datetime) -> str:
    """Two tables: what is below each root, and what needs a look."""
    today = now.astimezone().date()
    rows = [
        [linked(row["summary"] or row["issue_key"], None), *(cell.text for cell in figures(row, today))]
        for row in named_rows(document)
    ]
    text = f"{words.data_age(document, now)}\n\n{markdown_table(('', *TITLES), rows)}"
    looks = [
        [
            linked(each["issue_key"], each["url"]),
            each["kind"],
            _days(each),
            each["summary"] or "",
            each["assignee"] or words.UNASSIGNED,
        ]
        for each in document["attention"]
    ]
    return text + ("\n" + markdown_table(("key", "what", "days", "title", "who"), looks) if looks else "")


def _rows(document: dict[str, Any], today: date, *, is_wide: bool) -> list[list[Cell]]:
    rows = [[Cell(title, "dim") for title in ("", *TITLES)]]
    for row in named_rows(document):
        key = f"{row['issue_key']}  " if is_wide and row["issue_key"] else ""
        name = Cell(key + (row["summary"] or row["issue_key"]), "" if row["issue_key"] else "dim")
        rows.append([name, *figures(row, today)])
    return rows


def named_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The counts in the order in which they are shown, with key and title; without a key the sums."""
    blank = {"issue_key": "", "summary": ""}
    rows = list(document["roots"])
    if document["outside"]["total"]:
        rows.append({**blank, **document["outside"], "summary": _OUTSIDE})
    return [*rows, {**blank, **document["all"], "summary": "all"}]


def figures(row: dict[str, Any], today: date) -> list[Cell]:
    """The counts as cells; zeros are left out."""
    return [
        Cell(f"{row['done']}/{row['total']}"),
        Cell(f"+{row['finished_7d']}" if row["finished_7d"] else "", "green"),
        *(Cell(row[name] or "", _STYLES.get(name, "")) for name in _COUNTS),
        Cell(day_text(row["date_85"], today) if row["issue_key"] else ""),
    ]


def _finished(document: dict[str, Any], cells: int) -> list[Line]:
    """The roots with nothing open, in at most two lines."""
    room = cells - 2 * len(_DONE) - len(_MORE.format(999))
    names = [cut(visible(each["summary"] or each["issue_key"]), room) for each in document["finished"]]
    if not names:
        return []
    lines: list[str] = []
    line = _DONE
    for number, name in enumerate(names):
        part = f"{name}{'' if number == len(names) - 1 else ', '}"
        left = _MORE.format(len(names) - number)
        if width(line) + width(part) + len(left) > cells:
            if len(lines) == 1:
                line = line.rstrip(", ") + left
                break
            lines.append(line.rstrip())
            line = " " * len(_DONE)
        line += part
    return [[Cell(each, "dim")] for each in [*lines, line]]


def _attention(document: dict[str, Any], cells: int | None, most: int | None) -> list[Line]:
    looks = document["attention"] if most is None else _first_of_each(document["attention"], most)
    people = words.short_names(each["assignee"] for each in looks)
    keys = words.short_keys(each["issue_key"] for each in looks)
    rows, before = [], ""
    for each in looks:
        kind = "" if each["kind"] == before else each["kind"]
        before, style = each["kind"], _KIND_STYLES.get(each["kind"], "")
        who = each["assignee"] or ""
        rows.append(
            [
                Cell(kind, style),
                Cell(_days(each), style),
                Cell(keys[each["issue_key"]] if cells else each["issue_key"], "dim", each["url"]),
                Cell(each["summary"] or ""),
                Cell(people[who] if who and cells else who),
            ]
        )
    return table(rows, right=(1,), elastic=3, spare=(4, 0), cells=cells)


def _first_of_each(looks: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """As many as there is room for: of each kind one, then the others in their order."""
    kinds: dict[str, dict[str, Any]] = {}
    for each in looks:
        kinds.setdefault(each["kind"], each)
    first = list(kinds.values())[: max(most, 0)]
    others = [each for each in looks if all(each is not one for one in first)]
    kept = [id(each) for each in [*first, *others][: max(most, 0)]]
    return [each for each in looks if id(each) in kept]


def _days(look: dict[str, Any]) -> str:
    return "" if look["days"] is None else f"{look['days']}d"
