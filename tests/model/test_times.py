"""The ways to say when, in the local time zone."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from worksupport.errors import UsageError
from worksupport.model.times import moment, short_age

# A Wednesday; in Oslo it is 01:30 of the next day.
NOW = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Oslo, an hour before UTC in winter."""
    monkeypatch.setenv("TZ", "Europe/Oslo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5h", "2026-11-24T19:30:00.000Z"),
        ("1w", "2026-11-18T00:30:00.000Z"),
        ("today", "2026-11-24T23:00:00.000Z"),
        ("Yesterday", "2026-11-23T23:00:00.000Z"),
        ("wednesday", "2026-11-24T23:00:00.000Z"),
        ("thursday", "2026-11-18T23:00:00.000Z"),
        ("last-workday", "2026-11-23T23:00:00.000Z"),
        ("2026-07-01", "2026-06-30T22:00:00.000Z"),
        ("2026-11-01T10:00", "2026-11-01T09:00:00.000Z"),
        ("2026-11-01T10:00Z", "2026-11-01T10:00:00.000Z"),
        ("2026-11-01T10:00+05:30", "2026-11-01T04:30:00.000Z"),
    ],
)
def test_when(text: str, expected: str) -> None:
    assert moment("--changed-since", text, NOW) == expected


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(("day", "back"), [(23, 3), (24, 1), (22, 2), (21, 1)])
def test_the_last_workday_is_no_day_of_a_weekend(day: int, back: int) -> None:
    """Monday, Tuesday, Sunday, Saturday."""
    now = datetime(2026, 11, day, 12, tzinfo=UTC)
    assert moment("x", "last-workday", now) == f"2026-11-{day - back - 1}T23:00:00.000Z"


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-26", "that lies in the future"),
        ("2026-11-25T00:30:01Z", "that lies in the future"),
        ("2026-02-30", "there is no such time"),
        ("2026-13-01", "there is no such time"),
        ("2026-11-01T25:61", "there is no such time"),
        ("25:61", "there is no such time"),
        ("2026-03-29T02:30", "there is no such time"),  # the clocks leap from 2 to 3
    ],
)
def test_a_time_that_has_not_been_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"--changed-since is '{text}': {reason}".replace("+", ".")):
        moment("--changed-since", text, NOW)


def test_a_day_begins_where_the_clocks_leap_over_its_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Beirut")
    time.tzset()
    assert moment("x", "2026-03-29", NOW) == "2026-03-28T22:00:00.000Z"
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", ["", "2x", "someday", "99999999d"])
def test_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="it must be an age such as 2d"):
        moment("--changed-since", text, NOW)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("2026-11-25T00:18:00.000Z", "12m"),
        ("2026-11-24T21:00:00.000Z", "3h"),
        ("2026-10-15T00:30:00.000Z", "41d"),
        ("2027-01-01T00:00:00.000Z", ""),
        ("soon", ""),
        (None, ""),
    ],
)
def test_short_ages(stored: object, expected: str) -> None:
    assert short_age(stored, NOW) == expected


@pytest.mark.parametrize("text", ["2026-11-27", "2027-01-01T00:00Z", "2026-11-25T01:30:01+01:00"])
def test_the_future_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="lies in the future"):
        moment("--since", text, NOW)


def test_an_hour_that_the_clocks_leave_out_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Berlin 02:30 did not exist on that day; a day that begins at such an hour is a day all the same."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        with pytest.raises(UsageError, match="02:30"):
            moment("--since", "2026-03-29T02:30", NOW)
        assert moment("--since", "2026-03-29T03:30", NOW) == "2026-03-29T01:30:00.000Z"
    finally:
        monkeypatch.undo()
        time.tzset()
