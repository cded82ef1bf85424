"""Who watches a run, and the one watcher that is always there: a line in the log for each level."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from worksupport import log
from worksupport.clock import Clock
from worksupport.harvest.pipeline import End, Event, Page, Source
from worksupport.harvest.plan import LabelQuery, Query, RootQuery
from worksupport.hierarchy import Hierarchy

logger = logging.getLogger(__name__)

LABELLED = "labelled issues"


class Watcher(Protocol):
    """Told what happens by the run's one writing thread; must return at once."""

    def arrived(self, source: str, level: str, issues: int) -> None:
        """So many issues of a level have been stored."""

    def waits(self, waits: Mapping[str, tuple[str, float] | None]) -> None:
        """Several times a second: why each source waits, and for how many more seconds."""

    def ended(self, source: str) -> None:
        """The source has brought everything, or broke off."""

    def close(self) -> None:
        """Nothing more will come."""


class LevelLog:
    """Logs each level of each source as it is reached; info, so only with -v."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._issues: dict[str, int] = {}
        self._reached: set[tuple[str, str]] = set()

    def arrived(self, source: str, level: str, issues: int) -> None:
        """One line at the first page of a level, with what has come before it."""
        if (source, level) not in self._reached:
            self._reached.add((source, level))
            seconds = round(self._clock.monotonic() - self._started, 1)
            values = log.fields(issues=self._issues.get(source, 0), seconds=seconds)
            logger.info("%s: %s reached", source, level, extra=values)
        self._issues[source] = self._issues.get(source, 0) + issues

    def waits(self, waits: Mapping[str, tuple[str, float] | None]) -> None:
        """The limiter itself logs them."""

    def ended(self, source: str) -> None:
        """The summary tells."""

    def close(self) -> None:
        """Nothing is open."""


def tell(watchers: Sequence[Watcher], event: Event, sources: Sequence[Source]) -> None:
    """Tell the watchers what has just been done about an event, and what the sources wait for."""
    if not watchers:
        return
    waits = {source.name: source.service.limiter.waiting for source in sources}
    for watcher in watchers:
        watcher.waits(waits)
        match event:
            case Page(source, rows, level):
                watcher.arrived(source, level, len(rows))
            case End(source):
                watcher.ended(source)


def level_name(query: Query, hierarchy: Hierarchy) -> str:
    """What people call the issues that a query brings: the types of its level, from the root down."""
    if isinstance(query, LabelQuery):
        return LABELLED
    level = {root.id for root in hierarchy.roots}
    if not isinstance(query, RootQuery):
        seen = set(level)
        while level and level.isdisjoint(query.type_ids):
            level = {child for type_id in level for child in hierarchy.children(type_id)} - seen
            seen |= level
    return ", ".join(issue_type.name for issue_type in hierarchy.types if issue_type.id in level) or LABELLED
