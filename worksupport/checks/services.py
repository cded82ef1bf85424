"""One real query to each service, asked as a harvest asks it, with fewer retries."""

from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from worksupport.checks.base import Check, refused
from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import InterruptedRunError, UnreachableError, WorksupportError
from worksupport.network.service import Service
from worksupport.sources.registry import REGISTRY, Registered

# Somebody waits for the answer: a run waits longer than this.
_TIMEOUT_SECONDS, _MAX_WAIT_SECONDS, _TRIES = 15.0, 10.0, 2
# A page of one second's age, and the whole seconds of a Date header, are no wrong clock.
_MOST_SKEW_SECONDS = 60.0
_SYNCHRONISE = (
    "synchronise this machine's clock: timedatectl set-ntp true (macOS: sudo sntp -sS time.apple.com)"
)


@dataclass(frozen=True)
class Asked:
    """How asking one service went, and how far our clock is ahead of its clock (None: it did not say)."""

    check: Check
    clock_ahead_seconds: float | None


def ask_services(settings: Settings, names: list[str], clock: Clock) -> dict[str, Asked]:
    """Ask each of these sources that is on who we are, and for a first page, as a harvest would."""
    return {
        registered.name: _ask(registered, settings, own, clock)
        for registered in REGISTRY
        if registered.name in names and (own := settings.source(registered.name)) is not None
    }


def check_clock(asked: dict[str, Asked]) -> Check:
    """Is this machine's clock that of the services (by name)?"""
    skews = {name: one.clock_ahead_seconds for name, one in asked.items()}
    known = {name: skew for name, skew in skews.items() if skew is not None}
    if not known:
        return Check("clock", True, "not compared: no service told its time")
    name, skew = max(known.items(), key=lambda item: abs(item[1]))
    if abs(skew) <= _MOST_SKEW_SECONDS:
        return Check("clock", True, f"within {_MOST_SKEW_SECONDS:.0f} s of {' and '.join(known)}")
    side = "ahead of" if skew > 0 else "behind"
    return Check("clock", False, f"{abs(skew):.0f} s {side} that of {name}", _SYNCHRONISE)


def _ask(registered: Registered, settings: Settings, own: Any, clock: Clock) -> Asked:
    client = registered.connect(
        own,
        clock=clock,
        timeout_seconds=min(settings.timeout_seconds, _TIMEOUT_SECONDS),
        max_wait_seconds=min(settings.max_wait_seconds, _MAX_WAIT_SECONDS),
    )
    with closing(client):
        client.service.tries = _TRIES
        check = _probed(registered, settings, own, client)
        return Asked(check, client.service.clock_ahead_seconds)


def _probed(registered: Registered, settings: Settings, own: Any, client: Any) -> Check:
    name = registered.name
    try:
        found = registered.probe(client, settings, own)
    except InterruptedRunError:
        raise
    except UnreachableError as error:
        # The error's own advice is to run this check.
        fix = f"can this machine reach it? curl -sSI {client.service.base_url}"
        return replace(refused(name, error), fix=fix)
    except WorksupportError as error:
        return refused(name, error)
    return Check(name, True, "\n".join([*found.facts, *_quotas(client.service)]), found.fix)


def _quotas(service: Service) -> list[str]:
    parts = [f"{left} of {limit} {bucket} requests left" for bucket, (left, limit) in service.quotas.items()]
    return ["; ".join(" ".join(part.split()) for part in parts)] if parts else []
