"""The columns beside the title of a tree's line, and how they give way on a narrow terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from worksupport.render.lines import Line
from worksupport.render.table import cut, padded, width

GAP = "  "
# Guides, key, title and bar together.
_ENOUGH_HEAD_CELLS = 46
_WIDEST = {"issue_type": 20, "status": 16, "assignee": 20, "progress": 14, "stale": 6}
# What gives way first where the title has too little room; 0: the column goes.
_NARROWER = (
    ("issue_type", 0),
    ("assignee", 14),
    ("status", 11),
    ("assignee", 10),
    ("assignee", 0),
    ("stale", 0),
    ("status", 0),
)


@dataclass(frozen=True)
class Columns:
    """Which attributes of a line stand beside its title, in this order, and how wide."""

    widths: dict[str, int]

    @classmethod
    def whole(cls, lines: Sequence[Line]) -> "Columns":
        """Every column in which something stands, as wide as its widest text."""
        widths = {name: max((width(getattr(line, name)) for line in lines), default=0) for name in _WIDEST}
        return cls({name: cells for name, cells in widths.items() if cells})

    @classmethod
    def fitting(cls, lines: Sequence[Line], terminal_width: int, head_cells: int) -> "Columns":
        """The columns that leave room for what stands before them, `head_cells` wide if whole.

        Progress is not among them: on a terminal it stands there too.
        """
        needed = min(head_cells, _ENOUGH_HEAD_CELLS)
        widths = {name: min(cells, _WIDEST[name]) for name, cells in cls.whole(lines).widths.items()}
        widths.pop("progress", None)
        columns = cls(widths)
        for name, cells in _NARROWER:
            if terminal_width - columns.total >= needed:
                break
            columns._narrow(name, cells)
        return columns

    @property
    def total(self) -> int:
        """How many cells they take, the gaps before them included."""
        return sum(cells + len(GAP) for cells in self.widths.values())

    def cells_of(self, line: Line) -> list[str]:
        """One line's text of each column, cut and padded to its width."""
        return [padded(cut(getattr(line, name), cells), cells) for name, cells in self.widths.items()]

    def _narrow(self, name: str, cells: int) -> None:
        if cells and name in self.widths:
            self.widths[name] = min(self.widths[name], cells)
        else:
            self.widths.pop(name, None)
