"""After an interrupted run: what it left was repaired at the opening; is a reload due?"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from worksupport import log
from worksupport.harvest.opening import Work
from worksupport.harvest.run import Run
from worksupport.lifecycle.reload import Trigger, reload

logger = logging.getLogger(__name__)

_LAST_RELOAD = "SELECT reload_started FROM reload_tracking WHERE status <> 'running' ORDER BY id DESC LIMIT 1"


def reload_if_stale(work: Work, before: Callable[[str], None] = lambda run_id: None) -> Run | None:
    """An 'automatic' reload if the last one is older than the interval, from the future, or there is none.

    `before` is called with the run's id if there is going to be one.
    Raises what `reload` raises.
    """
    reason = _staleness(work)
    if reason is None:
        return None
    logger.info("automatic reload begins", extra=log.fields(reason=reason))
    before(work.run_id)
    return reload(work, Trigger("automatic", "system"))


def _staleness(work: Work) -> str | None:
    """Why an automatic reload is due; None if it is not."""
    rows = work.store.read(_LAST_RELOAD)
    if not rows:
        return "there was none yet"
    ((started_at,),) = rows
    age = work.clock.now() - datetime.fromisoformat(started_at)
    if age < timedelta(0):
        return f"the last one, of {started_at}, lies in the future"
    if age > timedelta(hours=work.settings.interval_hours):
        return f"the last one is of {started_at}"
    return None
