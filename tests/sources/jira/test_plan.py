"""How a query that the service refuses is asked in parts."""

import pytest

from worksupport.sources.jira.plan import (
    ChildrenQuery,
    LabelQuery,
    Query,
    RootQuery,
    halves,
)


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        (
            ChildrenQuery(("A", "B", "C"), (1,)),
            [ChildrenQuery(("A",), (1,)), ChildrenQuery(("B", "C"), (1,))],
        ),
        (ChildrenQuery(("A",), (1, 2)), []),
        (LabelQuery(("a", "b")), [LabelQuery(("a",)), LabelQuery(("b",))]),
        (LabelQuery(("a",)), []),
        (RootQuery(), []),
    ],
)
def test_a_refused_query_is_asked_in_halves(query: Query, parts: list[Query]) -> None:
    assert halves(query) == parts
