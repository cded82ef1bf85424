"""`worksupport reload`: replace everything in one transaction."""

from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import options
from worksupport.commands.progress import shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.output import json_text, write

if TYPE_CHECKING:
    from worksupport.harvest.run import Run
    from worksupport.lifecycle.reload import Trigger

# How long a forced reload waits for the runs that it has asked to end.
FORCE_PATIENCE_SECONDS = 60.0

Force = Annotated[bool, typer.Option("--force", help="Ask a running reload to give way.")]
Scheduled = Annotated[bool, typer.Option("--scheduled", help="Record the source 'scheduled' (for cron).")]
TriggeredBy = Annotated[
    str | None, typer.Option("--triggered-by", metavar="NAME", help="Who asked for it; default: you.")
]
MaxDelete = Annotated[
    float | None,
    typer.Option(
        "--max-delete", min=0, max=100, metavar="PERCENT", help="The brake, this once; 100 lets all go."
    ),
]


def reload(
    context: Context,
    force: Force = False,
    scheduled: Scheduled = False,
    triggered_by: TriggeredBy = None,
    max_delete: MaxDelete = None,
    wait: options.Wait = 0.0,
    as_json: options.Json = False,
) -> None:
    """Harvest everything anew and replace what is stored, or nothing.

    \b
    Examples:
      worksupport reload --wait 60
      worksupport reload --max-delete 100 --json
    """
    from worksupport.lifecycle.reload import trigger_of

    run = _reload(context, trigger_of(scheduled, triggered_by), force, max_delete, wait, as_json)
    if run.exit_code != ExitCode.OK:
        raise typer.Exit(run.exit_code)


def _reload(
    context: Context, trigger: "Trigger", force: bool, max_delete: float | None, wait: float, as_json: bool
) -> "Run":
    from worksupport.harvest.opening import work_on_database
    from worksupport.lifecycle.reload import reload, while_waiting
    from worksupport.monitor import monitored
    from worksupport.queries.runs import reload_run_document

    settings, clock = context.settings, context.clock
    patience = max(wait, FORCE_PATIENCE_SECONDS) if force else wait
    waiting = while_waiting(settings.database_path, force)
    with (
        clock.stop_on_signals(),
        monitored(settings, clock) as monitor,
        work_on_database(settings, clock, "reload", patience, waiting) as work,
        shown_run(context) as watchers,
    ):
        try:
            monitor.started(work.run_id)
            work.watchers += watchers
            run = reload(work, trigger, max_delete)
            monitor.exit_code = run.exit_code
            return run
        finally:
            if as_json and (document := reload_run_document(work.store.connection, work.run_id)):
                write(json_text(document))
