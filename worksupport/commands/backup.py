"""`worksupport backup`: a verified copy, also while a harvest runs."""

from pathlib import Path
from typing import Annotated

import typer

from worksupport.commands.progress import shown_phases
from worksupport.context import Context

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copies are kept.")]
Keep = Annotated[
    int | None, typer.Option("--keep", min=1, metavar="N", help="Remove all copies but the newest N.")
]


def backup(context: Context, folder: Folder, keep: Keep = None) -> None:
    """Copy the database to FOLDER, and verify the copy.

    It may be made while a harvest runs. Prints the copy's path; with --quiet nothing, so that cron has
    nothing to mail.

    \b
    Examples:
      worksupport backup ~/worksupport-backups
      worksupport backup ~/worksupport-backups --keep 14
    """
    from worksupport import output
    from worksupport.backup import back_up

    with shown_phases(context) as begin:
        target = back_up(context.database_path, folder, context.clock.now(), keep, begin)
    if context.options.verbosity >= 0:
        output.write(f"{target}\n")
