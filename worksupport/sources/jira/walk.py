"""The walk: asks what the plan holds, as many queries at once as there are workers.

Goes down level by level from the root query; a query that the service refuses is cut in halves until the
one item it cannot answer for stands alone and is left out by name (README.md, "JQL").
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from worksupport.errors import ConfigurationError, IncompleteError, QueryRefusedError
from worksupport.model.hierarchy import Hierarchy
from worksupport.model.issue_fields import IssueRow
from worksupport.model.outcome import Kind, LeftOut
from worksupport.sources.jira.plan import ChildrenQuery, Frontier, LabelQuery, Query, RootQuery, halves
from worksupport.sources.jira.workers import Done, Workers

# A few odd items are left out by name; beyond this many, the site or our query is at fault.
MOST_LEFT_OUT = 50

# Asks a query; an iterator of shaped pages. A children query without types asks for those of any type.
Ask = Callable[[Query], Iterator[list[IssueRow]]]
# Pages of a query under way that another worker can bring; None if there are none at this moment.
Share = Callable[[Query], Iterator[list[IssueRow]] | None]


@dataclass(frozen=True)
class ParentProbe:
    """Is it the parent that the service refuses, or the type?"""

    query: ChildrenQuery


@dataclass(frozen=True)
class _Arrived:
    query: Query | ParentProbe
    rows: list[IssueRow]


class Walk:
    """One walk over one site; afterwards `left_out` tells what it could not ask, the counts what came.

    `site_ids`: the site's ids of each configured type; those that it refuses to search for are taken out.
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        site_ids: dict[int, tuple[str, ...]],
        workers: Workers,
        ask: Ask,
        share: Share = lambda query: None,
    ) -> None:
        self.left_out: list[LeftOut] = []
        self.roots = 0
        self.labelled = 0
        self._hierarchy = hierarchy
        self._site_ids = site_ids
        self._have_several = {type_id for type_id, ids in site_ids.items() if len(ids) > 1}
        self._workers = workers
        self._ask = ask
        self._share = share
        self._frontier = Frontier(workers.count, self._child_types)
        self._ready: deque[Query | ParentProbe] = deque()
        self._in_flight: dict[Query | ParentProbe, int] = {}  # and how many rows each has brought
        self._busy = Counter[Query | ParentProbe]()  # how many workers are at it
        self._refusals: dict[Query | ParentProbe, QueryRefusedError] = {}
        self._shared: set[Query] = set()
        self._asked_again: set[Query] = set()
        self._answered: set[type] = set()  # the sorts of queries of which one at least was answered

    @property
    def parents(self) -> frozenset[str]:
        """The keys of the issues below which it has looked."""
        return self._frontier.expanded

    def run(self, queries: Iterable[Query], above: Iterable[IssueRow] = ()) -> None:
        """Ask these queries and everything below what they bring, and below the issues of `above`.

        Raises what the service's client raises, but for one refused item: that is left out.
        """
        self._ready.extend(queries)
        for row in above:
            self._frontier.add(row["issue_key"], row["issue_type_id"])
        self._dispatch()
        while self._in_flight:
            match self._workers.next_report():
                case _Arrived(query, rows):
                    self._in_flight[query] += len(rows)
                    self._reach(query, rows)
                case Done(query, error):
                    self._ended(query, error)  # type: ignore[arg-type]
            self._dispatch()
        self._require_answers({ChildrenQuery, ParentProbe}, "the children of any issue", Kind.PARENT)
        self._require_answers({LabelQuery}, "the labelled issues of any account", Kind.ACCOUNT)

    def _require_answers(self, sorts: set[type], what: str, kind: Kind) -> None:
        """Where every query of these sorts is refused, one cause is behind it, not each single item."""
        refused = [item for item in self.left_out if item.kind is kind]
        if len(refused) > 1 and self._answered.isdisjoint(sorts):
            raise IncompleteError(f"Jira refuses to search for {what}: {refused[-1].reason}")

    def _dispatch(self) -> None:
        """Give each worker that is free a query, or a share of a long one."""
        while self._busy.total() < self._workers.count:
            query = self._ready.popleft() if self._ready else self._frontier.take(self._in_flight)
            if query is None and not self._dispatch_share():
                return
            if query is None:
                continue
            if isinstance(query, ChildrenQuery):
                query = replace(query, type_ids=self._known(query.type_ids))
                if not query.type_ids or query.site_id not in (None, *self._ids(query.type_ids)):
                    continue
            self._in_flight[query] = 0
            self._submit(query, partial(self._fetch, query))

    def _dispatch_share(self) -> bool:
        for query in self._in_flight:
            if isinstance(query, ParentProbe) or query in self._refusals or not self._is_long(query):
                continue
            if pages := self._share(query):
                self._shared.add(query)
                self._submit(query, partial(self._report, query, pages))
                return True
        return False

    def _is_long(self, query: Query) -> bool:
        return query in self._shared or self._frontier.is_long(query, self._in_flight[query])

    def _submit(self, query: Query | ParentProbe, task: Callable[[], None]) -> None:
        self._busy[query] += 1
        self._workers.submit(query, task)

    def _known(self, type_ids: Iterable[int]) -> tuple[int, ...]:
        """These types without those that the service lacks or, as it turned out meanwhile, refuses."""
        return tuple(type_id for type_id in type_ids if type_id in self._site_ids)

    def _ids(self, type_ids: Iterable[int]) -> list[str]:
        return [site_id for type_id in type_ids for site_id in self._site_ids[type_id]]

    def _fetch(self, query: Query | ParentProbe) -> None:
        asked = ChildrenQuery(query.query.parents, ()) if isinstance(query, ParentProbe) else query
        pages = self._ask(asked)
        if isinstance(query, ParentProbe):
            next(pages, None)
        else:
            self._report(query, pages)

    def _report(self, query: Query, pages: Iterator[list[IssueRow]]) -> None:
        for rows in pages:
            self._workers.report(_Arrived(query, rows))

    def _reach(self, query: Query | ParentProbe, rows: list[IssueRow]) -> None:
        """Note the parents of the next level. The label query neither expands nor counts as a visit."""
        if isinstance(query, LabelQuery):
            self.labelled += len(rows)
            return
        self.roots += len(rows) if isinstance(query, RootQuery) else 0
        for row in rows:
            self._frontier.add(row["issue_key"], row["issue_type_id"])

    def _child_types(self, type_id: int | None) -> tuple[int, ...]:
        return self._known(self._hierarchy.children(type_id)) if type_id is not None else ()

    def _ended(self, query: Query | ParentProbe, error: Exception | None) -> None:
        if isinstance(error, QueryRefusedError):
            self._refusals[query] = error
        elif error:
            raise error
        self._busy[query] -= 1
        if not self._busy[query]:
            rows = self._in_flight.pop(query)
            if refusal := self._refusals.pop(query, None):
                self._refused(query, refusal)
            else:
                self._learn(query, rows)

    def _learn(self, query: Query | ParentProbe, rows: int) -> None:
        """A query has been answered."""
        self._answered.add(type(query))
        if isinstance(query, ParentProbe):
            self._leave_out_types(query.query)
        elif isinstance(query, ChildrenQuery):
            self._frontier.learn(query, rows)

    def _refused(self, query: Query | ParentProbe, error: QueryRefusedError) -> None:
        """Close in on the refused item: halve; ask a single one again; then find out which part it is.

        Halves come next, so that a site that refuses everything is found out soon; a single one comes last,
        when the reason may have passed.
        """
        if isinstance(query, RootQuery):
            raise ConfigurationError(
                f"Jira refused the root query: {error.message}",
                "set jira.root_jql in the configuration to a query that this site knows",
            ) from error
        if isinstance(query, ParentProbe):
            self._leave_out(Kind.PARENT, query.query.parents[0], error.message)
        elif parts := halves(query):
            self._ready.extendleft(parts)
        elif query not in self._asked_again:
            self._asked_again.add(query)
            self._ready.append(query)
        elif isinstance(query, LabelQuery):
            self._leave_out(Kind.ACCOUNT, query.account_ids[0], error.message)
        else:
            self._ready.appendleft(ParentProbe(query))

    def _leave_out_types(self, query: ChildrenQuery) -> None:
        """The parent alone is answered, so the type is the culprit, or one of the ids that the site has for
        it: no further query names that."""
        if len(query.type_ids) > 1:
            self._ready.extend(replace(query, type_ids=(type_id,)) for type_id in query.type_ids)
            return
        (type_id,) = query.type_ids
        if type_id in self._have_several and query.site_id is None:
            self._ready.extend(replace(query, site_id=each) for each in self._site_ids.get(type_id, ()))
            return
        left = [each for each in self._site_ids.pop(type_id, ()) if query.site_id not in (None, each)]
        if left:
            self._site_ids[type_id] = tuple(left)
        which = f"this type by its id {query.site_id}" if query.site_id else "this type"
        self._leave_out(Kind.TYPE, str(type_id), f"the service refuses to search for {which}")

    def _leave_out(self, kind: Kind, name: str, reason: str) -> None:
        if any((other.kind, other.name) == (kind, name) for other in self.left_out):
            return
        self.left_out.append(LeftOut("jira", kind, name, reason))
        if len(self.left_out) > MOST_LEFT_OUT:
            raise IncompleteError(f"Jira refused more than {MOST_LEFT_OUT} queries, the last one: {reason}")
