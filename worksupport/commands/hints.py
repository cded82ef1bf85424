"""What a reader must know beside the answer, on stderr: scripts are told only what is surely wrong."""

import sqlite3
import sys
from collections.abc import Sequence

from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.names import too_late, unknown_words
from worksupport.queries.reader import answer
from worksupport.queries.remarks import remarks
from worksupport.render import terminal


def tell_reader(
    context: Context,
    filters: Filters,
    root_type: str | None = None,
    words: Sequence[str] = (),
    *,
    is_empty: bool,
) -> None:
    """Say how old the data is, if too old, and why an answer is empty; nothing if quiet.

    An honest nothing is explained to people only.
    """
    if context.options.verbosity < 0:
        return

    def hints(connection: sqlite3.Connection) -> list[str]:
        told = remarks(connection, context.clock.now(), filters, root_type, is_empty=is_empty)
        if is_empty and not told and terminal.is_terminal(sys.stderr):
            return (
                too_late(connection, filters)
                or (unknown_words(connection, words) if words else [])
                or ["no issue fits"]
            )
        return told

    terminal.show_hints(answer(context.database_path, hints))
