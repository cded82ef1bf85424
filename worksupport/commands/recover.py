"""`worksupport recover`: repair after an interrupted run, and reload if the last reload is old."""

import logging

from worksupport import log
from worksupport.commands.progress import is_watched, shown_run
from worksupport.context import Context
from worksupport.errors import ExitCode
from worksupport.harvest.recover import reload_if_stale, repair
from worksupport.harvest.session import session
from worksupport.output import json_text, write
from worksupport.queries.history import recover_document

logger = logging.getLogger(__name__)


def recover(context: Context, *, no_reload: bool, wait: float, as_json: bool) -> ExitCode:
    """Repair what there is to repair, and reload if that is due."""
    settings, clock = context.settings, context.clock
    with (
        clock.stop_on_signals(),
        session(settings, clock, "recover", wait_seconds=wait, is_watched=is_watched()) as begun,
        shown_run(context) as watchers,
    ):
        begun.watchers += watchers
        try:
            is_repaired = repair(begun)
            run = None if no_reload else reload_if_stale(begun)
            if run is None and not begun.healed and not is_repaired:
                due = "" if no_reload else ", and no reload is due"
                logger.log(log.SUMMARY, f"nothing to recover: no run was interrupted{due}")
        finally:
            if as_json:
                write(json_text(recover_document(begun.store.connection, begun.healed, begun.run_id)))
    return run.exit_code if run else ExitCode.OK
