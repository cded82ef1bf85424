"""The units of work, and when each was started and finished, by the record of changes.

What counts as one, `model/definitions.py` says.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from worksupport.errors import UsageError
from worksupport.measures.intervals import (
    DOING,
    DONE,
    TODO,
    Span,
    Step,
    days_between,
    days_of,
    local_day,
    span,
)
from worksupport.model.definitions import LEAST_TEAM
from worksupport.model.filters import STATE, Filters, fold
from worksupport.model.hierarchy import UNKNOWN_TYPE_ID
from worksupport.model.names import OPEN_STATES, SOURCE_TITLES, SOURCES
from worksupport.model.tracked import NUMBERS
from worksupport.queries.as_of import first_run
from worksupport.queries.find import require_present

# As people call a type: as configured, else as the service does (render/words.py shows them alike).
_TYPE = f"""CASE WHEN issue_type_id <> {UNKNOWN_TYPE_ID} THEN issue_types.name ELSE
    coalesce(json_extract(vendor_type, '$.name'), CASE source
    {" ".join(f"WHEN '{source}' THEN '{SOURCE_TITLES[source]}'" for source in SOURCES)} END) END"""
# Whether the record goes back to the creation: the past was read, or it was created when there was a record.
_IS_WHOLE = f"""CASE WHEN changes_through IS NOT NULL THEN 1 ELSE EXISTS (
    SELECT 1 FROM changes
    WHERE issue = issues.id AND (origin = 1 OR field = {NUMBERS["new"]} AND at IS NOT NULL)
) END"""
_ISSUES = f"""
SELECT issues.id, issue_key, source, {_TYPE}, {STATE} AS state, coalesce(status_category, '{TODO}'),
    issues.created_at, closed_at, {_IS_WHOLE}
FROM issues NOT INDEXED LEFT JOIN issue_types ON issue_types.id = issue_type_id
WHERE {{where}}
"""
_IS_UNIT = f"""missing_since IS NULL AND coalesce(child_type_ids, '[]') = '[]' AND {STATE} <> 'dropped'
AND (source <> 'github' OR parent_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM issues AS parent
    WHERE parent.issue_key = issues.parent_key AND parent.source = 'jira' AND parent.missing_since IS NULL
))"""
_MOMENT = "coalesce(at, seen_at)"
_SOME = 500  # so many are looked at before more are
# By an index that has all of it.
_STATUSES = f"""
SELECT issue, {_MOMENT}, changes.id, not_before, seen_at, old, new
FROM json_each(?) AS wanted CROSS JOIN changes
WHERE issue = wanted.value AND field = {NUMBERS["status"]}
"""
_CHANGED_STATUS = f"SELECT DISTINCT issue FROM changes WHERE {_MOMENT} >= ? AND field = {NUMBERS['status']}"
_FORGOTTEN = "SELECT max(forgotten_before) FROM data_state"
_TEAM_SIZE = """
SELECT count(DISTINCT team_members.id) FROM team_members, json_each(teams)
WHERE casefold(json_each.value) = ?
"""
# Issue, moment, number, not before, seen at, old and new status.
_Row = tuple[int, str, int, str | None, str, str | None, str | None]


class Unit(NamedTuple):
    """An issue, as far as reviews ask of it; `is_whole`: its record goes back to its creation."""

    id: int
    issue_key: str
    source: str
    issue_type: str
    state: str
    category: str
    created_at: str | None
    closed_at: str | None
    is_whole: int

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.state in OPEN_STATES


class Life(NamedTuple):
    """What the record tells of a unit; `status_since`: when it came into its present status (UTC text).

    `first`: the category that it had before the `steps`.
    """

    unit: Unit
    span: Span
    status_since: str | None
    first: str | None
    steps: Sequence[Step]


def units(connection: sqlite3.Connection, filters: Filters, key: str | None = None) -> list[Unit]:
    """The units of work that pass the filters, with `key` (exact) those below that issue.

    Raises NotFoundError where that is missing.
    """
    where = _IS_UNIT
    if key is not None:
        require_present(connection, key)
        filters = filters.under(key)
    passing, parameters = filters.conditions()
    if key is not None:
        where += " AND issue_key <> :itself"
        parameters["itself"] = key
    if passing:
        where += f" AND issues.id IN (SELECT id FROM issues WHERE {' AND '.join(passing)})"
    return list(map(Unit._make, connection.execute(_ISSUES.format(where=where), parameters)))


def issues_as_units(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Unit]:
    """The issues with these numbers, whatever their types."""
    where = "issues.id IN (SELECT value FROM json_each(?))"
    return list(map(Unit._make, connection.execute(_ISSUES.format(where=where), [json.dumps(list(ids))])))


def lives(connection: sqlite3.Connection, wanted: Sequence[Unit]) -> list[Life]:
    """What the record tells of each of these, in their order."""
    ids = json.dumps([unit.id for unit in wanted])
    told: dict[int, list[_Row]] = {}
    for row in connection.execute(_STATUSES, [ids]):
        told.setdefault(row[0], []).append(row)
    categories = _Categories(connection)
    return [_life(unit, sorted(told.get(unit.id, ())), categories) for unit in wanted]


def moved_since(connection: sqlite3.Connection, wanted: Sequence[Unit], since: str) -> list[Life]:
    """The units of which anything happened at `since` (UTC text) or later: created, moved or closed."""
    changed = {issue for (issue,) in connection.execute(_CHANGED_STATUS, [since])}
    candidates = [
        unit
        for unit in wanted
        if unit.id in changed or max(unit.created_at or "", unit.closed_at or "") >= since
    ]
    return lives(connection, candidates)


def finished_since(connection: sqlite3.Connection, wanted: Sequence[Unit], since: str) -> list[Life]:
    """Those of the units that were finished at `since` (UTC text) or later."""
    done = [unit for unit in wanted if unit.category == DONE]
    return finished_of(moved_since(connection, done, since), since)


def finished_of(moved: Sequence[Life], since: str) -> list[Life]:
    """Those of these lives whose units were finished at `since` (UTC text) or later, and are done."""
    return [life for life in moved if life.unit.category == DONE and (life.span.finished or "") >= since]


def record_begins(connection: sqlite3.Connection, wanted: Sequence[Unit]) -> str | None:
    """From when on it is known what of these was finished (UTC text); None where nothing is known.

    That is the creation of the oldest; but where one of Jira was done before its record, the first run that
    asked for all. (GitHub tells of each when it was closed.)
    """
    begins = [min((unit.created_at for unit in wanted if unit.created_at), default=None)]
    if _is_any_finish_unknown(connection, wanted):
        begins.append(first_run(connection, "jira"))
    begins += [forgotten] if (forgotten := _forgotten(connection)) else []
    return None if None in begins else max(begin for begin in begins if begin)


def _is_any_finish_unknown(connection: sqlite3.Connection, wanted: Sequence[Unit]) -> bool:
    doubtful = [unit for unit in wanted if unit.category == DONE and not unit.is_whole]
    some = (doubtful[start : start + _SOME] for start in range(0, len(doubtful), _SOME))
    return any(life.span.finished is None for part in some for life in lives(connection, part))


def check_team(connection: sqlite3.Connection, filters: Filters) -> None:
    """Raises UsageError for a filter by a team of so few that a number of theirs is nearly a person's."""
    for name, value in filters.texts():
        if name == "team":
            ((size,),) = connection.execute(_TEAM_SIZE, [fold(value)])
            if 0 < size < LEAST_TEAM:
                people = "person" if size == 1 else "people"
                raise UsageError(
                    f"the team {value!r} has {size} {people}: worksupport counts no finished work of fewer"
                    f" than {LEAST_TEAM}",
                    "ask for a larger team, or for a label",
                )


def _life(unit: Unit, changes: Sequence[_Row], categories: "_Categories") -> Life:
    since = unit.created_at if unit.is_whole else None
    if not changes:
        started, finished = span(unit.category, since, ())
        if unit.source == "github" and unit.category == DONE and unit.closed_at and not finished:
            return Life(unit, Span(started, unit.closed_at), since, TODO, [(unit.closed_at, DONE)])
        return Life(unit, Span(started, finished), since, unit.category, ())
    steps = [(moment, categories.of(new, seen_at)) for _, moment, _, _, seen_at, _, new in changes]
    _, _, _, _, seen_at, old, _ = changes[0]
    first = categories.of(old, seen_at)
    if unit.closed_at and steps[-1][1] == DONE:
        number = _closing(steps)
        steps[number] = _as_told(unit.closed_at, changes[number], steps[number])
    return Life(unit, span(first, since, steps), steps[-1][0], first, steps)


def _closing(steps: Sequence[Step]) -> int:
    """The step since which it has been done; the first where it always was."""
    number = len(steps) - 1
    while number and steps[number - 1][1] == DONE:
        number -= 1
    return number


def _as_told(closed: str, change: _Row, step: Step) -> Step:
    """The step of the closing: where it was only observed, the service still tells when it was."""
    _, _, _, not_before, seen_at, _, _ = change
    return (closed, DONE) if not_before is not None and not_before < closed <= seen_at else step


def _forgotten(connection: sqlite3.Connection) -> str:
    ((forgotten,),) = connection.execute(_FORGOTTEN)
    return forgotten or ""


class _Categories:
    """The category of each status (JSON text of its id), as it was known when a change was recorded."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT id, category FROM names WHERE kind = 'status'")
        self._now: Mapping[str | None, str | None] = {
            '"open"': TODO,
            '"closed"': DONE,
            **{json.dumps(each, ensure_ascii=False): category for each, category in rows},
        }
        self._former: dict[str | None, list[tuple[str, str]]] = {}
        statement = "SELECT id, until, category FROM former_categories ORDER BY until"
        for each, until, category in connection.execute(statement):
            self._former.setdefault(json.dumps(each, ensure_ascii=False), []).append((until, category))

    def of(self, status: str | None, seen_at: str) -> str | None:
        """One of TODO, DOING and DONE; None for a status that the service does not know any more."""
        if former := self._former.get(status):
            return next((category for until, category in former if seen_at < until), self._now.get(status))
        return self._now.get(status)


def in_progress(unit: Unit) -> bool:
    """Whether it is in a status in progress, and open."""
    return unit.is_open and unit.category == DOING


def days_by_type(finished: Sequence[Life]) -> dict[str, list[int]]:
    """By type, in the order of their names, the days from start to finish of each that has a known start."""
    days: dict[str, list[int]] = {name: [] for name in sorted({life.unit.issue_type for life in finished})}
    for life in finished:
        if (taken := days_of(life.span)) is not None:
            days[life.unit.issue_type].append(taken)
    return days


def age_days(started: str, today: date) -> int:
    """Days since work started (UTC text), the first and today counted."""
    return days_between(local_day(started), today)


def status_days(life: Life, today: date) -> int | None:
    """Days in the present status, the first and today counted; None where that was before the record."""
    return None if life.status_since is None else days_between(local_day(life.status_since), today)
