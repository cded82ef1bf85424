"""Forecasts against the chances themselves, enumerated as fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worksupport.measures import forecast
from worksupport.measures.forecast import CHANCES, MOST_DAYS, days_needed

_LONGEST = 60


def enumerated(left: int, daily: list[int]) -> list[Fraction]:
    """The chance that nothing is left after each number of days: each day is one of those, all alike."""
    chances, finished, told = {left: Fraction(1)}, Fraction(0), []
    for _ in range(_LONGEST):
        told.append(finished)
        after: dict[int, Fraction] = {}
        for remaining, chance in chances.items():
            for count in daily:
                after[remaining - count] = after.get(remaining - count, Fraction(0)) + chance / len(daily)
        finished += sum((chance for remaining, chance in after.items() if remaining <= 0), Fraction(0))
        chances = {remaining: chance for remaining, chance in after.items() if remaining > 0}
    return told


@given(st.integers(1, 6), st.lists(st.integers(-1, 3), min_size=1, max_size=6))
def test_it_is_exact(left: int, daily: list[int]) -> None:
    needed = days_needed(left, daily)
    told = enumerated(left, daily)
    for chance in CHANCES:
        first = next((day for day, each in enumerate(told) if each >= Fraction(chance, 100)), None)
        if sum(daily) <= 0 and needed[chance] is None:
            continue  # it never comes, or by luck alone
        if first is not None:
            assert needed[chance] == first
        else:
            assert (needed[chance] or _LONGEST) >= _LONGEST


def test_examples() -> None:
    assert days_needed(0, [0]) == dict.fromkeys(CHANCES, 0)
    assert days_needed(10, [1]) == dict.fromkeys(CHANCES, 10)
    # Half of the days bring one: after two days three of four times, after three seven of eight.
    assert days_needed(1, [0, 1]) == {50: 1, 70: 2, 85: 3, 95: 5}


@pytest.mark.parametrize("daily", [[0, 0], [1, -1], [-2, 1], []])
def test_what_never_comes_has_no_day(daily: list[int]) -> None:
    assert days_needed(3, daily) == dict.fromkeys(CHANCES)


def test_beyond_five_years_nobody_knows() -> None:
    assert days_needed(MOST_DAYS, [0, 1]) == dict.fromkeys(CHANCES)
    needed = days_needed(900, [0, 1])
    assert needed[50] in range(1790, 1810)
    assert needed[95] is None or needed[95] <= MOST_DAYS


def test_days_of_any_kind_take_no_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in grains, the days are nearly the same."""
    daily = [2] * 40 + [5] * 30 + [0] * 13 + [-150]
    exact = days_needed(120, daily)
    monkeypatch.setattr(forecast, "_MOST_STEPS", 30_000)
    nearly = days_needed(120, daily)
    assert forecast._grain(120, daily) > 3
    for chance in CHANCES:
        assert abs((nearly[chance] or 0) - (exact[chance] or 0)) <= 0.1 * (exact[chance] or 0) + 2


def test_more_chance_takes_more_days_and_growth_too() -> None:
    daily = [0] * 70 + [1] * 10 + [2] * 4
    steady = [days_needed(30, daily)[chance] or 0 for chance in CHANCES]
    with_growth = [count - (number % 12 == 0) for number, count in enumerate(daily)]
    growing = [days_needed(30, with_growth)[chance] or 0 for chance in CHANCES]
    assert steady == sorted(steady)
    assert growing == sorted(growing)
    assert all(one < other for one, other in zip(steady, growing, strict=True))
