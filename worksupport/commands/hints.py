"""What people are told when an answer is empty; a script's stderr stays empty, for nothing went wrong."""

import sys

from worksupport.context import Context
from worksupport.model.filters import Filters
from worksupport.queries.names import hints
from worksupport.queries.reader import answer
from worksupport.render import terminal


def explain_emptiness(context: Context, filters: Filters, root_type: str | None = None) -> None:
    """On a terminal, say on stderr which filter no name in the data fits, and what is near."""
    if terminal.is_terminal(sys.stderr):
        found = answer(context.database_path, lambda connection: hints(connection, filters, root_type))
        terminal.show_hints(found or ["no issue fits"])
