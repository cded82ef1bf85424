"""A full reload: harvest everything aside, then replace it all in one transaction, or nothing."""

import getpass
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from worksupport import log
from worksupport.errors import BrakeError, LockedError
from worksupport.harvest.collect import build_sources, collect
from worksupport.harvest.report import previous_warnings, report
from worksupport.harvest.run import Run, brake_limits, first_outcomes, lost, recorded, unfound
from worksupport.harvest.session import Session
from worksupport.model.outcome import SourceOutcome
from worksupport.sources.base import (
    Confirmed,
    LostIssues,
    Page,
    Past,
    Scope,
    Unfound,
    WhatIsLost,
    WhatIsUnfound,
)
from worksupport.store import missing, records
from worksupport.store.changes import Moment, Record
from worksupport.store.links import link
from worksupport.store.lock import ask_to_give_way
from worksupport.store.settled import settle
from worksupport.store.upsert import count_staged, merge, require_staged, stage

logger = logging.getLogger(__name__)


# What is staged has no record yet; the next harvest reads the past.
_SCOPE = Scope(reads_past=False)


@dataclass(frozen=True)
class Trigger:
    """Who or what asked for the reload: the record's `source` and `triggered_by`."""

    source: str = "manual"  # or 'automatic', 'scheduled'
    triggered_by: str = "system"


def trigger_of(scheduled: bool, triggered_by: str | None) -> Trigger:
    """A reload's trigger as the command line tells it; without a name, 'system' or the account's."""
    if scheduled:
        return Trigger("scheduled", triggered_by or "system")
    return Trigger("manual", triggered_by or _user_name())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "unknown"


def while_waiting(database: Path, force: bool) -> Callable[[], None]:
    """What to do at each vain try for the lock: with `force`, ask a running reload to give way."""
    return partial(ask_to_give_way, database) if force else lambda: None


def reload(
    session: Session,
    trigger: Trigger,
    max_delete_percent: float | None = None,
    on_started: Callable[[records.Record], None] = lambda record: None,
) -> Run:
    """Replace the issues of every source that is on by what it answers now.

    All or nothing: if one source fails, `issues` stays as it was and the run's exit code says why.
    `on_started` is called with the record as soon as others can see it. Raises what ends the whole run:
    InterruptedRunError, DatabaseError, LockedError if a forced reload took over.
    """
    settings, started_at = session.settings, session.clock.now_text()
    outcomes = first_outcomes(settings)
    record = records.begin_reload(
        session.store, session.run_id, started_at, _SCOPE.name, trigger.source, trigger.triggered_by
    )
    run = Run(session, record, outcomes)
    for outcome in run.asked:
        run.ask_for(outcome.name, _SCOPE)
    percent = settings.max_delete_percent if max_delete_percent is None else max_delete_percent
    with recorded(run):
        on_started(record)
        before = previous_warnings(run.store)
        writer = ReloadWriter(run, percent)
        collect(run, build_sources(run), writer)
        writer.finish()
    report(run, "reload", before, run.seconds)
    return run


class ReloadWriter:
    """Stages what comes beside the issues; `finish` swaps all of it in, in one transaction."""

    def __init__(self, run: Run, max_delete_percent: float) -> None:
        self._run = run
        self._max_delete_percent = max_delete_percent
        self._staged = 0
        self._confirmed: dict[str, Confirmed] = {}
        self._seen_at: dict[str, str] = {}

    def check(self) -> None:
        """Give way to a forced reload. Raises LockedError."""
        if self._run.session.lock.is_to_give_way:
            raise LockedError("superseded: a forced reload took over", "look at it: worksupport history")

    def save(self, pages: Sequence[Page]) -> None:
        """Stage the rows of these pages, and let others see the progress."""
        run = self._run
        with run.store.transaction() as connection:
            stage(connection, (row for page in pages for row in page.rows), run.record.run_id)
            self._seen_at |= {page.source: page.seen_at for page in pages if page.seen_at}
            self._staged = max(self._staged, count_staged(connection))
            run.note_arrived(pages, run.clock.now_text())

    def lost(self, question: WhatIsLost) -> LostIssues:
        """By what is staged. Raises BrakeError."""
        run = self._run
        require_staged(run.store.connection, run.record.run_id, self._staged)
        before = {question.source: missing.present(run.store.connection, question.source)}
        return lost(run, question, before, self._max_delete_percent, is_staged=True)

    def confirmed(self, confirmed: Confirmed) -> None:
        """Keep the verdicts for the swap."""
        self._confirmed[confirmed.source] = confirmed

    def save_past(self, past: Past) -> None:
        """Never: the next harvest reads the past of what has been swapped in."""

    def unfound(self, question: WhatIsUnfound) -> list[Unfound]:
        """By what is staged."""
        return unfound(self._run, question, self._max_delete_percent, is_staged=True)

    def source_completed(self, outcome: SourceOutcome) -> None:
        """Nothing yet: a reload merges only when every source has completed."""

    def finish(self) -> None:
        """Replace the issues if every source completed; else, or at the brake, leave them as they were."""
        run = self._run
        if all(outcome.status == "completed" for outcome in run.asked):
            try:
                self._swap()
                # What was staged is free now.
                run.store.give_room_back()
                return
            except BrakeError as error:
                logger.error("%s", error.message, extra=log.fields(hint=error.hint))
        with run.store.transaction() as connection:
            connection.execute("DELETE FROM main.staged_issues")
            self._save_record(stored=False)

    def _swap(self) -> None:
        """The clean-up transaction: all or nothing."""
        run = self._run
        try:
            with run.store.transaction() as connection:
                self.check()
                run.save_progress()
                require_staged(connection, run.record.run_id, self._staged)
                before = {outcome.name: missing.present(connection, outcome.name) for outcome in run.asked}
                merged = merge(connection, run.record.run_id, run.clock.now_text(), self._seen_at)
                run.recorded += merged.recorded
                run.note_doubled(merged.doubled)
                for outcome in run.asked:
                    outcome.new = merged.new.get(outcome.name, 0)
                    outcome.changed = merged.changed.get(outcome.name, 0)
                    percent = self._max_delete_percent
                    limits = brake_limits(run.settings, outcome, before[outcome.name], percent)
                    self._delete_unseen(connection, outcome, limits)
                connection.execute("DELETE FROM main.staged_issues")
                link(connection, run.clock.now_text())
                settle(connection)
                self._save_record(stored=True)
        except BaseException:
            run.recorded = 0
            for outcome in run.asked:
                outcome.new = outcome.changed = outcome.removed = 0
            raise

    def _delete_unseen(
        self, connection: sqlite3.Connection, outcome: SourceOutcome, limits: missing.BrakeLimits
    ) -> None:
        run_id = self._run.record.run_id
        outcome.issues = missing.seen(connection, outcome.name, run_id)
        missing.protect(connection, outcome.left_out)
        confirmed = self._confirmed.get(outcome.name, Confirmed(outcome.name, {}, frozenset(), []))
        missing.protect_ids(connection, outcome.name, confirmed.unconfirmed)
        try:
            missing.brake(connection, outcome.name, run_id, limits)
        except BrakeError as error:
            outcome.fail(error)
            raise
        record = Record(connection, Moment(run_id, self._run.clock.now_text(), self._seen_at))
        outcome.removed = missing.delete_unseen(connection, outcome.name, record, confirmed.reasons)
        self._run.recorded += record.written

    def _save_record(self, *, stored: bool) -> None:
        run, now = self._run, self._run.clock.now_text()
        for outcome in run.outcomes.values():
            records.save_outcome(run.store, run.record, outcome, now, stored=stored and outcome.asked)
        run.finish_record(run.error_message)
