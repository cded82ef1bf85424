"""Percentiles by nearest rank: always a value that there was; none from too few."""

from collections.abc import Sequence

LEAST = 10  # of fewer values a percentile says nothing


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest of the values that at least `percent` of 100 of them do not exceed; None of too few."""
    if len(values) < LEAST:
        return None
    rank = -(-percent * len(values) // 100)
    return sorted(values)[max(rank, 1) - 1]
