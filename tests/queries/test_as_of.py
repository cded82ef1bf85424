"""`at`: what was, against a plain replay of random lives of issues, harvested, missing, gone and back."""

import random
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.store.rows_made import made_row
from worksupport.clock import utc_text
from worksupport.model.filters import Filters
from worksupport.model.past import Entry
from worksupport.model.state import DEFAULT_RULES
from worksupport.model.tracked import tracked_text
from worksupport.queries.as_of import at
from worksupport.queries.issues import ListQuestion, list_document
from worksupport.queries.keys import issue_keys
from worksupport.queries.reader import answer
from worksupport.store.changes import Moment, Record
from worksupport.store.database import Store
from worksupport.store.missing import delete_long_missing, delete_unseen, mark_missing, protect
from worksupport.store.past import take_past
from worksupport.store.reference import keep_names
from worksupport.store.upsert import merge, stage_aside

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
RUNS, EVERY = 7, 100  # minutes
STATUSES = {"1": ("Open", "new"), "2": ("Doing", "indeterminate"), "3": ("Closed", "done")}
TYPES = {"11": (10101, "Story"), "12": (10104, "Task")}
PEOPLE = {"a": "Ann", "b": "Bo"}
CHOICES: dict[str, list[Any]] = {
    **{"title": ["One", "Two"], "type": [*TYPES], "parent": [None, "0", "1"], "status": [*STATUSES]},
    **{"assignees": [[], ["a"], ["b"]], "labels": [[], ["Blocked"], ["x", "y"]], "priority": [None, "5"]},
}


def minute(number: float) -> str:
    return utc_text(BEGIN + timedelta(minutes=number))


@dataclass
class Life:
    """One issue: what it is now, and what the record can know of it, as plain lists of moments."""

    source_id: str
    created_at: str
    values: dict[str, Any]
    changed_at: str
    known: dict[str, Any] = field(default_factory=dict)  # the values when it was last seen
    first: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[str, str, Any]] = field(default_factory=list)
    events: list[tuple[str, bool]] = field(default_factory=list)  # from when on it was there, or not
    is_there: bool = False

    def see(self, seen_at: str, last_run: str | None, *, is_told: bool) -> None:
        """A run finds it; `is_told`: the service tells when its status changed."""
        if not self.known:
            self.first = dict(self.values)
            is_new = last_run is not None and self.created_at > last_run
            self.events.append((self.created_at if is_new else seen_at, True))
        elif not self.is_there:
            self.events.append((seen_at, True))
        for name, value in self.values.items() if self.known else ():
            if value != self.known[name]:
                moment = self.changed_at if name == "status" and is_told else seen_at
                self.changes.append((moment, name, value))
        self.known, self.is_there = dict(self.values), True

    def then(self, time: str) -> dict[str, Any]:
        return {**self.first, **{name: value for moment, name, value in self.changes if moment <= time}}

    def was_there(self, time: str) -> bool:
        if time < minute(0):
            return bool(self.first) and self.created_at <= time
        return self.created_at <= time and [False, *(there for at, there in self.events if at <= time)][-1]


class World:
    """A made-up service and the runs that copy it, by the store's own functions."""

    def __init__(self, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lives = [self._born(str(number)) for number in range(6)]
        self.last_run: str | None = None
        self.store = Store(path, FakeClock())
        with self.store.transaction() as connection:
            for type_id, name in TYPES.values():
                connection.execute("INSERT INTO issue_types (id, name) VALUES (?, ?)", [type_id, name])
            names = [("status", key, *named) for key, named in STATUSES.items()]
            others = [("type", key, name, None) for key, (_, name) in TYPES.items()]
            people = [("account", key, name, None) for key, name in PEOPLE.items()]
            keep_names(
                connection, "jira", [*names, *others, *people, ("priority", "5", "High", None)], minute(0)
            )
        for number in range(RUNS):
            self._run(number)
        self.store.close()

    def _born(self, source_id: str) -> Life:
        created_at = minute(self.chance.uniform(-200, EVERY * (RUNS - 1)))
        values = {name: self.chance.choice(choices) for name, choices in CHOICES.items()}
        return Life(source_id, created_at, {**values, "key": f"P-{source_id}"}, created_at)

    def _run(self, number: int) -> None:
        seen_at, run = minute(number * EVERY), f"h{number}"
        told, seen = [], []
        for life in self.lives:
            if life.created_at >= seen_at:
                continue
            old_status = life.known.get("status")
            if life.known and self.chance.random() < 0.6:
                life.changed_at = minute(number * EVERY - self.chance.uniform(1, EVERY - 1))
                name = self.chance.choice([*CHOICES, "key"])
                new = f"{life.values['key'][:-2]}Q-{life.source_id}" if name == "key" else None
                life.values[name] = new or self.chance.choice(CHOICES[name])
            if self.chance.random() < 0.7:
                is_told = self.chance.random() < 0.5
                if is_told and old_status not in (None, life.values["status"]):
                    entry = {"old": old_status, "new": life.values["status"]}
                    told.append(
                        Entry(life.source_id, f"{number}", 0, life.changed_at, None, "status", **entry)
                    )
                seen.append(life)
                life.see(seen_at, self.last_run, is_told=is_told)
        with self.store.transaction() as connection:
            stage_aside(connection, [self._row(life) for life in seen], run)
            merge(connection, run, seen_at, {"jira": seen_at})
            record = Record(connection, Moment(run, seen_at, {"jira": seen_at}))
            for each in told:
                take_past(record, "jira", each.source_id, [each], seen_at, {})
            protect(connection, [])
            if self.chance.random() < 0.2:
                delete_unseen(connection, "jira", record)
            else:
                delete_long_missing(connection, "jira", record, minute((number - 1.5) * EVERY))
                mark_missing(connection, "jira", record)
            for life in self.lives:
                if life.is_there and life not in seen:
                    life.is_there = False
                    life.events.append((seen_at, False))
            connection.execute(
                """INSERT INTO source_results (run_id, source, is_on, asked, status, stored, scope, began_at,
                data_version) VALUES (?, 'jira', 1, 1, 'completed', 1, 'full', ?, ?)""",
                [run, seen_at, number],
            )
        self.last_run = seen_at

    def _row(self, life: Life) -> Any:
        values = life.values
        keys = {each.source_id: (each.known or each.values)["key"] for each in self.lives}
        type_id, type_name = TYPES[values["type"]]
        status, category = STATUSES[values["status"]]
        return {
            **made_row(
                life.source_id,
                values["key"],
                keys.get(values["parent"]),
                summary=values["title"],
                labels=values["labels"],
                assignees=[PEOPLE[each] for each in values["assignees"]],
                assignee_accounts=[(each, PEOPLE[each]) for each in values["assignees"]],
                issue_type_id=type_id,
                vendor_type={"id": values["type"], "name": type_name},
                created_at=life.created_at,
                updated_at=life.changed_at,
            ),
            **{"status": status, "status_category": category},
            "assignee": next((PEOPLE[each] for each in values["assignees"]), None),
            "priority": values["priority"] and "High",
            "tracked": tracked_text(values),
        }

    def then(self, time: str) -> dict[str, Any]:
        """By key, what a plain replay says."""
        keys = {life.source_id: life.then(time).get("key", "") for life in self.lives}
        return {
            keys[life.source_id]: self._shown(life, life.then(time), keys, time)
            for life in self.lives
            if life.was_there(time)
        }

    def _shown(self, life: Life, values: dict[str, Any], keys: dict[str, str], time: str) -> dict[str, Any]:
        status, category = STATUSES[values["status"]]
        moments = [moment for moment, _, _ in life.changes if moment <= time]
        closed = [moment for moment, name, _ in life.changes if name == "status" and moment <= time]
        parent = keys.get(values["parent"]) if values["parent"] else None
        return {
            "summary": values["title"],
            "issue_type": TYPES[values["type"]][1],
            "parent_key": parent or self._unseen_parent(values),
            "status": status,
            "state": DEFAULT_RULES.state(status, category, None, None, values["labels"], False),
            "assignees": [PEOPLE[each] for each in values["assignees"]],
            "labels": values["labels"],
            "priority": values["priority"] and "High",
            "updated_at": max(moments, default=None),
            "closed_at": max(closed, default=None) if category == "done" else None,
        }

    def _unseen_parent(self, values: dict[str, Any]) -> Any:
        """A parent that no run ever found: see the test."""
        return values["parent"] and ...


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_what_was_is_what_a_replay_says(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("lives") / "w.db"
    world = World(path, seed)
    moments = [moment for life in world.lives for moment, _, _ in life.changes]
    moments += [moment for life in world.lives for moment, _ in life.events]
    moments += [life.created_at for life in world.lives] + [minute(-100), minute(RUNS * EVERY)]
    for time in sorted(
        {utc_text(_parsed(each) + timedelta(milliseconds=by)) for each in moments for by in (-1, 0)}
    ):
        wanted = world.then(time)
        document = answer(path, at(time, lambda found: list_document(found, ListQuestion()), Filters()))
        found = {issue["issue_key"]: issue for issue in document["issues"]}
        assert found.keys() == wanted.keys(), time
        for key, values in wanted.items():
            shown = {name: found[key][name] for name in values}
            if values["parent_key"] is ...:  # no run has ever seen its parent: only today's row knows its key
                shown["parent_key"] = ...
            assert shown == values, (key, time)
        for filters in (Filters(assignee="Ann"), Filters(label="X"), Filters(state="open")):
            fitting = [
                key
                for key, values in wanted.items()
                if ("Ann" in values["assignees"] if "assignee" in repr(filters) else True)
                and ("x" in values["labels"] if "label" in repr(filters) else True)
                and (values["state"] not in ("done", "dropped") if "state" in repr(filters) else True)
            ]
            assert sorted(answer(path, at(time, partial(_keys, filters), filters))) == sorted(fitting)


def _keys(filters: Filters, connection: sqlite3.Connection) -> list[str]:
    return issue_keys(connection, filters)


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)
