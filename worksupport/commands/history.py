"""`worksupport history`: what reloads and harvests did."""

import sqlite3
import sys
from typing import Any

from worksupport import output
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.queries import history as queries
from worksupport.queries.reader import answer
from worksupport.render import terminal
from worksupport.render.history import draw_history, plain_history, record_text
from worksupport.store import lock


def history(
    context: Context,
    *,
    record_id: int | None,
    limit: int,
    status: str | None,
    harvests: bool,
    as_json: bool,
) -> None:
    """Print reloads or harvests, newest first, or one of them in full."""
    question = queries.HistoryQuestion(limit, status)
    if record_id is not None and status is not None:
        raise UsageError(f"history {record_id} shows that one record: leave --status out")
    # A run may end while we look: one that held the lock before or after counts as live.
    was_live = lock.is_held(context.database_path)
    document = answer(context.database_path, lambda found: _ask(found, question, record_id, harvests))
    is_live = was_live or lock.is_held(context.database_path)
    if as_json:
        output.write(output.json_text(document))
    elif record_id is not None:
        output.write(record_text(document, is_live=is_live))
    else:
        _show_all(context, document, is_live, "harvest" if harvests else "reload")


def _ask(
    connection: sqlite3.Connection, question: queries.HistoryQuestion, record_id: int | None, harvests: bool
) -> Any:
    if record_id is not None:
        one = queries.harvest_document if harvests else queries.reload_document
        return one(connection, record_id)
    several = queries.harvests_document if harvests else queries.reloads_document
    return several(connection, question)


def _show_all(context: Context, records: list[dict[str, Any]], is_live: bool, command: str) -> None:
    now = context.clock.now()
    if records and terminal.is_terminal():
        draw_history(records, now, terminal.console(), is_live=is_live)
    elif records:
        output.write(plain_history(records, now, is_live=is_live))
    elif terminal.is_terminal(sys.stderr):
        terminal.show_hints([f"no {command} is on record; `worksupport {command}` makes one"])
