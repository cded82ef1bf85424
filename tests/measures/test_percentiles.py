"""Nearest rank: a value that there was, and that enough of the others do not exceed."""

from hypothesis import given
from hypothesis import strategies as st

from worksupport.measures.percentiles import LEAST, percentile


def test_examples() -> None:
    values = [*range(10, 110, 10)]
    assert [percentile(values, each) for each in (50, 85, 95, 100)] == [50, 90, 100, 100]
    assert percentile(values[:9], 50) is None
    assert percentile([], 85) is None


@given(st.lists(st.integers(0, 50), min_size=LEAST), st.integers(1, 100))
def test_it_is_the_smallest_that_enough_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    fitting = [each for each in values if sum(v <= each for v in values) * 100 >= percent * len(values)]
    assert found == min(fitting)
