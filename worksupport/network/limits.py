"""How long we leave a service alone: what it announces in headers, and one limiter for all its threads.

What they announce: sources/jira/README.md, "Limits", and sources/github/README.md, "Limits".
"""

import logging
import random
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from worksupport.clock import Clock, utc_text
from worksupport.errors import UnreachableError
from worksupport.log import fields
from worksupport.network.retries import RetryBudget

logger = logging.getLogger(__name__)

# Threads that waited together shall not all come back in one moment.
_JITTER_SHARE, _JITTER_SECONDS = 0.1, 1.0
# Dates and epochs in headers are cut to whole seconds.
_ROUNDING_SECONDS = 1.0
_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_LONGEST_PLAUSIBLE_SECONDS = 366 * 86_400.0


def announced_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a service that limits us wants to be left alone; None if it does not say, or says nonsense.

    `now`: our time of day, which counts only where the response has no Date of its own.
    """
    return retry_after_seconds(headers, now) or reset_seconds(headers, now)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After says, in both its forms: seconds (gateways send fractions too), or an HTTP date."""
    now = http_date(headers.get("Date")) or now
    for prefix in ("", "Beta-", "X-Beta-"):
        text = headers.get(f"{prefix}Retry-After")
        date = http_date(text)
        if _SECONDS.fullmatch((text or "").strip()):
            return _plausible(float(text or ""))
        if date is not None:
            return _plausible((date - now).total_seconds() + _ROUNDING_SECONDS)
    return None


def reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until X-RateLimit-Reset, whichever form it has; None without a readable one in the future.

    Jira sends ISO 8601 with a 429 and epoch seconds otherwise, GitHub always epoch seconds
    (sources/jira/README.md, "Limits").
    """
    now = http_date(headers.get("Date")) or now
    for name in ("X-RateLimit-Reset", "X-Beta-RateLimit-Reset", "Beta-RateLimit-Reset"):
        reset = _iso_or_epoch(headers.get(name, ""))
        if reset is not None:
            return _plausible((reset - now).total_seconds() + _ROUNDING_SECONDS)
    return None


def whole_number(text: str | None) -> int | None:
    """A header's count; None if it is missing or not a count."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def http_date(text: str | None) -> datetime | None:
    """A moment as the Date header has it; None if it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _plausible(seconds: float) -> float | None:
    return seconds if 0 < seconds <= _LONGEST_PLAUSIBLE_SECONDS else None


def _iso_or_epoch(text: str) -> datetime | None:
    epoch = whole_number(text)
    try:
        if epoch is not None:
            return datetime.fromtimestamp(epoch, UTC)
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Limiter:
    """Holds every thread of one service while the service is to be left alone."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._reason = ""
        self._level = logging.WARNING
        self._shown_until = 0.0
        self._shown_reason = ""

    @property
    def waiting(self) -> tuple[str, float] | None:
        """Why we wait and for how many more seconds, for a progress display; None if we do not."""
        with self._lock:
            left = self._shown_until - self._clock.monotonic()
            return (self._shown_reason, left) if left > 0 else None

    def pause(self, seconds: float, reason: str, level: int = logging.WARNING) -> None:
        """Let no thread send for this many seconds; a shorter pause never ends a longer one."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            if until >= self._until:
                self._until, self._reason, self._level = until, reason, level

    def announce(self, seconds: float, reason: str, level: int = logging.WARNING) -> None:
        """Show and log a wait, once for all threads that share it."""
        until = self._clock.monotonic() + seconds
        with self._lock:
            is_new = until > self._shown_until + 1.0 or reason != self._shown_reason
            if until > self._shown_until:
                self._shown_until, self._shown_reason = until, reason
        if is_new:
            end = utc_text(self._clock.now() + timedelta(seconds=seconds))
            logger.log(
                level,
                f"{self._service}: waiting, {reason}",
                extra=fields(service=self._service, seconds=round(seconds, 1), until=end),
            )

    def hold(self, budget: RetryBudget) -> None:
        """Wait until sending is allowed. Raises UnreachableError where that exceeds the budget."""
        while (left := self._left()) > 0:
            if not budget.spend(left):
                raise self._too_long(left)
            self.announce(left, self._reason, self._level)
            self._clock.sleep(left + random.uniform(0, min(_JITTER_SHARE * left, _JITTER_SECONDS)))

    def _left(self) -> float:
        with self._lock:
            return self._until - self._clock.monotonic()

    def _too_long(self, left: float) -> UnreachableError:
        return UnreachableError(
            f"{self._service} limits us for another {left:.0f} s ({self._reason}), past our patience",
            "run it again later, or raise http.max_wait_seconds",
        )
