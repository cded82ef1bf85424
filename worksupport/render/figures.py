"""Lines of figures: built once, for terminals in colour and within their width, for pipes plain and whole."""

from collections.abc import Iterable, Sequence
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from worksupport.render.table import cut, width
from worksupport.render.terminal import drawn, knows_links
from worksupport.render.words import address
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

GAP = "  "
NONE = "\N{EN DASH}"  # no date, no figure
_LEAST_CELLS, _CELLS = 8, 80


class Cell:
    """A text with its style and, perhaps, the address behind it."""

    __slots__ = ("style", "text", "url")

    def __init__(self, text: object = "", style: str = "", url: str | None = None) -> None:
        self.text = visible(str(text))
        self.style = style
        self.url = address(url)


Line = Sequence[Cell]


def shown(lines: Sequence[Line], console: "Console | None") -> str:
    """The lines as text; for a `console` with its colours and links."""
    if console is None:
        return "".join("".join(cell.text for cell in line).rstrip() + "\n" for line in lines)
    from rich.style import Style
    from rich.text import Text

    has_links = knows_links(console)
    with console.capture() as captured:
        for line in lines:
            text = Text()
            for cell in line:
                style = Style.parse(cell.style)
                text.append(cell.text, style + Style(link=cell.url) if has_links and cell.url else style)
            text.rstrip()
            console.print(text, no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


def head(left: Line, age: str, console: "Console | None", *, is_old: bool) -> list[Line]:
    """The first line: what it is, and at its right end the age of the data, yellow where that is too old.

    Where there is no room for both the age has a line of its own.
    """
    room = (_CELLS if console is None else min(console.width, _CELLS)) - sum(
        width(cell.text) for cell in left
    )
    told = Cell(age, "yellow" if is_old else "dim")
    if console is not None and room < 0:
        return [*notes(["".join(cell.text for cell in left)], console, left[0].style), [told]]
    if console is not None and room < len(GAP) + width(age):
        return [left, [told]]
    return [[*left, Cell(" " * max(len(GAP), room - width(age))), told]]


def notes(lines: Iterable[str], console: "Console | None", style: str = "dim") -> list[Line]:
    """Sentences, broken where the console ends."""
    broken = (
        wrap(line, console.width, drop_whitespace=False)
        if console and width(line) > console.width
        else [line]
        for line in lines
    )
    return [[Cell(part.strip(), style)] for parts in broken for part in parts]


def table(
    rows: Sequence[Sequence[Cell]],
    *,
    right: Sequence[int] = (),
    tight: Sequence[int] = (),
    elastic: int | None = None,
    spare: Sequence[int] = (),
    cells: int | None = None,
) -> list[Line]:
    """The rows in columns two blanks apart, one before those in `tight`; those in `right` are set right.

    `elastic`: the column that gives way where all would be wider than `cells`, and `spare` those that then
    go, in this order.
    """
    if not rows:
        return []
    widths = [max(width(row[column].text) for row in rows) for column in range(len(rows[0]))]
    gaps = ["" if column == 0 else " " if column in tight else GAP for column in range(len(widths))]
    columns = list(range(len(widths)))
    if cells is not None and elastic is not None:
        fixed = {column: widths[column] + len(gaps[column]) for column in columns if column != elastic}
        least = min(widths[elastic], _LEAST_CELLS) + len(gaps[elastic])
        for column in spare:
            if sum(fixed.values()) + least <= cells:
                break
            del fixed[column]
            columns.remove(column)
        room = max(least, cells - sum(fixed.values())) - len(gaps[elastic])
        widths[elastic] = min(widths[elastic], room)
    return [_joined(row, columns, widths, gaps, right) for row in rows]


def _joined(
    row: Sequence[Cell],
    columns: Sequence[int],
    widths: Sequence[int],
    gaps: Sequence[str],
    right: Sequence[int],
) -> Line:
    line: list[Cell] = []
    for column in columns:
        cell, room, gap = row[column], widths[column], gaps[column]
        text = cut(cell.text, room)
        space = Cell(" " * (room - width(text)))
        fitted = Cell(text, cell.style, cell.url)
        line += [Cell(gap), *((space, fitted) if column in right else (fitted, space))]
    return line


def counted(count: int, word: str) -> str:
    """`1 week`, `3 weeks`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def bars(counts: Sequence[int]) -> str:
    """Counts as small bars beside each other: `▁▃█`; none for nothing."""
    most = max(counts, default=0)
    if not most:
        return ""
    marks = "▁▂▃▄▅▆▇█"
    return "".join(marks[-(-count * (len(marks) - 1) // most)] if count else " " for count in counts)


def day_text(day: str | None, today: date, *, with_weekday: bool = False) -> str:
    """`8 Jan`, with the year where it is far off; NONE for none."""
    if day is None:
        return NONE
    found = date.fromisoformat(day)
    is_near = abs((found - today).days) < 300
    weekday = f"{found:%a} " if with_weekday else ""
    return f"{weekday}{found.day:>{2 if with_weekday else 1}} {found:%b}{'' if is_near else f' {found.year}'}"
