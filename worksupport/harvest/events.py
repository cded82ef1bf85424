"""The sources of a run side by side, each in a thread of its own; what they bring comes out in turn.

The queue between them is bounded: a slow disk slows the fetching, memory stays flat. The threads are daemons,
so a hanging request does not hold the exit.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any

from worksupport.clock import Clock
from worksupport.sources.base import (
    AccountFound,
    Confirmed,
    Page,
    Past,
    Scope,
    Source,
    WhatIsKnown,
    WhatIsLost,
    WhatIsUnfound,
    WhatIsUnread,
    Widened,
)

_QUEUE_PAGES = 32
# How often a waiting writer looks whether it should stop.
_STEP_SECONDS = 0.25
# To store a group of pages takes little longer than to store one; what waits takes memory.
_GROUP_SECONDS = 0.5
_GROUP_PAGES = 10


@dataclass(frozen=True)
class Idle:
    """Nothing arrived for a moment."""


@dataclass(frozen=True)
class Pages:
    """Pages that came close together, in the order in which they came."""

    pages: tuple[Page, ...]


@dataclass(frozen=True)
class End:
    """A source has brought everything (error None), or broke off."""

    source: str
    error: Exception | None = None


Question = WhatIsUnfound | WhatIsLost | WhatIsKnown | WhatIsUnread
Event = Page | Pages | Past | Widened | Confirmed | AccountFound | Question | Idle | End


def _answered(reply: "Future[Any]") -> None:
    wait([reply], timeout=_STEP_SECONDS)


class _Abandoned(Exception):
    """The writer has left; a source's thread has nobody to work for."""


def events(sources: Sequence[Source], scope_of: Callable[[str], Scope], clock: Clock) -> Iterator[Event]:
    """What the sources bring, as it arrives, `Idle` between; ends after the last source's End.

    `scope_of`: what a source is asked for, by its name.

    Raises InterruptedRunError when a stop is requested.
    """
    queue: Queue[Event] = Queue(_QUEUE_PAGES)
    abandoned = threading.Event()
    by_name = {source.name: source for source in sources}

    def emit(event: Event) -> None:
        while not abandoned.is_set():
            try:
                queue.put(event, timeout=_STEP_SECONDS)
                break
            except Full:
                continue
        while isinstance(event, Question) and not event.reply.done() and not abandoned.is_set():
            _answered(event.reply)
        if abandoned.is_set():
            raise _Abandoned

    def fetch(source: Source) -> None:
        error = None
        try:
            source.fetch(scope_of(source.name), emit)
        except _Abandoned:
            return
        except Exception as raised:
            error = raised
        with suppress(_Abandoned):
            emit(End(source.name, error))

    for source in sources:
        threading.Thread(target=fetch, args=(source,), name=source.name, daemon=True).start()
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


def _until_all_ended(queue: Queue[Event], running: int, clock: Clock) -> Iterator[Event]:
    while running:
        clock.check()
        try:
            event = queue.get(timeout=_STEP_SECONDS)
        except Empty:
            event = Idle()
        running -= isinstance(event, End)
        yield event


def grouped(events: Iterator[Event], clock: Clock) -> Iterator[Event]:
    """The same events with the pages that come within half a second as one `Pages`; their order stays.

    Where the run is stopped meanwhile, what waits is dropped: the next run asks for it again.
    """
    pages: list[Page] = []
    began = 0.0
    for event in events:
        now = clock.monotonic()
        if isinstance(event, Page):
            began = began if pages else now
            pages.append(event)
            if len(pages) < _GROUP_PAGES and now - began < _GROUP_SECONDS:
                continue
        if pages:
            yield Pages(tuple(pages))
            pages = []
        if not isinstance(event, Page):
            yield event
