"""What people are told when an answer is empty; a script's stderr stays empty, for nothing went wrong."""

import sys
from typing import Any

from worksupport.context import Context


def explain_emptiness(context: Context, question: Any) -> None:
    """On a terminal, say on stderr which filter of `question` no name in the data fits, and what is near."""
    from worksupport.queries.reader import answer
    from worksupport.render import terminal

    if terminal.is_terminal(sys.stderr):
        from worksupport.queries.near import hints

        found = answer(context.database_path, lambda connection: hints(connection, question))
        terminal.show_hints(found or ["no issue fits"])
