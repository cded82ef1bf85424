"""When work started and was finished, against a moment-by-moment account of the same life."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worksupport.measures.intervals import (
    DOING,
    DONE,
    TODO,
    Span,
    Step,
    days_between,
    days_of,
    monday,
    span,
)

CATEGORIES = st.sampled_from([TODO, DOING, DONE, None])
T = [f"2026-11-{day:02}T12:00:00.000Z" for day in range(1, 29)]


@pytest.mark.parametrize(
    ("first", "since", "steps", "expected"),
    [
        (TODO, T[0], [(T[1], DOING), (T[3], DONE)], Span(T[1], T[3])),
        (TODO, T[0], [(T[1], DOING)], Span(T[1], None)),
        (TODO, T[0], [], Span(None, None)),
        # Reopened: from the first start to the last finish; while it is open again, not finished.
        (TODO, T[0], [(T[1], DOING), (T[2], DONE), (T[3], DOING), (T[5], DONE)], Span(T[1], T[5])),
        (TODO, T[0], [(T[1], DOING), (T[2], DONE), (T[3], TODO)], Span(T[1], None)),
        # From one done status to another it is finished only once.
        (TODO, T[0], [(T[1], DOING), (T[2], DONE), (T[4], DONE)], Span(T[1], T[2])),
        (TODO, T[0], [(T[2], DONE)], Span(None, T[2])),
        # Born so.
        (DOING, T[0], [(T[2], DONE)], Span(T[0], T[2])),
        (DONE, T[0], [], Span(None, T[0])),
        # So before the record: nobody knows since when.
        (DOING, None, [(T[2], DONE)], Span(None, T[2])),
        (DONE, None, [], Span(None, None)),
        (DONE, None, [(T[2], DOING), (T[3], DONE)], Span(None, T[3])),
        (TODO, None, [(T[2], DOING)], Span(T[2], None)),
    ],
)
def test_examples(first: str, since: str | None, steps: list[Step], expected: Span) -> None:
    assert span(first, since, steps) == expected


@given(CATEGORIES, st.lists(CATEGORIES, max_size=20))
def test_any_life(first: str | None, entered: list[str | None]) -> None:
    """Told moment by moment: in progress for the first time, and since when it has been done for good."""
    account = [first, *entered]
    moments = T[: len(account)]
    started = next((at for at, category in zip(moments, account, strict=True) if category == DOING), None)
    last_open = max((n for n, category in enumerate(account) if category != DONE), default=-1)
    finished = moments[last_open + 1] if account[-1] == DONE else None
    assert span(first, T[0], zip(moments[1:], entered, strict=True)) == Span(started, finished)


def test_days_are_counted_inclusively(monkeypatch: pytest.MonkeyPatch) -> None:
    assert days_of(Span(T[3], T[3])) == 1
    assert days_of(Span(T[3], T[5])) == 3
    assert days_of(Span(None, T[5])) is None
    assert days_of(Span(T[3], None)) is None
    assert days_of(Span(T[5], T[3])) is None
    assert days_between(date(2026, 2, 28), date(2026, 3, 1)) == 2


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_weeks_begin_on_monday(day: date) -> None:
    assert monday(day).weekday() == 0
    assert timedelta(0) <= day - monday(day) < timedelta(7)
