"""`worksupport harvest`: one harvest, as cron runs it."""

from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import options
from worksupport.commands.progress import shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.output import json_text, write
from worksupport.text import visible

if TYPE_CHECKING:
    from worksupport.config.settings import Settings
    from worksupport.harvest.run import Run

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the queries this would send, and send nothing.")
]
TellChanges = Annotated[bool, typer.Option("--exit-code", help="Answer 9 instead of 0 when nothing changed.")]


def harvest(
    context: Context,
    source: options.Source = None,
    dry_run: DryRun = False,
    exit_code: TellChanges = False,
    wait: options.Wait = 0.0,
    as_json: options.Json = False,
) -> None:
    """Copy the team's issues from Jira and GitHub into the database.

    \b
    Examples:
      worksupport harvest --dry-run
      worksupport harvest --source jira --json
    """
    only = options.checked_source(source)
    if dry_run:
        _show_queries(context.settings, only)
        return
    run = _harvest(context, only, wait, as_json)
    if run.exit_code != ExitCode.OK:
        raise typer.Exit(run.exit_code)
    if exit_code and not run.has_changes:
        raise typer.Exit(ExitCode.UNCHANGED)


def _show_queries(settings: "Settings", only: str | None) -> None:
    from worksupport.harvest.dry_run import queries_to_send
    from worksupport.queries.parents import keys_of_type
    from worksupport.queries.reader import answer

    def parents_of(type_id: int) -> list[str]:
        if not settings.database_path.exists():
            return []
        return answer(settings.database_path, lambda connection: keys_of_type(connection, type_id))

    write("".join(f"{visible(line)}\n" for line in queries_to_send(settings, only, parents_of)))


def _harvest(context: Context, only: str | None, wait: float, as_json: bool) -> "Run":
    from worksupport.harvest.harvester import harvest
    from worksupport.harvest.opening import work_on_database
    from worksupport.monitor import monitored
    from worksupport.queries.runs import harvest_run_document

    settings, clock = context.settings, context.clock
    with (
        clock.stop_on_signals(),
        monitored(settings, clock) as monitor,
        work_on_database(settings, clock, "harvest", wait) as work,
        shown_run(context) as watchers,
    ):
        monitor.started(work.run_id)
        work.watchers += watchers
        try:
            run = harvest(work, only)
            monitor.exit_code = run.exit_code
            return run
        finally:
            if as_json and (document := harvest_run_document(work.store.connection, work.run_id)):
                write(json_text(document))
