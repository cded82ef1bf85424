"""Times and durations as people say them."""

from datetime import datetime

_STEPS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def age_text(moment: str | None, now: datetime) -> str:
    """`moment` (UTC text as stored, or None) seen from `now`: "2 hours ago", "just now", "never"."""
    if moment is None:
        return "never"
    seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    if seconds < 1:
        return "just now"
    unit, size = next((unit, size) for unit, size in _STEPS if seconds >= size)
    count = int(seconds // size)
    return f"{count} {unit}{'s' if count > 1 else ''} ago"


def duration_text(seconds: float | None) -> str:
    """A duration in its two largest units: "3 min 5 s", "2 h", "0 s"; nothing for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    given = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(given[:2]) or "0 s"


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds from one stored time to another; None if one is missing."""
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
