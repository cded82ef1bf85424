"""The columns beside the title of a tree's line, and how they give way on a narrow terminal."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

from worksupport.render.lines import ByName
from worksupport.render.table import cut, padded, width

GAP = "  "
WIDE = 100
# By the column of a line: what it is called, and how wide it may be.
_TITLES = {"issue_type": "type", "status": "status", "assignee": "who", "changed": "changed"}
_WIDEST = {"issue_type": 20, "status": 18, "assignee": 24, "changed": 7}
# What gives way first where the title has too little room; 0: the column goes.
_NARROWER = (
    ("issue_type", 0),
    ("assignee", 12),
    ("status", 13),
    ("assignee", 0),
    ("changed", 0),
    ("status", 0),
)
# Of a line, its guide, key and title: at least so many cells, or so much of the width.
_LEAST, _SHARE = 24, 0.45


@dataclass(frozen=True)
class Columns:
    """Which columns of a line stand beside its title, in this order, and how wide."""

    widths: dict[str, int]

    @classmethod
    def whole(cls, lines: ByName) -> "Columns":
        """Every column in which something stands, as wide as its widest text."""
        # The same few texts stand in most lines.
        widths = {name: max(map(width, set(lines[name])), default=0) for name in _WIDEST}
        return cls({name: cells for name, cells in widths.items() if cells})

    @classmethod
    def fitting(cls, lines: ByName, terminal_width: int, head_cells: int) -> "Columns":
        """The columns that leave room for what stands before them, `head_cells` wide if whole."""
        needed = min(head_cells, max(_LEAST, int(terminal_width * _SHARE)))
        columns = cls(
            {
                name: max(min(cells, _WIDEST[name]), width(_TITLES[name]))
                for name, cells in cls.whole(lines).widths.items()
                if name != "issue_type" or terminal_width >= WIDE
            }
        )
        for name, cells in _NARROWER:
            if terminal_width - columns.total >= needed:
                break
            columns._narrow(name, cells)
        return columns

    @property
    def total(self) -> int:
        """How many cells they take, the gaps before them included."""
        return sum(cells + len(GAP) for cells in self.widths.values())

    def heads(self, *, has_marks: bool) -> list[str]:
        """What each column is called; `has_marks`: the words of the status stand two cells further right."""
        titles = {**_TITLES, "status": "  status" if has_marks else "status"}
        return [_fitted(titles[name], name, cells) for name, cells in self.widths.items()]

    def beside(self, lines: ByName) -> Iterable[tuple[str, ...]]:
        """Of each line the text of each column, cut and padded to its width."""
        if not self.widths:
            return repeat((), len(lines["key"]))
        columns = []
        for name, cells in self.widths.items():
            fitted = {text: _fitted(text, name, cells) for text in set(lines[name])}
            columns.append(map(fitted.__getitem__, lines[name]))
        return zip(*columns, strict=True)

    def _narrow(self, name: str, cells: int) -> None:
        if cells and name in self.widths:
            self.widths[name] = min(self.widths[name], cells)
        else:
            self.widths.pop(name, None)


def _fitted(text: str, name: str, cells: int) -> str:
    shown = cut(text, cells)
    return " " * (cells - width(shown)) + shown if name == "changed" else padded(shown, cells)
