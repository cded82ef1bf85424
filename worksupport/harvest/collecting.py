"""The sources' pages go to a writer, each source's end to the record."""

import logging
from typing import Protocol

from worksupport.errors import BrakeError, InterruptedRunError
from worksupport.harvest.pipeline import AccountFound, End, Page, Source, events
from worksupport.harvest.progress import tell
from worksupport.harvest.run import Run
from worksupport.harvest.sources import count_requests, ended, failed
from worksupport.outcome import SourceOutcome
from worksupport.store import records
from worksupport.store.reference import keep_account

logger = logging.getLogger(__name__)


class Writer(Protocol):
    """Where the pages go: into the issues at once (harvest), or aside (reload)."""

    def check(self) -> None:
        """Called at every page and several times a second; raises if the run must give way."""

    def save(self, page: Page) -> None:
        """Store one page."""

    def source_completed(self, outcome: SourceOutcome) -> None:
        """The source has brought everything; raises BrakeError."""


def collect(run: Run, sources: list[Source], writer: Writer) -> None:
    """Write what the sources bring until each has completed or failed.

    Raises what ends the whole run: a stop request, a database that cannot be written, a bug.
    """
    by_name = {source.name: source for source in sources}
    try:
        for event in events(sources, run.clock):
            writer.check()
            match event:
                case Page():
                    writer.save(event)
                case AccountFound(address, account_id):
                    with run.store.transaction():
                        keep_account(run.store, address, account_id)
                case End(name, _):
                    _end(run, run.outcomes[name], by_name[name], event, writer)
            tell(run.watchers, event, sources)
    finally:
        for name, source in by_name.items():
            count_requests(run.outcomes[name], source)


def _end(run: Run, outcome: SourceOutcome, source: Source, end: End, writer: Writer) -> None:
    if isinstance(end.error, InterruptedRunError):  # no fault of the source's
        raise end.error
    ended(outcome, source, end)
    if outcome.status == "running":
        try:
            writer.source_completed(outcome)
            outcome.status = "completed"
        except BrakeError as error:
            failed(outcome, error)
    if outcome.status == "failed":
        logger.error("%s failed: %s", outcome.name, outcome.error_message)
        with run.store.transaction():
            records.save_outcome(run.store, run.record, outcome, run.clock.now_text(), stored=False)
