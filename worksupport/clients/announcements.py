"""What services announce about their limits in an answer's headers; pure.

Vendor facts: vendor-apis sections 5 and 7. Jira sends X-RateLimit-Reset as ISO 8601 with a 429 and as epoch
seconds on other answers, GitHub always as epoch seconds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Dates and epochs in headers are cut to whole seconds.
_ROUNDING_SECONDS = 1.0
_LONGEST_PLAUSIBLE_SECONDS = 366 * 86_400.0


def announced_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a service that limits us wants to be left alone; None if it does not say, or says nonsense.

    `now`: our time of day, which counts only where the answer has no Date of its own.
    """
    return retry_after_seconds(headers, now) or reset_seconds(headers, now)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After says, in both its forms: seconds, or an HTTP date."""
    now = http_date(headers.get("Date")) or now
    for prefix in ("", "Beta-", "X-Beta-"):
        text = headers.get(f"{prefix}Retry-After")
        number, date = whole_number(text), http_date(text)
        if number is not None:
            return _plausible(float(number))
        if date is not None:
            return _plausible((date - now).total_seconds() + _ROUNDING_SECONDS)
    return None


def reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until X-RateLimit-Reset, whichever form it has; None without a readable one in the future."""
    now = http_date(headers.get("Date")) or now
    for name in ("X-RateLimit-Reset", "X-Beta-RateLimit-Reset", "Beta-RateLimit-Reset"):
        reset = _moment(headers.get(name, ""))
        if reset is not None:
            return _plausible((reset - now).total_seconds() + _ROUNDING_SECONDS)
    return None


def is_near_limit(headers: Mapping[str, str]) -> bool:
    """Whether Jira says that the next requests may be too many."""
    near = headers.get("X-RateLimit-NearLimit", "").strip().lower() == "true"
    return near or whole_number(headers.get("X-RateLimit-Remaining")) == 0


def whole_number(text: str | None) -> int | None:
    """A header's count; None if it is missing or none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _plausible(seconds: float) -> float | None:
    return seconds if 0 < seconds <= _LONGEST_PLAUSIBLE_SECONDS else None


def http_date(text: str | None) -> datetime | None:
    """A moment as the Date header has it; None if it is missing or none."""
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    """ISO 8601 or epoch seconds."""
    epoch = whole_number(text)
    try:
        if epoch is not None:
            return datetime.fromtimestamp(epoch, UTC)
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
