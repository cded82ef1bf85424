"""The sources of a run side by side, each in a thread of its own; what they bring goes to one writer in turn.

The queue between them is bounded: a slow disk slows the fetching, memory stays flat. The threads are daemons,
so a hanging request does not hold the exit.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, Full, Queue
from typing import Any, Protocol

from worksupport import log
from worksupport.clock import Clock
from worksupport.errors import BrakeError, InterruptedRunError
from worksupport.harvest.run import Run
from worksupport.model.outcome import SourceOutcome
from worksupport.sources.base import (
    AccountFound,
    Confirmed,
    LostIssues,
    Page,
    Past,
    Scope,
    Source,
    Unfound,
    WhatIsKnown,
    WhatIsLost,
    WhatIsUnfound,
    WhatIsUnread,
    Widened,
)
from worksupport.sources.registry import REGISTRY
from worksupport.store import records
from worksupport.store.known import known
from worksupport.store.past import unread
from worksupport.store.reference import keep_account, known_accounts

logger = logging.getLogger(__name__)

_QUEUE_PAGES = 32
# How often a waiting writer looks whether it should stop.
_STEP_SECONDS = 0.25


class Writer(Protocol):
    """Where the pages go: into the issues at once (harvest), or aside (reload)."""

    def check(self) -> None:
        """Called at every page and several times a second; raises if the run must give way."""

    def save(self, page: Page) -> None:
        """Store one page."""

    def lost(self, question: WhatIsLost) -> LostIssues:
        """What the copy has and this run has not seen; raises BrakeError where that is too much."""

    def confirmed(self, confirmed: Confirmed) -> None:
        """What the service says of it."""

    def save_past(self, past: Past) -> None:
        """Fit what a service tells of the past into the record."""

    def unfound(self, question: WhatIsUnfound) -> list[Unfound]:
        """What the copy has and this run has not found, of what the question is about."""

    def source_completed(self, outcome: SourceOutcome) -> None:
        """The source has brought everything; raises BrakeError."""


@dataclass(frozen=True)
class Idle:
    """Nothing arrived for a moment."""


@dataclass(frozen=True)
class End:
    """A source has brought everything (error None), or broke off."""

    source: str
    error: Exception | None = None


Question = WhatIsUnfound | WhatIsLost | WhatIsKnown | WhatIsUnread
Event = Page | Past | Widened | Confirmed | AccountFound | Question | Idle | End


def build_sources(run: Run) -> list[Source]:
    """The sources that the run asks; nothing is sent yet."""
    settings, accounts = run.settings, known_accounts(run.store)
    sources = []
    for registered in REGISTRY:
        if run.outcomes[registered.name].asked:
            own = settings.source(registered.name)
            client = registered.connect(
                own,
                clock=run.clock,
                timeout_seconds=settings.timeout_seconds,
                max_wait_seconds=settings.max_wait_seconds,
            )
            client.service.is_watched = run.session.is_watched
            sources.append(registered.build(settings, own, client, accounts))
    return sources


def collect(run: Run, sources: list[Source], writer: Writer) -> None:
    """Write what the sources bring until each has completed or failed.

    Raises what ends the whole run: a stop request, a database that cannot be written, a bug.
    """
    by_name = {source.name: source for source in sources}
    try:
        for event in events(sources, run.scope, run.clock):
            writer.check()
            match event:
                case Page():
                    writer.save(event)
                case AccountFound(address, account_id):
                    with run.store.transaction():
                        keep_account(run.store, address, account_id)
                case WhatIsUnfound():
                    event.reply.set_result(writer.unfound(event))
                case WhatIsLost():
                    try:
                        event.reply.set_result(writer.lost(event))
                    except BrakeError as error:
                        event.reply.set_exception(error)
                case Confirmed():
                    writer.confirmed(event)
                case WhatIsKnown():
                    connection, is_below = run.store.connection, event.is_below
                    found = known(connection, event.source, event.named, is_below=is_below)
                    event.reply.set_result(found)
                case Widened(name, reason):
                    logger.info("%s brings everything: %s", name, reason)
                    run.ask_for(name, replace(run.scope(name), since=None))
                case WhatIsUnread():
                    event.reply.set_result(unread(run.store.connection, event.source, event.most))
                case Past():
                    writer.save_past(event)
                case End(name, _):
                    _end(run, run.outcomes[name], by_name[name], event, writer)
            if run.watchers:
                _tell_watchers(run, event, sources)
    finally:
        for name, source in by_name.items():
            _count_requests(run.outcomes[name], source)


def _tell_watchers(run: Run, event: Event, sources: Sequence[Source]) -> None:
    """Tell the run's watchers what has just been done about an event, and what the sources wait for."""
    waits = {source.name: source.service.limiter.waiting for source in sources}
    for watcher in run.watchers:
        watcher.waits(waits)
        match event:
            case Page(source, rows, level):
                watcher.arrived(source, level, len(rows))
            case End(source):
                watcher.ended(source)


def _end(run: Run, outcome: SourceOutcome, source: Source, end: End, writer: Writer) -> None:
    if isinstance(end.error, InterruptedRunError):  # no fault of the source's
        raise end.error
    _count_requests(outcome, source)
    outcome.left_out += source.findings.left_out
    outcome.warnings = source.findings.warnings
    outcome.roots = source.findings.roots
    outcome.service_began, outcome.service_time = source.service.began, source.service.time
    failure = end.error
    if failure is None:
        try:
            writer.source_completed(outcome)
            outcome.status = "completed"
        except BrakeError as error:
            failure = error
    if failure:
        outcome.fail(failure)
        hint = log.fields(hint=outcome.hint) if outcome.hint else {}
        logger.error("%s failed: %s", outcome.name, failure, extra=hint)
        with run.store.transaction():
            records.save_outcome(run.store, run.record, outcome, run.clock.now_text(), stored=False)


def _count_requests(outcome: SourceOutcome, source: Source) -> None:
    outcome.requests = source.service.requests
    outcome.retries = source.service.retries
    outcome.singles = source.findings.singles


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
