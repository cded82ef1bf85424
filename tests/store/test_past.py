"""The record under random lives: search that lags, changelogs refused, kills, entries that explain nothing.

The vendor: values change at random; each change is an entry, stamped 0.6 s after `updated`; one in ten does
not move `updated`, one life in ten ends in a value that no entry tells, some acts are told twice.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.store.rows_made import made_row
from worksupport.clock import utc_text
from worksupport.model.past import Entry
from worksupport.model.tracked import NUMBERS, value_text
from worksupport.store.changes import Moment, Record
from worksupport.store.database import Store
from worksupport.store.past import take_past, unread
from worksupport.store.upsert import merge, stage_aside

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EVERY, DAYS = timedelta(minutes=120), 4
STATUSES, LABELS = ("1", "2", "3", "4"), ("a", "b", "c")


def at(minutes: float) -> str:
    return utc_text(BEGIN + timedelta(minutes=minutes))


@dataclass
class Life:
    """What the vendor knows of one issue: its entries, and its row at any time."""

    seed: int
    entries: list[tuple[float, Entry, bool]] = field(default_factory=list)
    silent_at: float = float("inf")

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        minutes, values = 0.0, {"status": "1", "labels": frozenset[str]()}
        self.repeated: set[str] = set()
        self.values: list[tuple[float, str, Any, float | None]] = []
        while (minutes := minutes + chance.expovariate(1 / 300)) <= DAYS * 1440:
            number, moves = len(self.entries) + 1, chance.random() < 0.9
            name = chance.choice(("status", "labels"))
            told: dict[str, Any]
            if name == "status":
                new: Any = chance.choice([each for each in STATUSES if each != values["status"]])
                told = {"old": values["status"], "new": new}
            else:
                member, now = chance.choice(LABELS), frozenset(values["labels"])
                new = now ^ {member}
                told = {"removed": member} if member in now else {"added": member}
            values[name] = new
            entry = Entry("1", str(number), 0, at(minutes), "x", name, **told)
            self.entries.append((minutes, entry, moves))
            if name == "status" and chance.random() < 0.2:  # one act told by two entries
                again = Entry("1", str(number + 1), 0, at(minutes + 0.001), "x", name, **told)
                self.entries.append((minutes + 0.001, again, False))
                self.repeated.add(again.entry)
            self.values.append((minutes, name, new, minutes - 0.01 if moves else None))
        if chance.random() < 0.1:
            self.silent_at = (DAYS + 0.1) * 1440

    def row(self, minutes: float) -> Any:
        status, labels, updated = "1", frozenset[str](), 0.0
        for when, name, value, moved in self.values:
            if when <= minutes:
                status, labels = (value, labels) if name == "status" else (status, value)
                updated = updated if moved is None else moved
        status = "9" if minutes >= self.silent_at else status
        tracked = {"status": status, "labels": sorted(labels)}
        return made_row("1", "P-1", updated_at=at(updated), created_at=at(-1), tracked=tracked)

    def read(self, minutes: float) -> list[Entry]:
        return [entry for when, entry, _ in self.entries if when <= minutes]


@pytest.mark.parametrize("begin", [0, 52], ids=["kept from the start", "first harvest after it all"])
@settings(max_examples=50)
@given(seed=st.integers(0, 10**9))
def test_nothing_lost_doubled_or_broken(
    tmp_path_factory: pytest.TempPathFactory, begin: int, seed: int
) -> None:
    _live(tmp_path_factory.mktemp("life"), begin, seed)


def _live(folder: Path, begin: int, seed: int) -> None:
    life, chance = Life(seed), random.Random(seed + 1)
    store = Store(folder / "w.db", FakeClock())
    with store.transaction() as connection:
        connection.execute("INSERT INTO issue_types (id, name) VALUES (10101, 'Story')")
    try:
        for run in range(begin, 60):
            minutes, calm = run * 120.0, run >= 55
            lag = 0 if calm else chance.uniform(0, 30) * (chance.random() < 0.5)
            _harvest(store, life, run, minutes, minutes - lag, chance, calm=calm)
            _check_end(store)
        _check_record(store, life)
    finally:
        store.close()


def _harvest(
    store: Store, life: Life, run: int, minutes: float, shown: float, chance: random.Random, *, calm: bool
) -> None:
    """One run: the page is merged; then, unless killed or refused, the past is read."""
    with store.transaction() as connection:
        stage_aside(connection, [life.row(shown)], f"r{run}")
        merge(connection, f"r{run}", at(minutes), {"jira": at(minutes)})
        connection.execute(
            "INSERT INTO source_results (run_id, source, is_on, asked, status, stored, scope, began_at,"
            " data_version) VALUES (?, 'jira', 1, 1, 'completed', 1, 'full', ?, ?)",
            [f"r{run}", at(minutes), run],
        )
    if not calm and chance.random() < 0.2:
        return
    with store.transaction() as connection:
        record = Record(connection, Moment(f"r{run}", at(minutes), {}))
        for issue in unread(connection, "jira", 10):
            take_past(record, "jira", issue.source_id, life.read(minutes), at(minutes), {})


def _changes(store: Store, name: str) -> list[tuple[Any, ...]]:
    return store.read(
        "SELECT old, new, at, not_before, seen_at, entry FROM changes WHERE field = ?"
        " ORDER BY coalesce(at, seen_at), id",
        [NUMBERS[name]],
    )


def _check_end(store: Store) -> None:
    """The record ends in the row, or the row is known to be behind."""
    ((tracked, through, updated),) = store.read("SELECT tracked, changes_through, updated_at FROM issues")
    for name, value in json.loads(tracked).items():
        changes = _changes(store, name)
        if changes and through == updated:
            assert changes[-1][1] == value_text(name, value), name


def _check_record(store: Store, life: Life) -> None:
    for name in ("status", "labels"):
        changes = _changes(store, name)
        stored = [change[5] for change in changes if change[5]]
        assert len(stored) == len(set(stored))
        acts = [entry for _, entry, _ in life.entries if entry.field == name]
        wanted = {entry.entry for entry in acts} - life.repeated
        assert wanted <= set(stored), name
        assert all(one[1] == other[0] for one, other in pairwise(changes)), name
        times = {entry.entry: entry.at for entry in acts}
        assert all(change[2] == times[change[5]] for change in changes if change[5])
        beside = [c for c in changes if c[5] is None]
        assert len(beside) <= (life.silent_at < float("inf")), name
    numbers = [row[0] for row in store.read("SELECT id FROM changes ORDER BY rowid")]
    assert numbers == sorted(numbers)
