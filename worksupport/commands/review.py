"""What the reviewing commands have in common: a document, in the form that was asked for."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from worksupport import output
from worksupport.commands.hints import tell_reader
from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.reader import answer
from worksupport.queries.remarks import staleness
from worksupport.render import terminal

Document = dict[str, Any]


def show_review(
    context: Context,
    form: str,
    make: Callable[[sqlite3.Connection, datetime], Document],
    draw: Callable[..., str],
    others: Mapping[str, Callable[[Document, datetime], str]],
    filters: Filters,
    counted: Callable[[Document], int],
) -> Document:
    """Print what `make` answers: as `form` (json, one of `others`, else drawn); returns it.

    `draw(document, now, console, is_old=...)` makes text of it, for pipes without a console.
    `counted`: how many there are in it; of none it is told why.
    """
    now = context.clock.now()
    document, is_old = answer(
        context.database_path, lambda found: (make(found, now), bool(staleness(found, now)))
    )
    if form == "json":
        output.write(output.json_text(document))
    elif form in others:
        output.write(others[form](document, now))
    else:
        console = terminal.console() if terminal.is_terminal() else None
        output.write(draw(document, now, console, is_old=is_old))
    tell_reader(context, filters, is_empty=not counted(document))
    return document
