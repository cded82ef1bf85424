"""What the sources of a run bring goes to one writer; what they ask is answered from the copy."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from worksupport import log
from worksupport.errors import BrakeError, InterruptedRunError
from worksupport.harvest.events import End, Event, Pages, events, grouped
from worksupport.harvest.run import Run
from worksupport.model.outcome import SourceOutcome
from worksupport.sources.base import (
    AccountFound,
    Confirmed,
    LostIssues,
    Page,
    Past,
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


class Writer(Protocol):
    """Where the pages go: into the issues at once (harvest), or aside (reload)."""

    def check(self) -> None:
        """Called at all that comes and twice a second; raises if the run must give way."""

    def save(self, pages: Sequence[Page]) -> None:
        """Store these pages in one transaction."""

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
        for event in grouped(events(sources, run.scope, run.clock), run.clock):
            writer.check()
            match event:
                case Pages(pages):
                    writer.save(pages)
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
            case Pages(pages):
                for page in pages:
                    watcher.arrived(page.source, page.level, len(page.rows))
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
