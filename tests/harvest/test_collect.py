"""Sources side by side: nothing is lost, memory is bounded, and a failure ends its source alone."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import FakeClock
from worksupport.errors import InterruptedRunError, UnreachableError
from worksupport.harvest.events import End, Event, Idle, Pages, events, grouped
from worksupport.sources.base import FULL, Emit, Findings, Page, Scope
from worksupport.sources.jira.workers import Done, Workers


@dataclass
class MadeUpService:
    """Remembers that it was given up."""

    is_cut: bool = False

    def cut_all(self) -> None:
        self.is_cut = True

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class MadeUpSource:
    """Runs `work(emit)` as its harvest."""

    name: str
    work: Callable[[Emit], None]
    findings: Findings = field(default_factory=Findings)
    service: Any = field(default_factory=MadeUpService)

    def fetch(self, scope: Scope, emit: Emit) -> None:
        self.work(emit)


def _pages(count: int, name: str = "jira") -> Callable[[Emit], None]:
    def work(emit: Emit) -> None:
        for _ in range(count):
            emit(Page(name, []))

    return work


def test_every_page_arrives_and_each_source_ends_once(clock: FakeClock) -> None:
    sources = [MadeUpSource("jira", _pages(100)), MadeUpSource("github", _pages(50, "github"))]
    arrived = [event for event in events(sources, lambda _: FULL, clock) if not isinstance(event, Idle)]
    assert sum(isinstance(event, Page) for event in arrived) == 150
    assert {event.source for event in arrived if isinstance(event, End)} == {"jira", "github"}


@given(st.lists(st.tuples(st.sampled_from(("page", "idle", "end")), st.floats(0, 0.7)), max_size=60))
def test_pages_that_come_close_together_come_as_one_and_in_their_order(
    arrivals: list[tuple[str, float]],
) -> None:
    clock, sent = FakeClock(), dict[str, float]()
    made: dict[str, Callable[[str], Event]] = {"page": lambda name: Page(name, []), "end": End}

    def arriving() -> Iterator[Event]:
        for number, (kind, wait) in enumerate([*arrivals, ("end", 0.0)]):
            clock.elapsed += wait
            sent[f"{number}"] = clock.elapsed
            yield made[kind](f"{number}") if kind in made else Idle()

    came = []
    for event in grouped(arriving(), clock):
        group = list(event.pages) if isinstance(event, Pages) else []
        assert len(group) <= 10
        # That half a second is over shows when the last one comes.
        assert all(sent[page.source] - sent[group[0].source] < 0.5 for page in group[:-1])
        each_event: list[Event] = [*group] or [event]
        came += [each.source for each in each_event if isinstance(each, Page | End)]
    assert came == [f"{number}" for number, (kind, _) in enumerate([*arrivals, ("end", 0.0)]) if kind in made]


def test_a_failure_ends_its_source_and_not_the_other(clock: FakeClock) -> None:
    def fail(emit: Emit) -> None:
        emit(Page("jira", []))
        raise UnreachableError("gone")

    sources = [MadeUpSource("jira", fail), MadeUpSource("github", _pages(3, "github"))]
    ends = {
        event.source: event.error
        for event in events(sources, lambda _: FULL, clock)
        if isinstance(event, End)
    }
    assert isinstance(ends["jira"], UnreachableError)
    assert ends["github"] is None
    assert sources[0].service.is_cut


def test_a_slow_writer_stops_the_fetching(clock: FakeClock) -> None:
    """Pages wait in a bounded queue: as many as it holds and the one at its door, however long it takes."""
    brought, is_full = [0], threading.Event()

    def work(emit: Emit) -> None:
        for _ in range(500):
            brought[0] += 1
            if brought[0] > 33:
                is_full.set()
            emit(Page("jira", []))

    arriving = events([MadeUpSource("jira", work)], lambda _: FULL, clock)
    next(arriving)
    assert is_full.wait(10)
    assert brought[0] <= 34
    assert sum(isinstance(event, Page) for event in arriving) == 499


def test_a_writer_that_leaves_ends_the_fetching(clock: FakeClock) -> None:
    ended = threading.Event()

    def work(emit: Emit) -> None:
        try:
            while True:
                emit(Page("jira", []))
        finally:
            ended.set()

    arriving = events([MadeUpSource("jira", work)], lambda _: FULL, clock)
    next(arriving)
    clock.request_stop()
    with pytest.raises(InterruptedRunError):
        list(arriving)
    assert ended.wait(10)


def test_an_error_of_a_worker_is_reported_with_its_task_and_the_others_go_on() -> None:
    workers = Workers(2, "test")

    def fail() -> None:
        raise UnreachableError("gone")

    workers.submit("bad", fail)
    workers.submit("good", lambda: workers.report("news"))
    reports = [workers.next_report() for _ in range(3)]
    workers.close()
    assert "news" in reports
    errors = {report.name: report.error for report in reports if isinstance(report, Done)}
    assert errors["good"] is None
    assert isinstance(errors["bad"], UnreachableError)
    good, bad = Workers(2, "test").at_once([lambda: "good", fail])
    assert (good, type(bad)) == ("good", UnreachableError)
