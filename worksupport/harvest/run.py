"""What a harvest and a reload share: one run, how each source fares in it, and its record."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from worksupport import log
from worksupport.clock import utc_text
from worksupport.config.settings import Settings
from worksupport.errors import (
    ConfigurationError,
    ExitCode,
    InterruptedRunError,
    LockedError,
    WorksupportError,
    gravest,
    no_resources,
)
from worksupport.harvest.session import Session
from worksupport.model.names import SOURCES
from worksupport.model.outcome import Kind, LeftOut, SourceOutcome
from worksupport.sources.base import (
    FULL,
    SINGLES_AN_HOUR,
    Lost,
    LostIssues,
    Page,
    Scope,
    Unfound,
    WhatIsLost,
    WhatIsUnfound,
)
from worksupport.sources.registry import REGISTRY, Registered
from worksupport.store import missing, records
from worksupport.store.missing import BrakeLimits
from worksupport.store.reference import keep_names
from worksupport.store.schema import SCHEMA_VERSION

logger = logging.getLogger(__name__)


def first_outcomes(settings: Settings, only: tuple[str, ...] = ()) -> dict[str, SourceOutcome]:
    """Every source by name, as the run starts: 'running', 'off' (no credentials) or 'skipped' (by --source).

    Raises ConfigurationError if `only` names a source that is off.
    """
    for name in only:
        if settings.source(name) is None:
            raise ConfigurationError(
                f"--source {name}: {name} is off, {settings.path} has no credentials for it",
                f"set {name}.api_token in {settings.path}",
            )
    outcomes = (_first_outcome(settings, each, each.name in (only or SOURCES)) for each in REGISTRY)
    return {outcome.name: outcome for outcome in outcomes}


def asked_for(registered: Registered, settings: Settings) -> str:
    """A digest of what the configuration asks a source for that is on."""
    wanted = registered.asks_for(settings, settings.source(registered.name))
    return hashlib.sha256(repr((SCHEMA_VERSION, wanted)).encode("utf-8", "surrogatepass")).hexdigest()


def _first_outcome(settings: Settings, registered: Registered, wanted: bool) -> SourceOutcome:
    name, is_on = registered.name, settings.source(registered.name) is not None
    digest = asked_for(registered, settings) if is_on else None
    status = "off" if not is_on else "running" if wanted else "skipped"
    return SourceOutcome(name, is_on=is_on, asked=is_on and wanted, status=status, asked_for=digest)


@dataclass
class Run:
    """One run under the lock: its record, and how each source fares."""

    session: Session
    record: records.Record
    outcomes: dict[str, SourceOutcome]
    scopes: dict[str, Scope] = field(default_factory=dict)  # of each source that is asked; else full
    recorded: int = 0  # changes

    def __post_init__(self) -> None:
        self.store = self.session.store
        self.settings = self.session.settings
        self.clock = self.session.clock
        self.watchers = self.session.watchers
        self._began = self.clock.monotonic()

    def scope(self, source: str) -> Scope:
        """What a source is asked for."""
        return self.scopes.get(source, FULL)

    def ask_for(self, source: str, scope: Scope) -> None:
        """Ask a source for this, with what the last hour has left it of requests for one issue each."""
        an_hour_ago = utc_text(self.clock.now() - timedelta(hours=1))
        spent = records.singles_since(self.store.connection, source, an_hour_ago)
        self.scopes[source] = replace(scope, singles=max(0, SINGLES_AN_HOUR - spent))
        self.outcomes[source].scope = scope.name

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self.clock.monotonic() - self._began

    def note_arrived(self, pages: Sequence[Page], now: str) -> None:
        """Count the rows of these pages and keep what ids are called there; in the caller's transaction."""
        for name, outcome in self.outcomes.items():
            own = [page for page in pages if page.source == name]
            called = dict.fromkeys(each for page in own for each in page.names)
            keep_names(self.store.connection, name, called, now)
            outcome.issues += sum(len(page.rows) for page in own)
        self.save_progress()

    def save_progress(self) -> None:
        """Let others see how many issues have come so far; in the caller's transaction."""
        records.save_progress(self.store, self.record, sum(outcome.issues for outcome in self.asked))

    def finish_record(self, error_message: str | None) -> None:
        """Complete the record, or fail it with `error_message`; in the caller's transaction."""
        outcomes = list(self.outcomes.values())
        now = self.clock.now_text()
        records.finish(
            self.store, self.record, outcomes, self.warnings, error_message, now, self.seconds, self.recorded
        )

    @property
    def asked(self) -> list[SourceOutcome]:
        """The outcomes of the sources this run asks."""
        return [outcome for outcome in self.outcomes.values() if outcome.asked]

    @property
    def exit_code(self) -> ExitCode:
        """By the gravest fault of the sources; OK if none failed."""
        return gravest([outcome.exit_code for outcome in self.asked if outcome.status == "failed"])

    @property
    def error_message(self) -> str | None:
        """What went wrong, one sentence a source; None if nothing did."""
        messages = [o.error_message for o in self.asked if o.error_message]
        return "; ".join(messages) or None

    @property
    def warnings(self) -> list[str]:
        """Everything a person should know, what was left out first."""
        left_out = [str(item) for outcome in self.asked for item in outcome.left_out]
        told = [text for outcome in self.asked for text in outcome.warnings]
        return [*left_out, *told, *self.settings.warnings]

    def note_doubled(self, doubled: list[tuple[str, str, str]]) -> None:
        """Leave out the issues whose key another issue of this run carries; each is (source, id, key)."""
        for source, source_id, key in doubled:
            reason = f"another issue of this run carries its key {key}"
            self.outcomes[source].left_out.append(LeftOut(source, Kind.RECORD, source_id, reason))

    @property
    def has_changes(self) -> bool:
        """Whether an answer is different now."""
        return any(outcome.new or outcome.changed or outcome.removed for outcome in self.asked)


@contextmanager
def recorded(run: Run) -> Iterator[None]:
    """While inside, whatever ends the run is written into its record first; listeners are told."""
    log.name_run(run.record.run_id)
    run.session.begin()
    try:
        yield
        run.session.exit_code = run.exit_code
    except BaseException as error:
        _finish_failed(run, _reason(error))
        raise
    finally:
        for watcher in run.watchers:
            watcher.close()


def _reason(error: BaseException) -> str:
    """Why the run ended, as its record says it."""
    if isinstance(error, InterruptedRunError):
        return "interrupted"
    if isinstance(error, LockedError):
        return "superseded"
    error = no_resources(error) or error
    return error.message if isinstance(error, WorksupportError) else f"internal error: {error!r}"


def _finish_failed(run: Run, message: str) -> None:
    try:
        with run.store.transaction(even_if_stopped=True) as connection:
            connection.execute("DELETE FROM main.staged_issues WHERE run_id = ?", [run.record.run_id])
            for outcome in run.outcomes.values():
                if not records.has_outcome(run.store, run.record, outcome.name):
                    _break_off(outcome, message)
                    records.save_outcome(run.store, run.record, outcome, run.clock.now_text(), stored=False)
            run.finish_record(message)
    except WorksupportError as error:
        # The next run heals the record; what ended this one is the message that counts.
        logger.warning("the run's record could not be finished: %s", error.message)


def _break_off(outcome: SourceOutcome, message: str) -> None:
    """The run ended before this source's ending was stored; what it would have removed still stands."""
    outcome.removed = 0
    if outcome.status == "running":
        outcome.status, outcome.error_message = "failed", message


def unfound(
    run: Run, question: WhatIsUnfound, max_delete_percent: float, *, is_staged: bool
) -> list[Unfound]:
    """The answer to a source's question; nothing where everything may go, or for people not asked for."""
    if max_delete_percent >= 100:
        return []
    asked = {account.casefold() for account in question.accounts}
    rows = missing.unfound(
        run.store.connection, question.source, run.record.run_id, question.label, is_staged=is_staged
    )
    groups = [Unfound(question.label, *row) for row in rows]
    return [
        group
        for group in groups
        if (question.is_whole if group.account is None else group.account.casefold() in asked)
    ]


def lost(
    run: Run, question: WhatIsLost, before: Mapping[str, int], max_delete_percent: float, *, is_staged: bool
) -> LostIssues:
    """The answer to a source's question, of a full scope.

    Raises BrakeError first: a site gone dark is not asked for every issue.
    """
    if not run.scope(question.source).is_full:
        return LostIssues([], ())
    connection, name, run_id = run.store.connection, question.source, run.record.run_id
    missing.protect(connection, question.left_out)
    outcome = replace(run.outcomes[name], roots=question.roots)
    limits = brake_limits(run.settings, outcome, before[name], max_delete_percent)
    missing.brake(connection, name, run_id, limits, is_staged=is_staged)
    rows, witness = missing.lost(connection, name, run_id, is_staged=is_staged)
    issues = [
        Lost(source_id, key, frozenset(map(str.casefold, json.loads(labels or "[]"))))
        for source_id, key, labels in rows
    ]
    return LostIssues(issues, (witness,) if witness else ())


def brake_limits(
    settings: Settings, outcome: SourceOutcome, before: int, max_delete_percent: float
) -> BrakeLimits:
    """When this source would lose too many of the `before` issues it had."""
    roots = tuple(root.id for root in settings.hierarchy.roots)
    return BrakeLimits(before, max_delete_percent, roots, outcome.roots)
