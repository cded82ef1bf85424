"""`worksupport backup`: a verified copy, also while a harvest runs."""

import re
from functools import partial
from pathlib import Path

from worksupport import output
from worksupport.commands.progress import shown_phases
from worksupport.context import Context
from worksupport.errors import UsageError
from worksupport.queries.reader import answer
from worksupport.store.backup import PRIVATE, back_up


def backup(context: Context, *, folder: Path, keep: int | None, latest: bool, mode: str | None) -> None:
    """Make the copy, and print its path unless quiet."""
    database, bits = context.database_path, _mode(mode)
    with shown_phases(context) as begin:
        target = back_up(
            database,
            partial(answer, database),
            folder,
            context.clock.now(),
            keep,
            begin,
            mode=bits,
            is_latest=latest,
        )
    if context.options.verbosity >= 0:
        output.write(f"{target}\n")


def _mode(text: str | None) -> int:
    """Raises UsageError for anything but three octal digits that let the owner read, and nobody run it."""
    if text is None:
        return PRIVATE
    if not re.fullmatch("0?[46][04][04]", text):
        raise UsageError(f"--mode is {text!r}; it must be like 0640: who beside you may read the copy")
    return int(text, 8)
