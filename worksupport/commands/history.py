"""`worksupport history`: what harvests and reloads did."""

import sqlite3
import sys
from typing import Any

from worksupport import output
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.queries import history as queries
from worksupport.queries.reader import answer
from worksupport.render import terminal
from worksupport.render.history import plain_history, run_text, terminal_history
from worksupport.store import lock


def history(
    context: Context,
    *,
    run: str | None,
    limit: int,
    status: str | None,
    reloads: bool,
    harvests: bool,
    as_json: bool,
) -> None:
    """Print the runs, newest first, or one of them in full."""
    if reloads and harvests:
        raise UsageError("--reloads and --harvests leave nothing over: leave one out, or both for all runs")
    kind = "reload" if reloads else "harvest" if harvests else None
    question = queries.HistoryQuestion(limit, status, kind)
    name = None if run is None else _named(run, status, kind)
    # A run may end while we look: one that held the lock before or after counts as live.
    was_live = lock.is_held(context.database_path)
    document = answer(
        context.database_path, lambda found: _ask(found, question, name, only_reloads=reloads and as_json)
    )
    is_live = was_live or lock.is_held(context.database_path)
    if as_json:
        output.write(output.json_text(document))
    elif name is not None:
        output.write(run_text(document, is_live=is_live))
    else:
        _show_all(context, document, is_live, kind or "harvest")


def _named(text: str, status: str | None, kind: str | None) -> queries.RunName:
    if status is not None:
        raise UsageError(f"history {text} shows that one run: leave --status out")
    if kind == "harvest" and text.isdecimal():
        text = f"h{text}"
    name = queries.RunName.read(text)
    if kind not in (None, name.kind):
        raise UsageError(f"{text} is a {name.kind}: leave --{kind}s out")
    return name


def _ask(
    connection: sqlite3.Connection,
    question: queries.HistoryQuestion,
    name: queries.RunName | None,
    *,
    only_reloads: bool,
) -> Any:
    """`only_reloads`: in the form in which `serve` answers /api/harvest/reload."""
    if name is not None:
        if only_reloads:
            return queries.reload_document(connection, name.number)
        return queries.run_document(connection, name)
    several = queries.reloads_document if only_reloads else queries.runs_document
    return several(connection, question)


def _show_all(context: Context, runs: list[dict[str, Any]], is_live: bool, command: str) -> None:
    now = context.clock.now()
    if runs and terminal.is_terminal():
        output.write(terminal_history(runs, now, terminal.console(), is_live=is_live))
    elif runs:
        output.write(plain_history(runs, now, is_live=is_live))
    elif terminal.is_terminal(sys.stderr):
        terminal.show_hints([(f"no {command} is on record", f"worksupport {command}")])
