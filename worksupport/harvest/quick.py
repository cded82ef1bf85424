"""Which sources of a quick run need only tell what changed, and since when; the others bring everything."""

import logging
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from worksupport.config.settings import Settings
from worksupport.harvest.run import Run, asked_for
from worksupport.model.times import stored_moment
from worksupport.sources.base import FULL, Scope
from worksupport.sources.registry import REGISTRY, Registered
from worksupport.store import records
from worksupport.store.known import projects
from worksupport.store.records import LastRuns

logger = logging.getLogger(__name__)

# Searches lag, and show old pages: now and then for hours.
_OVERLAP = timedelta(minutes=60)
_OVERLAP_ONCE_AN_HOUR = timedelta(hours=6)
# Fewer pages than this are never too many.
_FEW_PAGES = 20


def ask_for_changes(run: Run, reconciled: tuple[str, ...] = ()) -> None:
    """Ask each source only for what changed, if that is enough; say of the others why it is not."""
    for registered in REGISTRY:
        if run.outcomes[registered.name].asked:
            scope = quick_scope(registered, run.settings, run.store.connection, run.clock.now())
            run.ask_for(registered.name, scope if scope.is_full else replace(scope, reconciled=reconciled))


def quick_scope(
    registered: Registered, settings: Settings, connection: sqlite3.Connection, now: datetime
) -> Scope:
    """What a quick run at `now` asks a source for; where that is all, the log says why."""
    last = records.last_runs(connection, registered.name)
    if reason := why_full(last, asked_for(registered, settings), settings, now):
        logger.info("%s brings everything: %s", registered.name, reason)
        return FULL
    return scope_since(last, projects(connection, registered.name), now)


def why_full(last: LastRuns, wanted: str, settings: Settings, now: datetime) -> str:
    """Why what changed is not enough; "" where it is.

    After a full run that failed, quick ones go on for `harvest.interval_hours` before the next is tried.
    """
    full_at = stored_moment(last.full_at)
    if full_at is None or stored_moment(last.began_at) is None:
        return "it has never been asked for all"
    if last.asked_for != wanted:
        return "the configuration asks for something else than in the last full run"
    failed_at = stored_moment(last.failed_at)
    if failed_at and timedelta(0) <= now - failed_at < timedelta(hours=settings.interval_hours):
        return ""
    if not timedelta(0) <= now - full_at <= timedelta(hours=settings.full_every_hours):
        return f"the last full run is older than harvest.full_every_hours ({settings.full_every_hours:g})"
    return ""


def scope_since(last: LastRuns, found: tuple[str, ...], now: datetime) -> Scope:
    """From the start of the last complete run, by the service's clock; once an hour from long before that."""
    began, ended = stored_moment(last.began_at), stored_moment(last.ended_at)
    assert began is not None  # `why_full` has said so
    is_same_hour = ended is not None and f"{ended:%Y%m%d%H}" == f"{now:%Y%m%d%H}"
    overlap = _OVERLAP if is_same_hour else _OVERLAP_ONCE_AN_HOUR
    return Scope(began - overlap, projects=found, most_pages=max(_FEW_PAGES, last.full_requests // 2))
