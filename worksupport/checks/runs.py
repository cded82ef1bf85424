"""How the runs went: what `queries/health.py` found in their records, judged."""

from datetime import datetime
from typing import Any

from worksupport.checks.base import Check
from worksupport.model.times import age_text, stored_moment
from worksupport.queries.health import SHARE_DAYS

# One failure in ten is the services' weather; more is worth a look.
_WORTH_A_LOOK = 0.9
_HARVEST = "worksupport harvest"


def check_orphans(condition: dict[str, Any]) -> Check:
    """Is any run recorded as running that no longer runs?"""
    orphaned = [f"{run['run']} {run['id']} of {run['started_at']}" for run in condition["orphaned"]]
    if not orphaned:
        return Check("runs", True, "none was cut off")
    return Check("runs", False, f"cut off and not yet repaired: {', '.join(orphaned)}", "worksupport recover")


def check_age(condition: dict[str, Any], source: str, oldest: str, now: datetime) -> Check:
    """Is what one source brought from after `oldest` (UTC text), and not from the future?"""
    name, end = f"{source} data", condition["sources"][source]
    if end is None:
        return Check(name, False, f"{source} was never harvested", _HARVEST)
    return _check_end(name, "harvested ", end, oldest, now, f"is cron running it? {_HARVEST}")


def check_full(condition: dict[str, Any], oldest: str, now: datetime) -> Check:
    """Was everything asked for after `oldest` (UTC text)? Quick runs do not see what was deleted."""
    end = condition["full_harvested_at"]
    if end is None:
        return Check("full run", False, "there was none", _HARVEST)
    return _check_end("full run", "", end, oldest, now, _HARVEST)


def _check_end(name: str, what: str, end: str, oldest: str, now: datetime, fix: str) -> Check:
    """Whether what ended at `end` (UTC text) did so after `oldest`, and not in the future."""
    detail = f"{what}{age_text(end, now)}, at {end}"
    if (moment := stored_moment(end)) is None or moment > now:
        return Check(name, False, detail, f"set this machine's clock, then: {_HARVEST}")
    if end < oldest:
        return Check(name, False, f"{detail}; too old", fix)
    return Check(name, True, detail)


def check_newest_run(condition: dict[str, Any], now: datetime) -> Check:
    """Did the newest run complete?"""
    run = condition["newest"]
    if run is None:
        return Check("newest run", True, "there was none yet", "worksupport harvest")
    detail = f"{run['run']} {run['id']} {run['status']} {age_text(run['completed_at'], now)}"
    if run["status"] == "completed":
        return Check("newest run", True, detail)
    return Check(
        "newest run", False, f"{detail}: {run['error_message']}", run["hint"] or f"worksupport {run['run']}"
    )


def check_left_out(condition: dict[str, Any]) -> Check:
    """What the newest run could not ask for or store, and its other warnings; runs go on without it."""
    warnings = (condition["newest"] or {}).get("warnings", [])
    if not warnings:
        return Check("left out", True, "nothing")
    fix = "correct the configuration or ask for the rights; what is left out stays as it was stored"
    return Check("left out", True, "\n".join(warnings), fix)


def check_share(condition: dict[str, Any]) -> Check:
    """How many of the last 30 days' harvests completed."""
    ended, completed = condition["harvests"]
    if not ended:
        return Check("harvests", True, f"none in {SHARE_DAYS} days")
    share = completed / ended
    detail = f"{completed} of {ended} completed in {SHARE_DAYS} days ({share:.0%})"
    fix = "" if share >= _WORTH_A_LOOK else "worksupport history --harvests --status failed"
    return Check("harvests", True, detail, fix)


def check_reloads(condition: dict[str, Any], now: datetime) -> Check:
    """The last reload, and when `recover` or a start of `serve` makes the next."""
    last = condition["last_reload"]
    if last is None:
        return Check("reloads", True, "none yet; the next recover or start of serve makes one")
    started = f"last {last['status']}, {age_text(last['reload_started'], now)}"
    return Check("reloads", True, f"{started}; next by recover or serve from {condition['next_reload']}")
