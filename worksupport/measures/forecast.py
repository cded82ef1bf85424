"""In how many days what is left will be finished, by how many were finished on each day so far.

Any of those days is as likely as any other to be the next one. The chance of each count that can be left is
carried from day to day (a convolution), so the answer is exact: nothing is drawn by lot.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil, sqrt

CHANCES = (50, 70, 85, 95)  # percent
LEAST_DAYS = 5  # with something finished: of fewer there is no saying
MOST_DAYS = 1826  # five years
# A chance below this is left out: all of them together move no date.
_NEGLIGIBLE = 1e-11
# Of additions, a second or so.
_MOST_STEPS = 15_000_000


def days_needed(left: int, daily: Sequence[int]) -> dict[int, int | None]:
    """By chance (percent) the number of days after which nothing is left with at least that chance.

    `left`: how many there are; `daily`: by how many each day so far made that less, also negative where more
    came than went. None where that takes more than five years, or where on the whole more came than went.
    """
    needed: dict[int, int | None] = dict.fromkeys(CHANCES)
    waiting = list(CHANCES)
    for day, chance in enumerate(_finished(left, daily)):
        while waiting and chance * 100 >= waiting[0] - 1e-9:
            needed[waiting.pop(0)] = day
        if not waiting:
            break
    return needed


def _finished(left: int, daily: Sequence[int]) -> Iterator[float]:
    """The chance that nothing is left after 0, 1, 2, ... days; ends where it would never come."""
    yield float(left <= 0)
    gain = sum(daily)
    if left <= 0 or gain <= 0 or left * len(daily) > gain * MOST_DAYS:
        return
    if min(daily) >= 0:
        daily = [min(count, left) for count in daily]  # more than all there is ends it no sooner
    weights = {count: times / len(daily) for count, times in Counter(daily).items()}
    grain = _grain(left, daily)
    if grain > 1:
        weights = _rounded(weights, grain)
    # chances[n]: that `lowest + n` grains are left.
    start = _rounded({left: 1.0}, grain)
    lowest, most, least = min(start), max(weights), min(weights)
    chances, finished = [start.get(n, 0.0) for n in range(lowest, max(start) + 1)], 0.0
    for _ in range(MOST_DAYS):
        size = len(chances) + most - least
        parts = []
        for count, weight in weights.items():
            before = most - count
            scaled = [weight * chance for chance in chances]
            parts.append([0.0] * before + scaled + [0.0] * (size - before - len(chances)))
        chances, lowest = list(map(sum, zip(*parts, strict=True))), lowest - most
        if lowest < 1:
            finished += sum(chances[: 1 - lowest])
            chances, lowest = chances[1 - lowest :], 1
        yield finished
        chances, lowest = _trimmed(chances, lowest)


def _grain(left: int, daily: Sequence[int]) -> int:
    """1; where the days are so unlike that to carry each count would take minutes, more at once."""
    mean = sum(daily) / len(daily)
    deviation = sqrt(sum((count - mean) ** 2 for count in daily) / len(daily))
    days = min(MOST_DAYS, 3 * left / mean + 10 * (deviation / mean) ** 2)
    counts = left + 6 * deviation * sqrt(days) + max(daily) - min(daily)
    steps = counts * len(set(daily)) * days
    # In grains, most counts are shared between two.
    return 1 if steps <= _MOST_STEPS else ceil(sqrt(2 * steps / _MOST_STEPS))


def _rounded(chances: dict[int, float], grain: int) -> dict[int, float]:
    """The same in grains: each count is shared between the two next to it, so that the mean stays."""
    shared: dict[int, float] = {}
    for count, chance in chances.items():
        below, rest = divmod(count, grain)
        for each, part in ((below, 1 - rest / grain), (below + 1, rest / grain)):
            if part:
                shared[each] = shared.get(each, 0.0) + chance * part
    return shared


def _trimmed(chances: list[float], lowest: int) -> tuple[list[float], int]:
    """Without what is negligible at either end; never empty."""
    first, last = 0, len(chances)
    while last > 1 and chances[last - 1] < _NEGLIGIBLE:
        last -= 1
    while first < last - 1 and chances[first] < _NEGLIGIBLE:
        first += 1
    return chances[first:last] or [0.0], lowest + first
