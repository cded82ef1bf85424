"""Times as people give them (`2d`, `yesterday`, `2026-11-01`), in local time, and as they are told."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta

from worksupport.clock import utc_text
from worksupport.errors import UsageError

_AGE = re.compile(r"(\d{1,6})([mhdw])")
_STEPS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_DAYS = {"today": 0, "yesterday": 1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_WORKDAY = "last-workday"
DAYS = (*_DAYS, LAST_WORKDAY, *WEEKDAYS)
DEFAULT_WEEKEND = ("saturday", "sunday")
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080}
_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?|\d\d:\d\d", re.IGNORECASE)

# The weekdays that are off, asked for only where they matter.
Weekend = Callable[[], Collection[str]]


def moment(option: str, text: str, now: datetime, weekend: Weekend = lambda: DEFAULT_WEEKEND) -> str:
    """The moment that `text` names, seen from `now`, as stored: UTC `YYYY-MM-DDTHH:MM:SS.mmmZ`.

    An age (`30m`, `5h`, `2d`, `1w`), a day (`today`, `yesterday`, a weekday: the last one, `last-workday`, a
    date; its start in the local time zone) or an ISO 8601 time, local where it names no zone. Raises
    UsageError naming `option` for anything else, for what lies in the future and for what never was.
    """
    try:
        meant = _meant(text.strip().casefold(), now, weekend)
    except (ValueError, OverflowError):
        if _LIKE_A_TIME.fullmatch(text.strip()):
            raise UsageError(f"{option} is {text!r}: there is no such time") from None
        raise UsageError(
            f"{option} is {text!r}; it must be an age such as 2d or 5h, a day such as yesterday or monday, or"
            " a date such as 2026-11-01"
        ) from None
    if meant > now:
        raise UsageError(f"{option} is {text!r}: that lies in the future")
    return utc_text(meant)


def until_moment(option: str, text: str, now: datetime, weekend: Weekend = lambda: DEFAULT_WEEKEND) -> str:
    """The moment before which `text` means: a day is included whole. Raises what `moment` raises."""
    begin = moment(option, text, now, weekend)
    wanted = text.strip().casefold()
    if _AGE.fullmatch(wanted) or ":" in wanted:
        return begin
    local = datetime.fromisoformat(begin).astimezone()
    return utc_text(_start_of(local.date() + timedelta(days=1)))


def _meant(wanted: str, now: datetime, weekend: Weekend) -> datetime:
    """Raises ValueError or OverflowError for no time, also for one that the clocks here leaped over."""
    if age := _AGE.fullmatch(wanted):
        return now - timedelta(minutes=int(age[1]) * _MINUTES[age[2]])
    if (days := _days_back(wanted, now.astimezone().weekday(), weekend)) is not None:
        return _start_of(now.astimezone().date() - timedelta(days=days))
    if "t" not in wanted and ":" not in wanted:
        return _start_of(date.fromisoformat(wanted.upper()))
    given = datetime.fromisoformat(wanted.upper())
    there = _moment_of(given)
    if not given.tzinfo and there.astimezone().replace(tzinfo=None) != given:
        raise ValueError
    return there


def day_begins(day: date) -> str:
    """The first moment of a local day, UTC text."""
    return utc_text(_start_of(day))


def _start_of(day: date) -> datetime:
    """Its first moment: where the clocks leap over midnight that is the leap."""
    return _moment_of(datetime.combine(day, time()))


def _moment_of(given: datetime) -> datetime:
    """In a leap of the clocks `astimezone` would count from the wrong side of it."""
    return datetime.fromtimestamp(given.timestamp(), UTC)


def _days_back(word: str, weekday: int, weekend: Weekend) -> int | None:
    """How many days before a day (Monday: 0) the named one lies; None for no name of a day."""
    if word in _DAYS:
        return _DAYS[word]
    if word == LAST_WORKDAY:
        off = weekend()
        return next((back for back in range(1, 8) if WEEKDAYS[(weekday - back) % 7] not in off), 1)
    return (weekday - WEEKDAYS.index(word)) % 7 if word in WEEKDAYS else None


def local_text(moment: str, now: datetime) -> str:
    """A stored time as people read it: `Wed 25 Nov 22:17` in local time, the year where it is another."""
    if (stored := stored_moment(moment)) is None:
        return moment
    local = stored.astimezone()
    year = f" {local.year}" if local.year != now.astimezone().year else ""
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def stored_moment(text: object) -> datetime | None:
    """A time as stored; None for what is none, as a damaged file can hold."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


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
