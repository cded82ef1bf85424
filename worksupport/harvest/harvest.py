"""One harvest: pages are stored as they arrive, some at a time; what is no longer found is marked missing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from worksupport.clock import utc_text
from worksupport.harvest.collect import build_sources, collect
from worksupport.harvest.quick import ask_for_changes
from worksupport.harvest.report import previous_warnings, report
from worksupport.harvest.run import Run, brake_limits, first_outcomes, lost, recorded, unfound
from worksupport.harvest.session import Session
from worksupport.model.outcome import SourceOutcome
from worksupport.sources.base import (
    FULL,
    Confirmed,
    LostIssues,
    Page,
    Past,
    Unfound,
    WhatIsLost,
    WhatIsUnfound,
)
from worksupport.store import missing, records
from worksupport.store.changes import Moment, Record, forget_old
from worksupport.store.database import raise_data_version
from worksupport.store.links import link
from worksupport.store.past import authors_of, take_past
from worksupport.store.reference import keep_names
from worksupport.store.settled import settle
from worksupport.store.upsert import forget_seen, merge, stage_aside

_KEPT = timedelta(days=400)  # records of harvests


def harvest(
    session: Session, only: tuple[str, ...] = (), *, is_quick: bool = False, reconciled: tuple[str, ...] = ()
) -> Run:
    """Ask every source that is on (or `only` these) once, and store what they answer.

    `is_quick`: for what changed, where that is enough (harvest/quick.py); `reconciled`: the vendor's ids of
    issues that are said to have changed, whatever the service's index says.

    A source that fails leaves what it brought so far and marks nothing; the run's exit code says why.
    Raises what ends the whole run: InterruptedRunError, DatabaseError, ConfigurationError.
    """
    outcomes = first_outcomes(session.settings, only)
    scope = "since" if is_quick else "full"
    record = records.begin_harvest(session.store, session.run_id, session.clock.now_text(), scope)
    run = Run(session, record, outcomes)
    if is_quick:
        ask_for_changes(run, reconciled)
    else:
        for outcome in run.asked:
            run.ask_for(outcome.name, FULL)
    with recorded(run):
        before = previous_warnings(run.store)
        collect(run, build_sources(run), HarvestWriter(run))
        _finish(run)
    report(run, "harvest", before, run.seconds)
    return run


def _finish(run: Run) -> None:
    now = run.clock.now_text()
    with run.store.transaction():
        for outcome in run.outcomes.values():
            if not outcome.asked:
                records.save_outcome(run.store, run.record, outcome, now, stored=False)
        link(run.store.connection, now)
        settle(run.store.connection)
        if days := run.settings.changes_keep_days:
            forget_old(run.store.connection, utc_text(run.clock.now() - timedelta(days=days)))
        run.finish_record(run.error_message)


class HarvestWriter:
    """Stores pages as they come, each group in a transaction of its own."""

    def __init__(self, run: Run) -> None:
        self._run = run
        with run.store.transaction() as connection:
            self._before = {name: missing.present(connection, name) for name in run.outcomes}
        self._confirmed: dict[str, Confirmed] = {}

    def check(self) -> None:
        """A harvest gives way to nobody."""

    def save(self, pages: Sequence[Page]) -> None:
        """Upsert the rows of these pages, and let others see the progress."""
        run = self._run
        with run.store.transaction() as connection:
            now = run.clock.now_text()
            stage_aside(connection, (row for page in pages for row in page.rows), run.record.run_id)
            seen_at = {page.source: page.seen_at for page in pages if page.seen_at}
            merged = merge(connection, run.record.run_id, now, seen_at)
            run.recorded += merged.recorded
            for name, outcome in run.outcomes.items():
                outcome.new += merged.new.get(name, 0)
                outcome.changed += merged.changed.get(name, 0)
            run.note_doubled(merged.doubled)
            run.note_arrived(pages, now)

    def lost(self, question: WhatIsLost) -> LostIssues:
        """By what the pages stored so far have marked as seen. Raises BrakeError."""
        return lost(self._run, question, self._before, self._run.settings.max_delete_percent, is_staged=False)

    def confirmed(self, confirmed: Confirmed) -> None:
        """Keep the verdicts for the source's end; what has left the scope is updated, but not seen."""
        run = self._run
        self._confirmed[confirmed.source] = confirmed
        with run.store.transaction() as connection:
            now, seen_at = run.clock.now_text(), {confirmed.source: confirmed.seen_at or run.clock.now_text()}
            stage_aside(connection, confirmed.left, run.record.run_id)
            run.recorded += merge(connection, run.record.run_id, now, seen_at).recorded
            forget_seen(connection, confirmed.source, [row["source_id"] for row in confirmed.left])

    def save_past(self, past: Past) -> None:
        """Fit the entries of some issues into their records; who did it only where that is wanted."""
        run = self._run
        with run.store.transaction() as connection:
            now = run.clock.now_text()
            record = Record(connection, Moment(run.record.run_id, now, {}))
            authors = authors_of(connection, past.source) if run.settings.changes_authors else None
            keep_names(connection, past.source, past.names, now, only_missing=bool(past.entries))
            for source_id, entries in past.entries.items():
                take_past(record, past.source, source_id, entries, past.read_at or now, authors)
            run.recorded += record.written
            if record.written:
                raise_data_version(connection, now, are_issues_same=True)
            run.save_progress()

    def unfound(self, question: WhatIsUnfound) -> list[Unfound]:
        """By what the pages stored so far have marked as seen."""
        percent = self._run.settings.max_delete_percent
        return unfound(self._run, question, percent, is_staged=False)

    def source_completed(self, outcome: SourceOutcome) -> None:
        """After a full scope, mark what the source no longer found, and delete what has long been missing."""
        run, now = self._run, self._run.clock.now_text()
        with run.store.transaction() as connection:
            if run.scope(outcome.name).is_full:
                self._mark_missing(outcome, now)
            else:
                self._mark_left(outcome, now)
            outcome.issues = missing.seen(connection, outcome.name, run.record.run_id)
            # Not before the commit is the source itself called completed.
            completed = replace(outcome, status="completed")
            records.save_outcome(run.store, run.record, completed, now, stored=True)

    def _mark_left(self, outcome: SourceOutcome, now: str) -> None:
        """Only what was shown to have left; in the caller's transaction. Raises BrakeError."""
        run, name = self._run, outcome.name
        if name not in self._confirmed:
            return
        connection = run.store.connection
        missing.protect(connection, outcome.left_out)
        limits = brake_limits(run.settings, outcome, self._before[name], run.settings.max_delete_percent)
        seen_at = {name: utc_text(outcome.service_time)} if outcome.service_time else {}
        record = Record(connection, Moment(run.record.run_id, now, seen_at))
        outcome.removed = missing.mark_left(connection, name, record, self._confirmed[name].reasons, limits)
        run.recorded += record.written

    def _mark_missing(self, outcome: SourceOutcome, now: str) -> None:
        """In the caller's transaction. Raises BrakeError."""
        run, name = self._run, outcome.name
        connection, run_id = run.store.connection, run.record.run_id
        missing.protect(connection, outcome.left_out)
        confirmed = self._confirmed.get(name, Confirmed(name, {}, frozenset(), []))
        missing.protect_ids(connection, name, confirmed.unconfirmed)
        limits = brake_limits(run.settings, outcome, self._before[name], run.settings.max_delete_percent)
        missing.brake(connection, name, run_id, limits)
        # By the service's clock: ours may be wrong, and must then delete nothing.
        seen_at = {}
        if outcome.service_time is not None:
            seen_at = {name: utc_text(outcome.service_time)}
        record = Record(connection, Moment(run_id, now, seen_at))
        if outcome.service_time is not None:
            missing_before = utc_text(outcome.service_time - timedelta(days=run.settings.retention_days))
            missing.delete_long_missing(connection, name, record, missing_before)
            records.forget_harvests(connection, utc_text(outcome.service_time - _KEPT))
        outcome.removed = missing.mark_missing(connection, name, record, confirmed.reasons)
        run.recorded += record.written
