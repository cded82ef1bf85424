"""The hierarchy as people read it: plain and whole in a pipe, coloured and cut to the width on a terminal."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.times import age_text
from worksupport.render.columns import GAP, Columns
from worksupport.render.lines import Line, marked, tree_lines
from worksupport.render.markdown import escaped, linked
from worksupport.render.table import cut, padded, width
from worksupport.render.words import STALE_DAYS, STATE_STYLES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment
    from rich.style import Style

# A longer title pushes the columns of its own line only.
_LONGEST_ALIGNED_TITLE = 100
_BAR_CELLS = 5
_TITLES = {"jira": "Jira", "github": "GitHub"}
# Colours that can be read on a light and on a dark background.
_STYLES = {**STATE_STYLES, "indeterminate": "cyan", "mark": "magenta"}


def plain_tree(document: dict[str, Any], now: datetime) -> str:
    """The tree document as text for pipes: every title whole, no colours."""
    lines = tree_lines(document, now)
    heads = [f"{line.guide}{line.key}{GAP}{line.title}" for line in lines]
    head_cells = max((cells for head in heads if (cells := width(head)) <= _LONGEST_ALIGNED_TITLE), default=0)
    columns = Columns.whole(lines)
    return "".join(
        f"{padded(head, head_cells)}{GAP}{GAP.join(columns.cells_of(line))}".rstrip() + "\n"
        for head, line in zip(heads, lines, strict=True)
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
    document: dict[str, Any], now: datetime, console: "Console", *, wide: bool, folds: bool
) -> str:
    """The tree document as `console` would show it, cut to its width unless `wide`, with a footer.

    `folds`: branches in which nothing is open are one line. The footer tells how old the data is at `now` and
    what the marks mean.
    """
    from rich.segment import Segments

    lines = marked(tree_lines(document, now, folds=folds))
    with console.capture() as captured:
        segments = _segments(lines, None if wide else console.width)
        console.print(Segments(list(segments)), end="", crop=False)
        for text in _footer(document, now, lines):
            console.print(text, style="dim")
    return captured.get()


def _segments(lines: list[Line], terminal_width: int | None) -> Iterator["Segment"]:
    from rich.segment import Segment
    from rich.style import Style

    styles = {name: Style.parse(style) for name, style in _STYLES.items()}
    bold, dim = Style(bold=True), Style(dim=True)
    columns, heads = _layout(lines, terminal_width)
    head_cells = max((sum(map(width, head)) for head in heads), default=0)
    for line, (guide, key, title, progress) in zip(lines, heads, strict=True):
        yield Segment(guide, dim)
        yield Segment(key, bold)
        yield Segment(padded(title, head_cells - width(guide) - width(key) - width(progress)))
        yield Segment(progress, styles["done"] if line.done == line.total else None)
        for name, text in zip(columns.widths, columns.cells_of(line), strict=True):
            yield Segment(GAP)
            yield Segment(text, _style(name, line, styles) or (dim if name == "issue_type" else None))
        yield Segment.line()


def _layout(lines: list[Line], terminal_width: int | None) -> tuple[Columns, list[tuple[str, str, str, str]]]:
    """The columns, and for each line what stands before them, cut to the room that they leave."""
    progresses = _progresses(lines)
    heads = [_head(line, None, progress) for line, progress in zip(lines, progresses, strict=True)]
    if terminal_width is None:
        columns = Columns.whole(lines)
        columns.widths.pop("progress", None)
        return columns, heads
    head_cells = max((sum(map(width, head)) for head in heads), default=0)
    columns = Columns.fitting(lines, terminal_width, head_cells)
    room = max(1, terminal_width - columns.total)
    return columns, [_head(line, room, head[-1]) for line, head in zip(lines, heads, strict=True)]


def _style(column: str, line: Line, styles: "dict[str, Style]") -> "Style | None":
    if column == "stale" or (column == "assignee" and line.is_left_alone):
        return styles["mark"]
    return styles.get(line.state or line.category or "") if column == "status" else None


def _progresses(lines: list[Line]) -> list[str]:
    """For each line what stands at the end of its title: a small bar, the counts, and what is not shown."""
    counts = max((len(line.counts) for line in lines), default=0)
    more = max((len(line.more) for line in lines), default=0)
    return [_progress(line, counts, more) for line in lines]


def _progress(line: Line, counts: int, more: int) -> str:
    if not line.total:
        return ""
    # Full only when everything is done, empty only when nothing is.
    filled = line.done * (_BAR_CELLS - 2) // line.total + (line.done > 0) + (line.done == line.total)
    bar = "▰" * filled + "▱" * (_BAR_CELLS - filled)
    return f"{GAP}{bar} {line.counts:>{counts}}" + (f" {line.more:<{more}}" if more else "")


def _head(line: Line, room: int | None, progress: str) -> tuple[str, str, str, str]:
    """Guide, key, title and progress of a line, cut to `room` cells.

    A guide too long for it becomes the level's number; where there is room for little, the bar goes first.
    """
    if room is None:
        return line.guide, line.key, f"{GAP}{line.title}", progress
    guide = line.guide if len(line.guide) <= room // 2 else cut(f"…{line.depth} ", room)
    key = cut(line.key, room - width(guide))
    left = room - width(guide) - width(key)
    if left < 2 * width(progress):
        progress = f"{GAP}{line.progress}" if 2 * len(line.progress) < left else ""
    return guide, key, cut(f"{GAP}{line.title}", left - width(progress)), progress


def _footer(document: dict[str, Any], now: datetime, lines: list[Line]) -> Iterator[str]:
    ages = [f"{_TITLES[name]}: {age_text(end, now)}" for name, end in document["sources"].items()]
    yield ""
    yield "harvested  " + " · ".join(ages)
    if any(line.stale for line in lines):
        yield f"{STALE_DAYS}d and more: days since the last change of an issue that is not done"
    if any(line.more for line in lines):
        yield "+n: children that are not shown (--all for what is done, --max-depth, filters)"
