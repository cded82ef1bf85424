"""`worksupport reload`: replace everything in one transaction."""

from worksupport.commands.progress import is_watched, shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.harvest import reload as filling
from worksupport.harvest.session import session
from worksupport.output import json_text, write
from worksupport.queries.history import reload_run_document

# How long a forced reload waits for the runs that it has asked to end.
FORCE_SECONDS = 60.0


def reload(
    context: Context,
    *,
    force: bool,
    scheduled: bool,
    triggered_by: str | None,
    max_delete: float | None,
    wait: float,
    as_json: bool,
) -> ExitCode:
    """Run a reload."""
    settings, clock = context.settings, context.clock
    trigger = filling.trigger_of(scheduled, triggered_by)
    with (
        clock.stop_on_signals(),
        session(
            settings,
            clock,
            "reload",
            wait_seconds=max(wait, FORCE_SECONDS) if force else wait,
            while_waiting=filling.while_waiting(settings.database_path, force),
            is_watched=is_watched(),
        ) as begun,
        shown_run(context) as watchers,
    ):
        begun.watchers += watchers
        try:
            return filling.reload(begun, trigger, max_delete).exit_code
        finally:
            if as_json and (document := reload_run_document(begun.store.connection, begun.run_id)):
                write(json_text(document))
