"""Times as people give them (`2d`, `yesterday`, `2026-11-01`), in local time, and as they are told."""

import re
from datetime import UTC, datetime, time, timedelta

from worksupport.clock import utc_text
from worksupport.errors import UsageError

_AGE = re.compile(r"(\d{1,6})([mhdw])")
_STEPS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_DAYS = {"today": 0, "yesterday": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = (*_DAYS, "last-workday", *_WEEKDAYS)
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080}


def moment(option: str, text: str, now: datetime) -> str:
    """The moment that `text` names, seen from `now`, as stored: UTC `YYYY-MM-DDTHH:MM:SS.mmmZ`.

    An age (`30m`, `5h`, `2d`, `1w`), a day (`today`, `yesterday`, a weekday: the last one, `last-workday`, a
    date; its start in the local time zone) or an ISO 8601 time, local where it names no zone. Raises
    UsageError naming `option` for anything else, a time in the future among it, and one that a change of the
    clocks leaves out.
    """
    try:
        meant = _meant(text.strip(), now)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} is {text!r}; it must be an age such as 2d or 5h, a day such as yesterday or monday, or"
            " a date such as 2026-11-01"
        ) from None
    if meant > now:
        raise UsageError(f"{option} is {text!r}, which lies in the future", "worksupport help times")
    return utc_text(meant)


def _meant(text: str, now: datetime) -> datetime:
    """Raises ValueError or OverflowError for what is no time."""
    wanted = text.casefold()
    if age := _AGE.fullmatch(wanted):
        return now - timedelta(minutes=int(age[1]) * _MINUTES[age[2]])
    if (days := _days_back(wanted, now.astimezone().weekday())) is not None:
        day = now.astimezone().date() - timedelta(days=days)
        return datetime.combine(day, time()).astimezone()
    given = datetime.fromisoformat(text)
    if given.tzinfo:
        return given
    local = given.astimezone()
    # The hour that is left out when summer time begins; a day may begin in it.
    if given.time() and local.astimezone(UTC).astimezone().replace(tzinfo=None) != given:
        raise ValueError(text)
    return local


def _days_back(word: str, weekday: int) -> int | None:
    """How many days before a day (Monday: 0) the named one lies; None for no name of a day."""
    if word in _DAYS:
        return _DAYS[word]
    if word == "last-workday":
        return {0: 3, 6: 2}.get(weekday, 1)
    return (weekday - _WEEKDAYS.index(word)) % 7 if word in _WEEKDAYS else None


def stored_moment(text: object) -> datetime | None:
    """A time as stored; None for what is none, as a damaged file can hold."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def instant_text(stored: str, now: datetime) -> str:
    """A moment (UTC text) in local time, as people are told what was meant: `Wed 25 Nov 00:00`."""
    local = datetime.fromisoformat(stored).astimezone()
    year = "" if local.year == now.astimezone().year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def age_text(moment: str | None, now: datetime) -> str:
    """`moment` (UTC text as stored, or None) seen from `now`: "2 hours ago", "just now", "never".

    What lies ahead of `now` is "in the future": a clock is wrong, or was.
    """
    if moment is None:
        return "never"
    if (stored := stored_moment(moment)) is None:
        return "at an unreadable time"
    seconds = (now - stored).total_seconds()
    if seconds < 1:
        return "just now" if seconds > -1 else "in the future"
    unit, size = next((unit, size) for unit, size in _STEPS if seconds >= size)
    count = int(seconds // size)
    return f"{count} {unit}{'s' if count > 1 else ''} ago"


def short_age(moment: object, now: datetime) -> str:
    """How long ago, in one short word: "12m", "3h", "41d"; "" for what is no time, or lies ahead."""
    stored = stored_moment(moment)
    if stored is None or stored > now:
        return ""
    minutes = int((now - stored).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 1440 else f"{minutes // 1440}d"


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
    began, ended = stored_moment(start), stored_moment(end)
    return (ended - began).total_seconds() if began and ended else None
