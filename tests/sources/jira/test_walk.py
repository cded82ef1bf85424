"""Whatever the tree looks like and whatever is refused, the walk brings all that can be reached."""

from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.sources.jira.timed_workers import TimedWorkers, pages
from worksupport.errors import IncompleteError, QueryRefusedError
from worksupport.model.hierarchy import Hierarchy, IssueType
from worksupport.sources.jira.plan import FULL_BATCH, Query, RootQuery
from worksupport.sources.jira.walk import Walk

_HIERARCHY = Hierarchy(
    (
        IssueType(1, "Version", child_type_ids=(2, 3)),
        IssueType(2, "Feature", child_type_ids=(3, 4, 5)),
        IssueType(3, "Adoption", child_type_ids=(4,)),
        IssueType(4, "Story"),
        IssueType(5, "Task"),
    )
)
_TYPES = [1, 2, 3, 4, 5]
_ODD_TYPES = [None, -1, 99]


class _Site:
    """Issues by number; each has a type and any other as its parent, so there are circles too."""

    def __init__(self, issues: list[tuple[int, Any]], roots: int, refused: set[int]) -> None:
        self.types = dict(enumerate(type_id for type_id, _ in issues))
        self.parents = {number: parent % len(issues) for number, (_, parent) in enumerate(issues)}
        self.roots = list(range(min(roots, len(issues))))
        self.refused_types = {type_id for type_id in _TYPES if -type_id in refused}
        self.refused_parents = {number for number in self.types if number in refused}
        self.brought: set[int] = set()
        self.answered = 0  # queries below the roots

    def ask(self, query: Query) -> Iterator[list[Any]]:
        """Pages of three."""
        found = self.roots if isinstance(query, RootQuery) else self._children(query)
        for page in pages(found, 3):
            self.brought.update(page)
            yield [{"issue_key": str(n), "issue_type_id": self.types[n]} for n in page]

    def _children(self, query: Any) -> list[int]:
        parents = set(map(int, query.parents))
        assert len(parents) == len(query.parents) <= FULL_BATCH
        if parents & self.refused_parents or self.refused_types & set(query.type_ids):
            raise QueryRefusedError("no")
        self.answered += 1
        if not query.type_ids:  # a probe: what it brings is not looked at
            return []
        types = query.type_ids
        return [n for n, parent in self.parents.items() if parent in parents and self.types[n] in types]

    def reachable(self) -> set[int]:
        """What a walk should bring, found by other means."""
        level = set(self.roots)
        found: set[int] = set()
        while level := level - found:
            found |= level
            level = {n for n, parent in self.parents.items() if parent in level and self._is_asked_for(n)}
        return found

    def _is_asked_for(self, number: int) -> bool:
        parent = self.parents[number]
        below = set(_HIERARCHY.children(self.types[parent] or 0)) - self.refused_types
        return parent not in self.refused_parents and self.types[number] in below


@given(
    issues=st.lists(
        st.tuples(st.sampled_from([*_TYPES, *_TYPES, *_ODD_TYPES]), st.integers(0, 5_000)),
        min_size=1,
        max_size=300,
    ),
    roots=st.integers(0, 150),
    refused=st.sets(st.integers(-5, 40), max_size=6),
    workers=st.integers(1, 8),
    seed=st.integers(0, 9),
)
@example(issues=[(1, 0), (1, 0)], roots=2, refused={0, 1}, workers=1, seed=0)
@example(issues=[(1, 0), (2, 0)], roots=2, refused={-3, -4, -5, -2}, workers=2, seed=0)
@example(issues=[(1, 0), (1, 0), (1, 0)], roots=3, refused={0, 1}, workers=1, seed=0)
def test_all_that_can_be_reached_is_brought(
    issues: list[tuple[Any, int]], roots: int, refused: set[int], workers: int, seed: int
) -> None:
    site = _Site(issues, roots, refused)
    site_ids = {each: (str(each),) for each in _TYPES}
    walk = Walk(_HIERARCHY, site_ids, TimedWorkers(workers, seed), site.ask)  # type: ignore[arg-type]
    try:
        walk.run([RootQuery()])
    except IncompleteError:  # one cause is behind it
        assert site.answered == 0
        assert len(site.refused_parents & set(site.roots)) > 1
        return
    assert site.brought == site.reachable()
    assert {item.name for item in walk.left_out} <= set(map(str, refused)) | {str(-n) for n in refused}
