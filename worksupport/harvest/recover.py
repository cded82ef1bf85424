"""After an interrupted run: what it left was repaired at the opening; is a reload due?"""

import logging
from datetime import timedelta

from worksupport import log
from worksupport.harvest.reload import Trigger, reload
from worksupport.harvest.run import Run
from worksupport.harvest.session import Session
from worksupport.model.times import stored_moment
from worksupport.store.words import repair_words

logger = logging.getLogger(__name__)

_LAST_RELOAD = "SELECT reload_started FROM reload_tracking WHERE status <> 'running' ORDER BY id DESC LIMIT 1"


def reload_if_stale(session: Session) -> Run | None:
    """An 'automatic' reload if the last one is older than the interval, from the future, or there is none.

    Raises what `reload` raises.
    """
    reason = _staleness(session)
    if reason is None:
        return None
    logger.info("automatic reload begins", extra=log.fields(reason=reason))
    return reload(session, Trigger("automatic", "system"))


def repair(session: Session) -> bool:
    """Make the index of words anew if it does not fit the issues; whether it did not."""
    with session.store.transaction() as connection:
        is_repaired = repair_words(connection)
    if is_repaired:
        logger.warning("the index of words did not fit the issues; it was made anew")
    return is_repaired


def _staleness(session: Session) -> str | None:
    """Why an automatic reload is due; None if it is not."""
    rows = session.store.read(_LAST_RELOAD)
    if not rows:
        return "there was none yet"
    ((started_at,),) = rows
    if (began := stored_moment(started_at)) is None:
        return f"the last one began at {started_at!r}, which is no time"
    age = session.clock.now() - began
    if age < timedelta(0):
        return f"the last one began at {started_at}, which lies in the future"
    if age > timedelta(hours=session.settings.interval_hours):
        return f"the last one began at {started_at}"
    return None
