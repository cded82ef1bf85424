"""Lines of figures: built once, for terminals in colour and within their width, for pipes plain and whole."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from worksupport.render.table import cut, width
from worksupport.render.terminal import drawn, knows_links
from worksupport.render.words import address
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

GAP = "  "
NONE = "\N{EN DASH}"  # no date, no figure
_LEAST_CELLS = 8


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


def head(left: Line, age: str, console: "Console | None", *, is_old: bool) -> Line:
    """The first line: what it is, and at its right end the age of the data, yellow where that is too old."""
    room = (80 if console is None else min(console.width, 80)) - sum(width(cell.text) for cell in left)
    space = max(len(GAP), room - width(age))
    return [*left, Cell(" " * space), Cell(age, "yellow" if is_old else "dim")]


def table(
    rows: Sequence[Sequence[Cell]],
    *,
    right: Sequence[int] = (),
    elastic: int | None = None,
    cells: int | None = None,
) -> list[Line]:
    """The rows in columns two blanks apart; those numbered in `right` are set to the right.

    `elastic`: the column that gives way where all would be wider than `cells`.
    """
    if not rows:
        return []
    widths = [max(width(row[column].text) for row in rows) for column in range(len(rows[0]))]
    if cells is not None and elastic is not None:
        over = sum(widths) + len(GAP) * (len(widths) - 1) - cells
        widths[elastic] = max(_LEAST_CELLS, widths[elastic] - max(0, over))
    return [_joined(row, widths, right) for row in rows]


def _joined(row: Sequence[Cell], widths: Sequence[int], right: Sequence[int]) -> Line:
    line: list[Cell] = []
    for column, (cell, room) in enumerate(zip(row, widths, strict=True)):
        text = cut(cell.text, room)
        space = Cell(" " * (room - width(text)))
        fitted = Cell(text, cell.style, cell.url)
        line += [Cell(GAP)] if line else []
        line += [space, fitted] if column in right else [fitted, space]
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
