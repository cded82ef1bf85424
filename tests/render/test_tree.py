"""The plain tree, beside one that is drawn simply: node by node, with recursion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.commands.hostile import TITLES
from tests.filled_database import fill, issue
from worksupport.clock import utc_text
from worksupport.model.times import short_age
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, drawn_document
from worksupport.render.tree import plain_tree
from worksupport.text import storable, visible

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = st.sampled_from([*TITLES.values(), "👩\u200d💻 works", "Größe", "\U0001f1e9\U0001f1ea"]) | st.text(
    max_size=9
)
Row = dict[str, Any]


@st.composite
def some_rows(draw: st.DrawFn) -> list[Row]:
    """Each below one before it, or a root, or without a place; in the order of their keys."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 12))):
        parent = draw(st.none() | st.sampled_from([row["issue_key"] for row in rows])) if rows else None
        changed = draw(st.none() | st.integers(0, 90_000))
        rows.append(
            issue(
                f"P-{number}",
                "Story" if parent else draw(st.sampled_from(["Product Version", "Story"])),
                parent=parent,
                summary=storable(draw(TEXTS)),
                status=draw(st.sampled_from(["Open", "Done", "進行中", "\x1b[31m"])),
                assignees=draw(st.sampled_from([[], ["Émile"], ["王 芳"]])),
                updated_at=None if changed is None else utc_text(NOW - timedelta(minutes=changed)),
            )
        )
    return rows


@settings(max_examples=40)
@given(rows=some_rows(), depth=st.sampled_from([1, 2, 3, 100]))
def test_the_plain_tree_is_the_one_drawn_simply(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], depth: int
) -> None:
    path = fill(tmp_path_factory.mktemp("plain") / "issues.db", rows)
    question = TreeQuestion(max_depth=depth)
    document = answer(path, lambda connection: drawn_document(connection, question))
    assert plain_tree(document, NOW) == simply_drawn(rows, depth)


def simply_drawn(rows: list[Row], max_depth: int) -> str:
    tops = [row for row in rows if row["issue_type_id"] == 10004]
    placed = [*tops, *(each for top in tops for each in below(top, rows))]
    lost = [row for row in rows if row not in placed]
    table = [line for top in tops for line in drawn_below(top, rows, max_depth)]
    if lost:
        table.append(["outside the hierarchy  ", counted(lost), "", "", "", "", ""])
        for row in lost:
            mark = "└─ " if row is lost[-1] else "├─ "
            table.append([f"{mark}{head(row)}", "", "", *values(row, row["updated_at"])])
    if all(line[0][:1] not in "├└" for line in table):
        table = [[first, counts, "", *others] for first, counts, _, *others in table]
    return laid_out([[first, f"{counts} {more}".strip(), *others] for first, counts, more, *others in table])


def drawn_below(row: Row, rows: list[Row], levels: int, mark: str = "", indent: str = "") -> list[list[str]]:
    """Its line and those below it: head, counts, mark of more, type, status, who, and when it changed."""
    children, everything = [each for each in rows if is_parent(row, each)], below(row, rows)
    newest = max((each["updated_at"] or "" for each in everything), default=row["updated_at"]) or ""
    newest = newest or row["updated_at"]
    more = "▸" if children and levels == 1 else ""
    lines = [[mark + head(row), counted(everything), more, *values(row, newest)]]
    for child in children if levels > 1 else []:
        branch, continued = ("└─ ", "   ") if child is children[-1] else ("├─ ", "│  ")
        lines += drawn_below(child, rows, levels - 1, indent + branch, indent + continued)
    return lines


def is_parent(row: Row, child: Row) -> bool:
    return bool(child["parent_key"] == row["issue_key"])


def below(row: Row, rows: list[Row]) -> list[Row]:
    children = [each for each in rows if is_parent(row, each)]
    return [*children, *(each for child in children for each in below(child, rows))]


def head(row: Row) -> str:
    return f"{row['issue_key']}  {visible(row['summary'])}"


def counted(rows: list[Row]) -> str:
    return f"{sum(row['state'] == 'done' for row in rows)}/{len(rows)}" if rows else ""


def values(row: Row, changed: str | None) -> list[str]:
    kind = {10004: "Product Version", 10101: "Story"}[row["issue_type_id"]]
    age = "" if row["state"] == "done" else short_age(changed, NOW)
    return [kind, visible(row["status"]), row["assignee"] or "unassigned", age]


def laid_out(table: list[list[str]]) -> str:
    """Columns as wide as their widest text, of heads only up to 100 cells; the last one ends at the right."""
    widths = [max((cell_len(text) for text in column), default=0) for column in zip(*table, strict=True)]
    heads = [cell_len(line[0]) for line in table]
    widths[:1] = [max((cells for cells in heads if cells <= 100), default=0)]
    lines = []
    for first, *others in table:
        cells = [first + " " * (widths[0] - cell_len(first))]
        for at, (text, most) in enumerate(zip(others, widths[1:], strict=True)):
            blanks = " " * (most - cell_len(text))
            cells += [blanks + text if at == 4 else text + blanks] if most else []
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)
