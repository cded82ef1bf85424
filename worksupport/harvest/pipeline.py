"""Sources side by side, each in a thread of its own; what they bring arrives at one place, in turn.

The queue is bounded: a slow disk slows the fetching, memory stays flat. The threads are daemons, so a
hanging request does not hold the exit.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import Protocol

from worksupport.clients.http import Service
from worksupport.clock import Clock
from worksupport.issue_row import IssueRow
from worksupport.outcome import LeftOut

_QUEUE_PAGES = 32
# How often a waiting writer looks whether it should stop.
_STEP_SECONDS = 0.25


@dataclass(frozen=True)
class Page:
    """One answer of a search, shaped."""

    source: str
    rows: list[IssueRow]
    level: str = ""  # what people call the issues on it


@dataclass(frozen=True)
class AccountFound:
    """An e-mail address was resolved to an account id, worth keeping."""

    address: str
    account_id: str


@dataclass(frozen=True)
class Idle:
    """Nothing arrived for a moment."""


@dataclass(frozen=True)
class End:
    """A source has brought everything (error None), or broke off."""

    source: str
    error: Exception | None = None


Event = Page | AccountFound | Idle | End
Emit = Callable[[Event], None]


@dataclass
class Findings:
    """What a source learned beside its pages; read when it has ended."""

    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    roots: int | None = None


class Source(Protocol):
    """A service as the run sees it."""

    name: str
    findings: Findings

    def fetch(self, emit: Emit) -> None:
        """Bring everything; raises what made it break off."""

    @property
    def service(self) -> Service:
        """How it is asked: counts, waits, and the way to end what is under way."""


class _Abandoned(Exception):
    """The writer has left; a source's thread has nobody to work for."""


def events(sources: Sequence[Source], clock: Clock) -> Iterator[Event]:
    """What the sources bring, as it arrives, `Idle` between; ends after the last source's End.

    Raises InterruptedRunError when a stop is requested.
    """
    queue: Queue[Event] = Queue(_QUEUE_PAGES)
    abandoned = threading.Event()
    by_name = {source.name: source for source in sources}

    def emit(event: Event) -> None:
        while not abandoned.is_set():
            try:
                return queue.put(event, timeout=_STEP_SECONDS)
            except Full:
                continue
        raise _Abandoned

    for source in sources:
        threading.Thread(target=_run, args=(source, emit), name=source.name, daemon=True).start()
    try:
        for event in _until_all_ended(queue, len(sources), clock):
            if isinstance(event, End):
                _leave(by_name[event.source])
            yield event
    finally:
        abandoned.set()
        for source in sources:
            _leave(source)


def _leave(source: Source) -> None:
    """After a failure other threads of the source may still wait for answers that nobody needs."""
    source.service.cut_all()
    source.service.close()


def _run(source: Source, emit: Emit) -> None:
    with suppress(_Abandoned):
        emit(End(source.name, _error_of(source, emit)))


def _error_of(source: Source, emit: Emit) -> Exception | None:
    try:
        source.fetch(emit)
    except _Abandoned:
        raise
    except Exception as error:
        return error
    return None


def _until_all_ended(queue: Queue[Event], running: int, clock: Clock) -> Iterator[Event]:
    while running:
        clock.check()
        try:
            event = queue.get(timeout=_STEP_SECONDS)
        except Empty:
            event = Idle()
        running -= isinstance(event, End)
        yield event
