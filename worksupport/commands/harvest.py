"""`worksupport harvest`: one harvest, as cron runs it."""

import logging
from collections.abc import Iterator

from worksupport.commands.progress import is_watched, shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode, LockedError
from worksupport.harvest import harvest as filling
from worksupport.harvest.quick import quick_scope
from worksupport.harvest.run import Run, first_outcomes
from worksupport.harvest.session import session
from worksupport.model.names import checked_sources
from worksupport.output import json_text, write
from worksupport.queries.history import harvest_run_document
from worksupport.queries.keys import keys_of_type
from worksupport.queries.reader import answer
from worksupport.sources.base import FULL
from worksupport.sources.registry import REGISTRY, Registered
from worksupport.text import visible

logger = logging.getLogger(__name__)


def harvest(
    context: Context,
    *,
    source: tuple[str, ...],
    quick: bool,
    dry_run: bool,
    exit_code: bool,
    wait: float,
    as_json: bool,
) -> ExitCode:
    """Run a harvest, or print the queries that one would send.

    A quick one that finds another run going on leaves the work to that.
    """
    only = checked_sources(source)
    if dry_run:
        _show_queries(context, only, is_quick=quick)
        return ExitCode.OK
    try:
        run = _harvest(context, only, wait, as_json, quick)
    except LockedError as error:
        if not quick:
            raise
        logger.info(error.message)
        return error.exit_code
    is_unchanged = exit_code and run.exit_code == ExitCode.OK and not run.has_changes
    return ExitCode.UNCHANGED if is_unchanged else run.exit_code


def _show_queries(context: Context, only: tuple[str, ...], *, is_quick: bool) -> None:
    outcomes = first_outcomes(context.settings, only)
    lines = [
        f"{registered.name} {query}"
        for registered in REGISTRY
        if outcomes[registered.name].asked
        for query in _queries(context, registered, is_quick=is_quick)
    ]
    write("".join(f"{visible(line)}\n" for line in lines))


def _queries(context: Context, registered: Registered, *, is_quick: bool) -> Iterator[str]:
    settings = context.settings
    own, path, now = settings.source(registered.name), settings.database_path, context.clock.now()
    scope = FULL
    if is_quick and path.exists():
        scope = answer(path, lambda connection: quick_scope(registered, settings, connection, now))
    if not scope.is_full:
        return registered.dry_run_changed(settings, own, scope, now)

    def parents_of(type_id: int) -> list[str]:
        return answer(path, lambda connection: keys_of_type(connection, type_id)) if path.exists() else []

    return registered.dry_run(settings, own, parents_of)


def _harvest(context: Context, only: tuple[str, ...], wait: float, as_json: bool, quick: bool) -> Run:
    settings, clock = context.settings, context.clock
    with (
        clock.stop_on_signals(),
        session(settings, clock, "harvest", wait_seconds=wait, is_watched=is_watched()) as begun,
        shown_run(context) as watchers,
    ):
        begun.watchers += watchers
        try:
            return filling.harvest(begun, only, is_quick=quick)
        finally:
            if as_json and (document := harvest_run_document(begun.store.connection, begun.run_id)):
                write(json_text(document))
