"""The lines of a tree are those that walking through its JSON by recursion draws, folded or not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.filled_database import issue
from tests.queries.test_filters import PV, Row, filled, some_filters, some_rows
from worksupport.model.filters import Filters
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, drawn_document, tree_document
from worksupport.render.lines import OUTSIDE, tree_lines

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Drawn = tuple[str, str, int, int, bool]  # guide, key, done, total, is there more
_LEAF: dict[str, Any] = {"done": 0, "total": 0, "children_omitted": 0, "children": []}


@st.composite
def some_trees(draw: st.DrawFn) -> list[Row]:
    """Mostly done, and one tree as often as several."""
    keys = [f"P-{number}" for number in range(draw(st.integers(1, 9)))]
    tops = draw(st.sampled_from([[], [None]]))
    parents = [None, *(draw(st.sampled_from([*keys[:at], *tops])) for at in range(1, len(keys)))]
    statuses = st.sampled_from(["Done", "Done", "Won't Do", "Open"])
    return [
        issue(key, "Story" if parent else PV, parent=parent, status=draw(statuses))
        for key, parent in zip(keys, parents, strict=True)
    ]


@given(some_trees() | some_rows(), st.just({}) | some_filters())
def test_lines_are_the_nodes_of_the_document(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], given_filters: dict[str, Any]
) -> None:
    path = filled(tmp_path_factory.mktemp("lines"), rows)
    for depth in (1, 2, 100):
        question = TreeQuestion(max_depth=depth, filters=Filters(**given_filters))
        document = answer(path, partial(tree_document, question=question))
        drawn = answer(path, partial(drawn_document, question=question))
        for folds in (False, True):
            lines = tree_lines(drawn, NOW, folds=folds)
            assert [(line.guide, line.key, line.done, line.total, bool(line.more)) for line in lines] == (
                _with_counts_only_beside_children([*_by_recursion(_tops(document), "", folds=folds)])
            )


def _tops(document: dict[str, Any]) -> list[Any]:
    outside = [{**issue, **_LEAF} for issue in document["outside_issues"]]
    done = sum(map(_is_over, outside))
    branch = {**_LEAF, "issue_key": OUTSIDE, "state": "done", "done": done, "total": len(outside)}
    return [*document["hierarchy"], *([{**branch, "children": outside}] if outside else [])]


def _is_over(node: dict[str, Any]) -> bool:
    return node["state"] in ("done", "dropped")


def _by_recursion(nodes: list[Any], indent: str, *, folds: bool, is_top: bool = True) -> Iterator[Drawn]:
    for node in nodes:
        is_last = node is nodes[-1]
        guide = "" if is_top else indent + ("└─ " if is_last else "├─ ")
        is_whole = node["total"] and node["done"] == node["total"] and _is_over(node)
        is_closed = folds and is_whole and not (is_top and len(nodes) == 1)
        below = node["children"]
        hidden = node["children_omitted"] + (len(below) if is_closed else 0)
        yield guide, node["issue_key"], node["done"], node["total"], hidden > 0
        if not is_closed:
            further = "" if is_top else indent + ("   " if is_last else "│  ")
            yield from _by_recursion(below, further, folds=folds, is_top=False)


def _with_counts_only_beside_children(drawn: list[Drawn]) -> list[Drawn]:
    """Where only the top is shown, no line says that its children are not."""
    return drawn if any(guide for guide, *_ in drawn) else [(*each[:4], False) for each in drawn]
