"""Past forecasts against what came of them: how many of the 50 and 85 % dates held.

`python -m tests.benchmarks.backtest [--releases N]`: for the demo's releases and for made-up histories, every
week of each sub-tree, as long as enough was known, is asked as it stood then.
"""

import argparse
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tests.benchmarks.measure import print_table
from worksupport import cli
from worksupport.clock import utc_text
from worksupport.measures.forecast import days_needed
from worksupport.measures.intervals import Span, local_day
from worksupport.model.filters import Filters
from worksupport.queries.forecast import PERIOD_DAYS, pace
from worksupport.queries.reader import answer
from worksupport.queries.units import Life, Unit, finished_since, units
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import running

_CHANCES = (50, 85)
_FIRST = date(2024, 1, 1)


@dataclass(frozen=True)
class Item:
    """One unit of work: the days on which it came and was finished; None: it is open at the end."""

    came: date
    finished: date | None


# A sub-tree, and the last day of which all is known.
History = tuple[list[Item], date]


def held(items: Sequence[Item], last: date) -> Iterator[tuple[int, bool]]:
    """Of each forecast that could be made: its chance, and whether what was open then was done by its day."""
    first = min(item.came for item in items)
    for weeks in range(1, (last - first).days // 7):
        today = first + timedelta(weeks=weeks)
        there = [item for item in items if item.came <= today]
        still_open = [item for item in there if item.finished is None or item.finished > today]
        daily = pace(*_as_known(there, today), utc_text(_noon(first)), today)
        if not still_open or daily.reason:
            continue
        needed = days_needed(len(still_open), daily.finished)
        done = [item.finished for item in still_open]
        for chance in _CHANCES:
            days = needed[chance]
            day = date.max if days is None else today + timedelta(days=days)
            if None not in done:
                yield chance, max(each for each in done if each) <= day
            elif day <= last:
                yield chance, False


def _as_known(there: Sequence[Item], today: date) -> tuple[list[Unit], list[Life]]:
    of, finished = [], []
    for number, item in enumerate(there):
        is_done = item.finished is not None and item.finished <= today
        state, category = ("done", "done") if is_done else ("todo", "new")
        unit = Unit(
            number, str(number), "jira", "Story", state, category, utc_text(_noon(item.came)), None, 1
        )
        of.append(unit)
        if is_done and item.finished and (today - item.finished).days < PERIOD_DAYS:
            finished.append(Life(unit, Span(None, utc_text(_noon(item.finished))), None, None, ()))
    return of, finished


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12)).astimezone()


def _workdays(first: date) -> Iterator[date]:
    day = first
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def a_steady_team(chance: random.Random) -> History:
    """Some finish on each workday at the same rate; a fifth is added while they work."""
    came = _came(chance, chance.randint(25, 80), 0.2, 120)
    return _finished_at(chance, came, lambda _: chance.uniform(0.25, 0.8))


def a_team_of_moods(chance: random.Random) -> History:
    """The rate changes from month to month between half and double, with weeks in which nothing happens."""
    came = _came(chance, chance.randint(25, 80), 0.15, 120)
    base = chance.uniform(0.3, 0.7)
    moods: dict[int, float] = {}

    def rate(day: int) -> float:
        return base * moods.setdefault(day // 22, chance.choice([0.0, 0.5, 0.8, 1.0, 1.2, 1.6, 2.0]))

    return _finished_at(chance, came, rate)


def a_team_with_limits(chance: random.Random) -> History:
    """Four or so are in progress at once, each for a time of its own: some are done at once, some drag on."""
    came = sorted(_came(chance, chance.randint(25, 70), 0.2, 120))
    free = [_FIRST] * chance.randint(3, 6)
    items = []
    for day in came:
        free.sort()
        begin = max(free[0], day)
        end = begin + timedelta(days=1 + int(chance.lognormvariate(1.8, 0.7)))
        while end.weekday() > 4:
            end += timedelta(days=1)
        free[0] = end
        items.append(Item(day, end))
    return items, max(item.finished for item in items if item.finished)


def _came(chance: random.Random, count: int, share: float, days: int) -> list[date]:
    """Most come in the first two weeks, the others within so many days."""
    first = [_FIRST + timedelta(days=chance.randint(0, 14)) for _ in range(count)]
    return first + [_FIRST + timedelta(days=chance.randint(15, days)) for _ in range(int(count * share))]


def _finished_at(chance: random.Random, came: Sequence[date], rate: Callable[[int], float]) -> History:
    """In any order; on each workday as many as a random number around the rate."""
    items: list[Item] = []
    waiting = sorted(came)
    for number, day in enumerate(_workdays(_FIRST + timedelta(days=14))):
        of_today = rate(number)
        for _ in range(_poisson(chance, of_today)):
            there = [each for each in waiting if each <= day]
            if there:
                chosen = chance.choice(there)
                waiting.remove(chosen)
                items.append(Item(chosen, day))
        if not waiting or number > 600:
            return [*items, *(Item(each, None) for each in waiting)], day
    raise AssertionError


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1)
    return count


def the_demo() -> list[History]:
    """The demo's product versions, by its own harvest."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, running(made_up_world(now=now)) as sandbox:
        config = Path(folder) / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        assert cli.main(["harvest", "-q", "--config", str(config)]) == 0
        path = next(Path(folder).glob("*.db"))

        def histories(found: sqlite3.Connection) -> list[History]:
            versions = found.execute(
                "SELECT issue_key FROM issues JOIN issue_types ON issue_types.id = issue_type_id"
                " WHERE issue_types.name = 'Product Version' AND missing_since IS NULL"
            ).fetchall()
            return [_of(found, key, now) for (key,) in versions]

        return [each for each in answer(path, histories) if each[0]]


def _of(found: sqlite3.Connection, key: str, now: datetime) -> History:
    of = units(found, Filters(under=key))
    ends = {life.unit.id: life.span.finished for life in finished_since(found, of, "")}
    items = [
        Item(local_day(unit.created_at or ""), local_day(end) if (end := ends.get(unit.id)) else None)
        for unit in of
    ]
    return items, now.astimezone().date()


def main() -> None:
    """Ask of every history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=100)
    options = parser.parse_args()
    made = {
        "steady": a_steady_team,
        "moods": a_team_of_moods,
        "limits": a_team_with_limits,
    }
    histories = {"the demo": the_demo()}
    for name, make in made.items():
        chance = random.Random(7)
        histories[name] = [make(chance) for _ in range(options.releases)]
    rows = []
    for name, of in histories.items():
        outcomes = [each for items, last in of for each in held(items, last)]
        counts = Counter(chance for chance, _ in outcomes)
        good = Counter(chance for chance, is_good in outcomes if is_good)
        shares = [f"{100 * good[each] / counts[each]:.0f} %" if counts[each] else "-" for each in _CHANCES]
        rows.append([name, str(len(of)), str(counts[85]), *shares])
    print_table("of past forecasts held", ("history", "sub-trees", "forecasts", "50 %", "85 %"), rows)


if __name__ == "__main__":
    main()
