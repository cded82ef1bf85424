"""`worksupport recover`: repair after an interrupted run, and reload if the last reload is old."""

from typing import Annotated

import typer

from worksupport.commands import options
from worksupport.commands.progress import shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.output import json_text, write

NoReload = Annotated[bool, typer.Option("--no-reload", help="Only repair, never reload.")]


def recover(
    context: Context, no_reload: NoReload = False, wait: options.Wait = 0.0, as_json: options.Json = False
) -> None:
    """Repair what an interrupted run left, and reload if that is due.

    It is due if the last reload is older than harvest.interval_hours, or there was none.

    \b
    Examples:
      worksupport recover
      worksupport recover --no-reload --json
    """
    from worksupport.harvest.opening import work_on_database
    from worksupport.lifecycle.recover import reload_if_stale
    from worksupport.monitor import monitored
    from worksupport.queries.runs import recover_document

    settings, clock = context.settings, context.clock
    with (
        clock.stop_on_signals(),
        monitored(settings, clock) as monitor,
        work_on_database(settings, clock, "recover", wait) as work,
        shown_run(context) as watchers,
    ):
        try:
            work.watchers += watchers
            run = None if no_reload else reload_if_stale(work, monitor.started)
            monitor.exit_code = run.exit_code if run else ExitCode.OK
        finally:
            if as_json:
                write(json_text(recover_document(work.store.connection, work.healed, work.run_id)))
    if run and run.exit_code != ExitCode.OK:
        raise typer.Exit(run.exit_code)
