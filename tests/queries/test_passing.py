"""Filters of changes, against a plain Python filter over the whole log, each issue's past replayed."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.filled_database import issue
from tests.queries.test_filters import PEOPLE, PLAIN, TIMES, Row, filled, some_filters
from worksupport.model.filters import FILTERS, Filters
from worksupport.model.names import EVENTS, TRACKED
from worksupport.model.state import DEFAULT_RULES
from worksupport.model.tracked import NUMBERS, value_text
from worksupport.queries.changes import ChangesQuestion, changes_rows
from worksupport.queries.columns_then import Columns
from worksupport.queries.reader import answer

STATE = {"status", "labels", "resolution", "flagged", "state_reason"}
ABOUT = {
    **{"assignee": {"assignees"}, "team": {"assignees"}, "label": {"labels"}, "status": {"status"}},
    **{"issue_type": {"type"}, "under": {"parent"}, "parent_key": {"parent"}, "state": STATE, "open": STATE},
}
STATUSES = {"Open": "new", "Blocked": "new", "In Progress": "indeterminate", "Done": "done"}
TYPES = {"Product Version": 10004, "Story": 10101, "Odd": -1}
KEYS = [f"P-{number}" for number in range(5)]
CHOICES: dict[str, list[Any]] = {
    "type": [*TYPES],
    "parent": [None, *KEYS],
    "status": [*STATUSES],
    "resolution": [None, "Won't Do"],
    "labels": [[], ["web"], ["On Hold", "Ü"]],
    "flagged": [False, True],
    "assignees": [[], *([name] for name in PEOPLE), PEOPLE[:2]],
    "priority": [None, "High"],
}
IDS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("type", "parent", "status", "resolution", "priority"), "id of {}".format),
    "assignees": "account of {}".format,
}


@dataclass
class Change:
    number: int
    of: "Life"
    field: str
    old: Any
    new: Any
    moment: str
    is_exact: bool
    before: dict[str, Any]  # the issue's values before anything happened at that moment


@dataclass
class Life:
    """One issue: its values at first, then as the changes left them."""

    number: int
    values: dict[str, Any]
    end: str  # present, missing, gone
    times: tuple[str | None, str | None]
    changes: list[Change] = field(default_factory=list)

    def row(self, values: dict[str, Any]) -> Row:
        category = STATUSES[values["status"]]
        state = DEFAULT_RULES.state(
            values["status"], category, None, values["resolution"], values["labels"], values["flagged"]
        )
        return issue(
            KEYS[self.number],
            parent=values["parent"],
            status=values["status"],
            category=category,
            assignees=values["assignees"],
            labels=values["labels"],
            missing_since=None if self.end == "present" else TIMES[7],
            id=self.number + 1,
            issue_type_id=TYPES[values["type"]],
            vendor_type=json.dumps({"id": f"id of {values['type']}", "name": values["type"]}),
            resolution=values["resolution"],
            flagged=int(values["flagged"]),
            assignee_accounts=json.dumps([[f"account of {name}", name] for name in values["assignees"]]),
            updated_at=self.times[0],
            created_at=self.times[1],
        ) | {"state": state}


@st.composite
def some_lives(draw: st.DrawFn) -> list[Life]:
    choices = {name: st.sampled_from(each) for name, each in CHOICES.items()}
    times = st.tuples(*[st.sampled_from([None, *TIMES])] * 2)
    ends = st.sampled_from(["present", "present", "missing", "gone"])
    lives = [
        Life(number, draw(st.fixed_dictionaries(choices)), draw(ends), draw(times))
        for number in range(len(KEYS))
    ]
    before: list[dict[str, Any]] = [{} for _ in lives]
    moment = ""
    names = st.sampled_from([*CHOICES, "status", "assignees", "missing"])
    for number, each in enumerate(sorted(draw(st.lists(st.sampled_from(TIMES[:4]), max_size=12))), 1):
        if each != moment:
            moment, before = each, [dict(life.values) for life in lives]
        life, name = draw(st.sampled_from(lives)), draw(names)
        old, new = life.values.get(name), draw(choices[name]) if name in choices else None
        told = Change(number, life, name, old, new, moment, draw(st.booleans()), before[life.number])
        life.changes.append(told)
        if name in choices:
            life.values[name] = new
    return lives


def _stored(name: str, value: Any) -> str | None:
    if name in EVENTS or value is None:
        return None
    if name in IDS:
        value = [*map(IDS[name], value)] if isinstance(value, list) else IDS[name](value)
    return value_text(name, value)


def written(folder: Path, lives: list[Life]) -> Path:
    path = filled(folder, [life.row(life.values) for life in lives if life.end != "gone"])
    with closing(sqlite3.connect(path)) as connection, connection:
        names: list[tuple[str, str, str | None]] = [
            ("status", name, category) for name, category in STATUSES.items()
        ]
        names += [(kind, each, None) for kind in ("type", "resolution", "priority") for each in _texts(kind)]
        connection.executemany("INSERT INTO names VALUES ('jira', ?1, 'id of ' || ?2, ?2, ?3)", names)
        for life in lives:
            if life.end == "gone":
                row = {k: v for k, v in life.row(life.values).items() if k not in ("id", "missing_since")}
                connection.execute(
                    "INSERT INTO gone_issues VALUES (?, 'jira', ?, ?, NULL, ?)",
                    [life.number + 1, row["source_id"], TIMES[7], json.dumps(row)],
                )
            for each in life.changes:
                values = (_stored(each.field, each.old), _stored(each.field, each.new))
                at = each.moment if each.is_exact else None
                connection.execute(
                    "INSERT INTO changes (id, issue, field, old, new, at, seen_at, origin)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
                    [each.number, life.number + 1, NUMBERS[each.field], *values, at, each.moment],
                )
    return path


def _texts(kind: str) -> list[str]:
    return [each for each in CHOICES[kind] if each]


def _leads_to(parent: str | None, top: str, lives: list[Life], *, ends_at_gone: bool = False) -> bool:
    """Up the tree of today, through whatever is missing or gone."""
    seen = set[str]()
    while parent and parent not in seen:
        if parent.casefold() == top.casefold():
            return True
        if ends_at_gone and lives[KEYS.index(parent)].end == "gone":
            return False
        seen.add(parent)
        parent = lives[KEYS.index(parent)].values["parent"]
    return False


def _fits(name: str, wanted: str, row: Row, lives: list[Life], *, is_then: bool) -> bool:
    life = lives[row["id"] - 1]
    if name == "missing":
        return not is_then and life.end != "present"
    if name == "issue_type":
        return bool(json.loads(row["vendor_type"])["name"].casefold() == wanted.casefold())
    if name == "under" and (is_then or life.end == "gone"):
        is_top = not is_then and row["issue_key"].casefold() == wanted.casefold()
        return is_top or _leads_to(row["parent_key"], wanted, lives)
    stored = [each.row(each.values) for each in lives if each.end != "gone"]
    return PLAIN[name](row, wanted, stored)


def _passes(change: Change, old: Any, asked: dict[str, Any], key: str | None, lives: list[Life]) -> bool:
    life = change.of
    then = dict(life.values)
    if change.field in STATE:
        then |= {name: change.before[name] for name in STATE & then.keys()}
    rows = [(False, life.row(life.values))]
    if change.field in TRACKED:
        rows.append((True, life.row({**then, change.field: old})))
    if key is not None:
        # What is there does not hang on what is gone; what is gone hung on it.
        ends_at_gone = life.end != "gone"
        above = life.values["parent"]
        is_now = KEYS[life.number] == key or _leads_to(above, key, lives, ends_at_gone=ends_at_gone)
        if not is_now and not (change.field == "parent" and _leads_to(old, key, lives)):
            return False
    return all(
        any(
            _fits(name, str(wanted), row, lives, is_then=is_then)
            for wanted in (values if isinstance(values, list) else [values])
            for is_then, row in rows
            if not is_then or change.field in ABOUT.get(name, ())
        )
        for name, values in asked.items()
    )


def _of(change: Change) -> tuple[int, str]:
    return change.of.number, change.field


def _net(changes: list[Change]) -> list[tuple[Change, Change]]:
    """First and last of each issue's field, where something is left of it."""
    found = []
    for (_, name), group in groupby(sorted(changes, key=_of), key=_of):
        each = list(group)
        if name in EVENTS or each[0].old != each[-1].new:
            found.append((each[0], each[-1]))
    return found


def test_the_fields_that_decide_a_filter_are_those_of_the_record() -> None:
    assert {row.name: set(row.about) for row in FILTERS if row.about} == ABOUT
    assert set(TRACKED) >= set().union(*ABOUT.values())


@settings(max_examples=25)
@given(
    lives=some_lives(),
    asked=some_filters() | st.sampled_from([{"open": True}, {"state": ["todo"]}, {"assignee": [PEOPLE[0]]}]),
    key=st.sampled_from([None, None, None, *KEYS[:2]]),
    since=st.sampled_from(TIMES[:3]),
    until=st.sampled_from([None, TIMES[3]]),
)
def test_changes_are_those_that_a_plain_filter_keeps(
    tmp_path_factory: pytest.TempPathFactory,
    lives: list[Life],
    asked: dict[str, Any],
    key: str | None,
    since: str,
    until: str | None,
) -> None:
    path = written(tmp_path_factory.mktemp("passing"), lives)
    if key is not None and lives[KEYS.index(key)].end == "gone":
        key = None  # commands know no such key
    log = sorted((each for life in lives for each in life.changes), key=attrgetter("number"))
    window = [each for each in log if since <= each.moment and (until is None or each.moment < until)]

    def found(**question: Any) -> list[tuple[int, Any, Any]]:
        one = ChangesQuestion(key=key, filters=Filters(**asked), **question)
        rows = answer(path, lambda connection: changes_rows(connection, one))
        return [(row["id"], row["old"], row["new"]) for row in rows]

    kept = [each for each in window if _passes(each, each.old, asked, key, lives)]
    assert found(since=since, until=until, raw=True) == [_shown(each, each.old) for each in kept]
    net = [
        _shown(last, first.old)
        for first, last in _net(window)
        if _passes(first, first.old, asked, key, lives)
    ]
    assert found(since=since, until=until) == sorted(net, key=lambda each: each[0])
    after = [each for each in log if each.number > 3 and _passes(each, each.old, asked, key, lives)]
    assert found(after=3) == [_shown(each, each.old) for each in after]


def _shown(change: Change, old: Any) -> tuple[int, Any, Any]:
    values: tuple[Any, Any] = (None, None) if change.field in EVENTS else (old, change.new)
    old, new = (sorted(each) if isinstance(each, list) else each for each in values)
    return change.number, old, new


def test_a_type_of_the_past_is_found_in_either_unicode_form(tmp_path: Path) -> None:
    """Where no issue of today has it, its name alone says which of ours it is."""
    with closing(sqlite3.connect(filled(tmp_path, [issue("P-1")]))) as connection:
        connection.execute("INSERT INTO issue_types (id, name) VALUES (77, ?)", [normalize("NFC", "Größe")])
        name = normalize("NFD", "Größe")
        connection.execute("INSERT INTO names VALUES ('jira', 'type', '5', ?, NULL)", [name])
        assert Columns(connection).of("jira", {"type": '"5"'}, ())["issue_type_id"] == 77
