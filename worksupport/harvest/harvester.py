"""One harvest: pages are stored as they arrive; what a complete source no longer found is marked missing."""

from dataclasses import replace
from datetime import timedelta

from worksupport.clock import utc_text
from worksupport.harvest.collecting import collect
from worksupport.harvest.opening import Work
from worksupport.harvest.pipeline import Page
from worksupport.harvest.report import previous_warnings, report
from worksupport.harvest.run import Run, brake_limits, recorded
from worksupport.harvest.sources import build_sources, first_outcomes
from worksupport.outcome import SourceOutcome
from worksupport.store import membership, records
from worksupport.store.merging import merge, stage_page


def harvest(work: Work, only: str | None = None) -> Run:
    """Ask every source that is on (or `only` that one) once, and store what they answer.

    A source that fails leaves what it brought so far and marks nothing; the run's exit code says why.
    Raises what ends the whole run: InterruptedRunError, DatabaseError, ConfigurationError.
    """
    outcomes = first_outcomes(work.settings, only)
    record = records.begin_harvest(work.store, work.run_id, work.clock.now_text())
    run = Run(work.store, work.settings, work.clock, record, outcomes, watchers=work.watchers)
    with recorded(run):
        before = previous_warnings(work.store)
        collect(run, build_sources(work.settings, outcomes, work.store, work.clock), HarvestWriter(run))
        _finish(run)
    report(run, "harvest", before, run.seconds)
    return run


def _finish(run: Run) -> None:
    now = run.clock.now_text()
    with run.store.transaction():
        for outcome in run.outcomes.values():
            if not outcome.asked:
                records.save_outcome(run.store, run.record, outcome, now, stored=False)
        run.finish_record(run.error_message)


class HarvestWriter:
    """Stores each page in a transaction of its own."""

    def __init__(self, run: Run) -> None:
        self._run = run
        with run.store.transaction() as connection:
            self._before = {name: membership.present(connection, name) for name in run.outcomes}

    def check(self) -> None:
        """A harvest gives way to nobody."""

    def save(self, page: Page) -> None:
        """Upsert one page's rows, and let others see the progress."""
        run = self._run
        outcome = run.outcomes[page.source]
        with run.store.transaction() as connection:
            stage_page(connection, page.rows)
            merged = merge(connection, run.record.run_id, run.clock.now_text())
            outcome.new += merged.new.get(page.source, 0)
            outcome.changed += merged.changed.get(page.source, 0)
            outcome.issues += len(page.rows)
            run.note_doubled(merged.doubled)
            run.save_progress()

    def source_completed(self, outcome: SourceOutcome) -> None:
        """Mark what the source no longer found, delete what has been missing for the retention time."""
        run = self._run
        name, run_id, now = outcome.name, run.record.run_id, run.clock.now_text()
        retention = timedelta(days=run.settings.retention_days)
        with run.store.transaction() as connection:
            membership.protect(connection, outcome.left_out)
            limits = brake_limits(run.settings, outcome, self._before[name], run.settings.max_delete_percent)
            membership.brake(connection, name, run_id, limits)
            missing_before = utc_text(run.clock.now() - retention)
            membership.delete_long_missing(connection, name, run_id, now, missing_before)
            outcome.removed = membership.mark_missing(connection, name, run_id, now)
            outcome.issues = membership.seen(connection, name, run_id)
            # Not before the commit is the source itself called completed.
            completed = replace(outcome, status="completed")
            records.save_outcome(run.store, run.record, completed, now, stored=True)
