"""`worksupport history`: what reloads and harvests did."""

import sqlite3
import sys
from typing import Annotated, Any

import typer

from worksupport.commands import candidates, options
from worksupport.context import Context
from worksupport.errors import UsageError


def history(
    context: Context,
    record_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="Only this one, in full.")] = None,
    limit: Annotated[int, typer.Option(metavar="1..100", help="At most so many.")] = 10,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="running|completed|failed",
            help="Only those of this status.",
            autocompletion=candidates.run_statuses,
        ),
    ] = None,
    harvests: Annotated[bool, typer.Option("--harvests", help="Harvest jobs instead of reloads.")] = False,
    as_json: options.Json = False,
) -> None:
    """List reloads, or harvests, newest first; or show one in full.

    \b
    Examples:
      worksupport history --status failed
      worksupport history --harvests --limit 1 --json
    """
    from worksupport import lock, output
    from worksupport.queries.history import HistoryQuestion
    from worksupport.queries.reader import answer

    question = HistoryQuestion(limit, status)
    if record_id is not None and status is not None:
        raise UsageError(f"history {record_id} shows that one record: leave --status out")
    # A run may end while we look: one that held the lock before or after counts as live.
    was_live = lock.is_held(context.database_path)
    document = answer(context.database_path, lambda found: _ask(found, question, record_id, harvests))
    is_live = was_live or lock.is_held(context.database_path)
    if as_json:
        output.write(output.json_text(document))
    elif record_id is not None:
        _show_one(document, is_live)
    else:
        _show_all(context, document, is_live, "harvest" if harvests else "reload")


def _ask(connection: sqlite3.Connection, question: Any, record_id: int | None, harvests: bool) -> Any:
    from worksupport.queries import history as asked

    if record_id is not None:
        one = asked.harvest_document if harvests else asked.reload_document
        return one(connection, record_id)
    several = asked.harvests_document if harvests else asked.reloads_document
    return several(connection, question)


def _show_one(record: dict[str, Any], is_live: bool) -> None:
    from worksupport import output
    from worksupport.render.history import record_text

    output.write(record_text(record, is_live=is_live))


def _show_all(context: Context, records: list[dict[str, Any]], is_live: bool, command: str) -> None:
    from worksupport import output
    from worksupport.render import terminal
    from worksupport.render.history import draw_history, plain_history

    now = context.clock.now()
    if records and terminal.is_terminal():
        draw_history(records, now, terminal.console(), is_live=is_live)
    elif records:
        output.write(plain_history(records, now, is_live=is_live))
    elif terminal.is_terminal(sys.stderr):
        terminal.show_hints([f"no {command} is on record; `worksupport {command}` makes one"])
