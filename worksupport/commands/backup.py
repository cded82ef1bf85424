"""`worksupport backup`: a verified copy, also while a harvest runs."""

from functools import partial
from pathlib import Path

from worksupport import output
from worksupport.commands.progress import shown_phases
from worksupport.context import Context
from worksupport.queries.reader import answer
from worksupport.store.backup import back_up


def backup(context: Context, *, folder: Path, keep: int | None) -> None:
    """Make the copy, and print its path unless quiet."""
    database = context.database_path
    with shown_phases(context) as begin:
        target = back_up(database, partial(answer, database), folder, context.clock.now(), keep, begin)
    if context.options.verbosity >= 0:
        output.write(f"{target}\n")
