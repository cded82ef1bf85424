"""What a run tells when it has ended: its warnings, and one line that sums it up."""

import logging

from worksupport import log
from worksupport.harvest.run import Run
from worksupport.store.database import Store

logger = logging.getLogger(__name__)


# What becomes of the issues that a run no longer finds.
UNSEEN_WORDS = {"harvest": "missing", "reload": "removed"}


def previous_warnings(store: Store) -> set[str]:
    """The warnings of the newest ended run, harvest or reload."""
    return {text for (text,) in store.read(_PREVIOUS_WARNINGS)}


_PREVIOUS_WARNINGS = """
SELECT each.value FROM (
    SELECT warnings FROM (
        SELECT warnings, data_version, completed_at FROM harvest_jobs WHERE status <> 'running'
        UNION ALL
        SELECT warnings, data_version, completed_at FROM reload_tracking WHERE status <> 'running'
    ) ORDER BY data_version DESC, completed_at DESC LIMIT 1
), json_each(warnings) AS each
"""


def report(run: Run, command: str, before: set[str], seconds: float) -> None:
    """Log the warnings, those the previous run had too as info only, and the run's one summary line."""
    left_out = {str(item) for outcome in run.asked for item in outcome.left_out}
    for warning in run.warnings:
        level = log.NEWLY_LEFT_OUT if warning in left_out else logging.WARNING
        logger.log(logging.INFO if warning in before else level, warning)
    level = logging.ERROR if run.error_message else log.SUMMARY
    logger.log(level, _summary(run, command, seconds), extra=log.fields(**_counts(run, command, seconds)))


def _summary(run: Run, command: str, seconds: float) -> str:
    """What happened, in one line for people."""
    ending = "failed" if run.error_message else "completed"
    unseen = UNSEEN_WORDS[command]
    sources = [
        f"{o.name} {o.status}, {o.issues} issues ({o.new} new, {o.changed} changed, {o.removed} {unseen})"
        for o in run.asked
    ]
    requests, retries = sum(o.requests for o in run.asked), sum(o.retries for o in run.asked)
    effort = f"{requests} requests, {retries} retries, {seconds:.1f} s"
    return f"{command} {ending}: {'; '.join([*sources, effort])}"


def _counts(run: Run, command: str, seconds: float) -> dict[str, object]:
    """The same for machines, as keys of the JSON log."""
    names = ("status", "issues", "new", "changed", "requests", "retries")
    counts = {
        o.name: {name: getattr(o, name) for name in names} | {UNSEEN_WORDS[command]: o.removed}
        for o in run.asked
    }
    return {"only_json": {"seconds": round(seconds, 1), "sources": counts}}
