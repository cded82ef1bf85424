"""When work on an issue started and was finished, by the categories that it went through, and how long."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

TODO, DOING, DONE = "new", "indeterminate", "done"  # as Jira calls the categories of its statuses


# One change of an issue's status: when (UTC text), and the category of the new one; None: unknown.
Step = tuple[str, str | None]


class Span(NamedTuple):
    """When work started and was finished (UTC text); None for what did not happen, or is not known."""

    started: str | None
    finished: str | None


def span(first: str | None, since: str | None, steps: Iterable[Step]) -> Span:
    """From the first entry into progress to the last entry into done that still holds.

    `first`: the category that the issue had before the steps, which stand in order; `since` when it came into
    it (UTC text), None if that was before the record: then it may have been started there, and nobody knows.
    """
    category, finished = first, since if first == DONE else None
    started = since if first == DOING else None
    may_have_started = since is None and first in (DOING, DONE)
    for at, entered in steps:
        if entered == category:
            continue
        category = entered
        if category == DOING and started is None:
            started = at
        finished = at if category == DONE else None
    return Span(None if may_have_started else started, finished)


def local_day(moment: str) -> date:
    """The day of a moment (UTC text) in the local time zone."""
    return datetime.fromisoformat(moment).astimezone().date()


def days_between(first: date, last: date) -> int:
    """Calendar days from the first to the last, both counted: the same day is 1."""
    return (last - first).days + 1


def days_of(work: Span) -> int | None:
    """Days from start to finish, both counted; None unless both are known, in this order."""
    if work.started is None or work.finished is None or work.finished < work.started:
        return None
    return days_between(local_day(work.started), local_day(work.finished))


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())
