"""The hierarchy as people read it: plain and whole in a pipe, coloured and cut to the width on a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.render import words
from worksupport.render.columns import GAP, WIDE, Columns
from worksupport.render.lines import Line, in_columns, line_columns, marked, shortened, tree_lines
from worksupport.render.markdown import escaped, linked
from worksupport.render.table import cut, padded, width
from worksupport.render.terminal import drawn, knows_links

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# In a pipe, a longer title pushes the columns of its own line only.
_LONGEST_ALIGNED_TITLE = 100
_DONE = "done"


def plain_tree(document: dict[str, Any], now: datetime) -> str:
    """The tree document as text for pipes: every title whole, no colours."""
    lines = line_columns(document, now)
    heads = list(map(GAP.join, zip(lines["key"], lines["title"], strict=True)))
    # Each character of a guide takes a cell.
    widths = [len(guide) + width(head) for guide, head in zip(lines["guide"], heads, strict=True)]
    head_cells = max((cells for cells in widths if cells <= _LONGEST_ALIGNED_TITLE), default=0)
    counts = [f"{each} {more}".strip() for each, more in zip(lines["counts"], lines["more"], strict=True)]
    count_cells = max(map(len, counts), default=0)
    gap = GAP if count_cells else ""
    beside = map(GAP.join, Columns.whole(lines).beside(lines))
    return "".join(
        f"{guide}{head}{' ' * (head_cells - cells)}{GAP}{count:{count_cells}}{gap}{rest}".rstrip() + "\n"
        for guide, head, cells, count, rest in zip(lines["guide"], heads, widths, counts, beside, strict=True)
    )


def markdown_tree(document: dict[str, Any], now: datetime) -> str:
    """Nested lists whose keys are links; no text of strangers is markup."""
    lines = tree_lines(document, now)
    return "".join(
        f"{'  ' * (line.depth - 1)}- {' '.join(part for part in _markdown_parts(line) if part)}\n"
        for line in lines
    )


def _markdown_parts(line: Line) -> tuple[str, ...]:
    told = ", ".join(part for part in (line.status, line.assignee, line.counts) if part)
    return linked(line.key, line.url), escaped(line.title), escaped(f"({told})")


def terminal_tree(
    document: dict[str, Any], now: datetime, console: "Console", *, wide: bool, folds: bool, is_old: bool
) -> str:
    """The tree document as `console` would show it, cut to its width unless `wide`, below how old it is.

    `folds`: branches in which nothing is open are one line. `is_old`: older than `check` allows.
    """
    from rich.text import Text

    lines = marked(tree_lines(document, now, folds=folds))
    if console.width < WIDE and not wide:
        lines = shortened(lines)
    layout = _Layout.of(lines, None if wide else console.width, has_bar=console.width >= WIDE)
    has_marks = any(line.state == "blocked" for line in lines)
    shown: list[Text] = list(_heads(layout, words.data_age(document, now), has_marks, is_old))
    rows = zip(lines, layout.columns.beside(in_columns(lines)), strict=True)
    shown += (_row(line, cells, layout, has_links=knows_links(console)) for line, cells in rows)
    with console.capture() as captured:
        console.print(*shown, sep="\n", no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


@dataclass(frozen=True)
class _Layout:
    """How many cells guide, key, title and counts have together, the counts alone, and the other columns."""

    left: int
    bar: bool
    counts: int
    more: int
    columns: Columns

    @classmethod
    def of(cls, lines: Sequence[Line], terminal_width: int | None, *, has_bar: bool) -> "_Layout":
        counts = max((len(line.counts) for line in lines), default=0)
        if counts and not has_bar:
            counts = max(counts, len(_DONE))
        more = len(GAP) if any(line.more for line in lines) else 0
        texts = in_columns(lines)
        measured = cls(0, has_bar, counts, more, Columns.whole(texts))
        needed = max(
            (
                width(line.guide) + width(line.key) + len(GAP) + width(line.title) + measured.done_cells(line)
                for line in lines
            ),
            default=0,
        )
        if terminal_width is None:
            return cls(needed, has_bar, counts, more, Columns.fitting(texts, 10_000, needed))
        columns = Columns.fitting(texts, terminal_width, needed)
        return cls(max(1, min(needed, terminal_width - columns.total)), has_bar, counts, more, columns)

    def done_cells(self, line: Line) -> int:
        """How many cells its counts take; a leaf has none, so its title may use them."""
        if not line.counts and not line.more:
            return 0
        return len(GAP) + (len(line.bar) + 1 if self.bar else 0) + self.counts + self.more


def _heads(layout: _Layout, age: str, has_marks: bool, is_old: bool) -> "Iterator[Text]":
    """The age of the data and what the columns are called: in one line, where they have room."""
    from rich.text import Text

    style = "yellow" if is_old else "dim"
    done = f"{GAP}{_DONE}{' ' * layout.more}" if layout.counts else ""
    room = layout.left - len(done)
    if len(age) > room:
        yield Text(age, style)
        age = ""
    heads = GAP.join(["", *layout.columns.heads(has_marks=has_marks)])
    line = Text()
    line.append(age + " " * max(0, room - len(age)), style)
    line.append(f"{done}{heads}".rstrip(), "dim")
    if str(line).strip():
        yield line


def _row(line: Line, cells: tuple[str, ...], layout: _Layout, *, has_links: bool) -> "Text":
    from rich.style import Style
    from rich.text import Text

    is_dropped = line.state == "dropped"
    guide, key, title, counts = _cut_to(line, layout)
    link = words.address(line.url) if has_links else None
    row = Text()
    row.append(guide, "dim")
    row.append(key, Style(dim=True, link=link))
    row.append(title, "bold" if line.depth == 1 else "dim" if is_dropped else "")
    row.append(counts, "green" if line.done == line.total else "dim" if is_dropped else "")
    for name, text in zip(layout.columns.widths, cells, strict=True):
        row.append(GAP)
        row.append(text, "dim" if is_dropped else _style(name, line))
    row.rstrip()
    return row


def _cut_to(line: Line, layout: _Layout) -> tuple[str, str, str, str]:
    """Guide, key, title and counts of a line, in just the cells that the layout leaves.

    A guide too long for it becomes the level's number; where there is room for little, the bar goes first.
    """
    guide = line.guide if len(line.guide) <= layout.left // 2 else cut(f"…{line.depth} ", layout.left)
    key = cut(line.key, layout.left - width(guide))
    left = layout.left - width(guide) - width(key)
    counts = _counts(line, layout)
    if left < min(2 * width(counts), len(GAP) + width(line.title) + width(counts)):
        short = f"{GAP}{line.counts}{line.more}"
        counts = short if 2 * len(short) < left else ""
    title = cut(f"{GAP}{line.title}", left - width(counts))
    return guide, key, padded(title, left - width(counts)), counts


def _counts(line: Line, layout: _Layout) -> str:
    if not line.counts and not line.more:
        return ""
    bar = f"{line.bar} " if layout.bar else ""
    more = f" {line.more:1}" if layout.more else ""
    return f"{GAP}{bar}{line.counts:>{layout.counts}}{more}"


def _style(column: str, line: Line) -> str:
    if column == "changed":
        return "yellow" if line.is_stale else ""
    if column == "status":
        return words.STATE_STYLES.get(line.state or "", "")
    return "dim" if column == "issue_type" or line.assignee == words.UNASSIGNED else ""
