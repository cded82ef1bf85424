"""The hierarchy as people read it: plain and whole in a pipe, coloured and cut to the width on a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.render.ages import age_text
from worksupport.render.cells import cut, padded, width
from worksupport.render.lines import Line, tree_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment

# A longer title pushes the columns of its own line only.
_PLAIN_TITLE_CELLS = 100
_LEAST_TITLE_CELLS = 40
_GAP = "  "
_TITLES = {"jira": "Jira", "github": "GitHub"}
_STYLES = {"new": "blue", "indeterminate": "yellow", "done": "green"}


def plain_tree(document: dict[str, Any]) -> str:
    """The tree document as text for pipes: every title whole, no colours."""
    lines = list(tree_lines(document["hierarchy"]))
    heads = [f"{line.guide}{line.key}{_GAP}{line.title}" for line in lines]
    head_cells = max((cells for head in heads if (cells := width(head)) <= _PLAIN_TITLE_CELLS), default=0)
    columns = _Columns.fitting(lines, width=None)
    return "".join(
        f"{padded(head, head_cells)}{_GAP}{_GAP.join(columns.cells_of(line))}".rstrip() + "\n"
        for head, line in zip(heads, lines, strict=True)
    )


def draw_tree(document: dict[str, Any], now: datetime, console: "Console") -> None:
    """Draw the tree document on a terminal, with a footer that tells how old the data is at `now`."""
    from rich.segment import Segments

    lines = list(tree_lines(document["hierarchy"]))
    console.print(Segments(list(_segments(lines, console.width))), end="")
    for text in _footer(document, now, any("+" in line.progress for line in lines)):
        console.print(text, style="dim")


@dataclass(frozen=True)
class _Columns:
    """The columns beside the title: which attributes of a line, and how wide."""

    widths: dict[str, int]

    @classmethod
    def fitting(cls, lines: list[Line], width: int | None) -> "_Columns":
        """The columns that leave the title room in a terminal of this width; all for None."""
        limits = {"issue_type": 20, "status": 16, "assignee": 20, "progress": 14}
        widths = {name: _widest(lines, name, limit if width else None) for name, limit in limits.items()}
        columns = cls({name: cells for name, cells in widths.items() if cells})
        for name in ("issue_type", "assignee", "status", "progress"):
            if width is None or width - columns.total >= _LEAST_TITLE_CELLS:
                break
            columns.widths.pop(name, None)
        return columns

    @property
    def total(self) -> int:
        """How many cells they take, the gaps before them included."""
        return sum(cells + len(_GAP) for cells in self.widths.values())

    def cells_of(self, line: Line) -> list[str]:
        """One line's text of each column, cut and padded to its width."""
        return [padded(cut(getattr(line, name), cells), cells) for name, cells in self.widths.items()]


def _widest(lines: list[Line], name: str, limit: int | None) -> int:
    widest = max((width(getattr(line, name)) for line in lines), default=0)
    return widest if limit is None else min(widest, limit)


def _segments(lines: list[Line], terminal_width: int) -> Iterator["Segment"]:
    from rich.segment import Segment
    from rich.style import Style

    styles = {name: Style.parse(style) for name, style in _STYLES.items()}
    bold, dim = Style(bold=True), Style(dim=True)
    columns = _Columns.fitting(lines, terminal_width)
    room = max(1, terminal_width - columns.total)
    heads = [_head(line, room) for line in lines]
    head_cells = max((sum(map(width, head)) for head in heads), default=0)
    for line, (guide, key, title) in zip(lines, heads, strict=True):
        yield Segment(guide, dim)
        yield Segment(key, bold)
        yield Segment(padded(title, head_cells - width(guide) - width(key)))
        for name, text in zip(columns.widths, columns.cells_of(line), strict=True):
            unassigned = name == "assignee" and line.assignee == "unassigned"
            style = styles.get(line.category or "") if name == "status" else None
            yield Segment(_GAP)
            yield Segment(text, dim if name == "issue_type" or unassigned else style)
        yield Segment.line()


def _head(line: Line, room: int) -> tuple[str, str, str]:
    """Guide, key and title of a line in `room` cells; a guide too long for it becomes the level's number."""
    guide = line.guide if len(line.guide) <= room // 2 else cut(f"…{line.depth} ", room)
    key = cut(line.key, room - width(guide))
    title = cut(f"{_GAP}{line.title}", room - width(guide) - width(key))
    return guide, key, title


def _footer(document: dict[str, Any], now: datetime, something_omitted: bool) -> Iterator[str]:
    ages = [f"{_TITLES[name]}: {age_text(end, now)}" for name, end in document["sources"].items()]
    yield ""
    yield "harvested  " + " · ".join(ages)
    if document["outside"]:
        issues = "1 issue has" if document["outside"] == 1 else f"{document['outside']} issues have"
        yield f"{issues} no place in this tree; `worksupport keys` lists all"
    if something_omitted:
        yield "+n: so many children are not shown (--max-depth, filters)"
