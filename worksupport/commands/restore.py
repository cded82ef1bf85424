"""`worksupport restore`: a copy takes the place of the database."""

import logging
from functools import partial
from pathlib import Path

from worksupport import output
from worksupport.commands.progress import shown_phases
from worksupport.context import Context
from worksupport.queries.reader import answer
from worksupport.store.lock import exclusive_lock
from worksupport.store.restore import require_another
from worksupport.store.restore import restore as put_back

logger = logging.getLogger(__name__)


def restore(context: Context, *, file: Path, wait: float) -> None:
    """Put the copy in place, and tell where the old database is now."""
    database = context.database_path
    require_another(file, database)
    # Before the lock file is made: what is no copy of ours is told first.
    answer(file, lambda connection: None)
    lock = exclusive_lock(database, context.clock, command="restore", run_id="restore", wait_seconds=wait)
    with lock, shown_phases(context) as begin:
        old = put_back(partial(answer, file), database, context.clock.now(), begin)
    if context.options.verbosity >= 0:
        output.write(f"{database}\n")
        if old:
            logger.warning("the old database is now %s", old)
