"""What the services tell of an issue's past becomes part of its record: exact times for observed ones.

The rule (all statements run in the caller's transaction): an entry is known by its id and item, and never
stored twice. The last one that lies in an observed change's interval and ends in its value takes that row
over, earlier ones are inserted. At the end record and row are compared: where they differ, a young entry
means that the row is behind, and the issue is asked again; else an observed change closes the gap. So the
record always ends in the row's values, whatever the vendor left out.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from worksupport.clock import utc_text
from worksupport.model.names import CHANGE_FIELDS
from worksupport.model.past import AUTOMATION, Entry, Unread
from worksupport.model.tracked import SETS, TOLD, value_text
from worksupport.store.changes import Record

# An entry comes some milliseconds after the `updated` that it moved.
_SLACK = timedelta(seconds=5)
_YOUNG = timedelta(days=1)
_UNREAD = """
SELECT id, source_id, issue_key FROM issues
WHERE source = :source AND changes_through IS NOT updated_at AND missing_since IS NULL
ORDER BY updated_at DESC LIMIT :most
"""
_ROW = "SELECT id, tracked, updated_at FROM issues WHERE source = ? AND source_id = ?"
_RECORD = """
SELECT field, id, old, new, at, not_before, seen_at, entry FROM changes
WHERE issue = ? ORDER BY coalesce(at, seen_at), id
"""
_TAKE_OVER = """
UPDATE changes SET old = :old, at = :at, not_before = NULL, author = :author, origin = :origin,
    entry = :entry, item = :item
WHERE id = :id
"""


@dataclass
class _Change:
    id: int
    old: str | None
    new: str | None
    at: str | None
    not_before: str | None
    seen_at: str
    entry: str | None

    @property
    def moment(self) -> str:
        return self.at or self.seen_at

    def holds(self, at: str) -> bool:
        """Whether it is an observed change that an entry of this time can explain."""
        return self.entry is None and (self.not_before or "") < at <= self.seen_at


@dataclass(frozen=True)
class _Told:
    """One change of one field by one entry, its values as JSON text."""

    at: str
    entry: str
    item: int
    author: str | None
    old: str
    new: str


def unread(connection: sqlite3.Connection, source: str, most: int) -> list[Unread]:
    """The issues of `source` whose past was never read, or not since they changed; the newest first."""
    known = "SELECT DISTINCT entry FROM changes WHERE issue = ? AND entry IS NOT NULL"
    rows = connection.execute(_UNREAD, {"source": source, "most": most}).fetchall()
    return [
        Unread(source_id, key, frozenset(entry for (entry,) in connection.execute(known, [issue])))
        for issue, source_id, key in rows
    ]


def take_past(
    record: Record,
    source: str,
    source_id: str,
    entries: Sequence[Entry],
    read_at: str,
    authors: dict[str, str] | None,
) -> None:
    """Fit all entries of one issue, as read at `read_at` (UTC text by the service's clock), into its record.

    `authors`: who is called what, by account; others are 'other', and nobody is named for None.
    """
    row = record.connection.execute(_ROW, [source, source_id]).fetchone()
    if row is None or row[1] is None:
        return
    issue, tracked, updated_at = row
    told: dict[str, list[Entry]] = {}
    for entry in entries:
        told.setdefault(entry.field, []).append(entry)
    changes: dict[str, list[_Change]] = {}
    for number, *columns in record.connection.execute(_RECORD, [issue]):
        changes.setdefault(CHANGE_FIELDS[number], []).append(_Change(*columns))
    values, is_behind = json.loads(tracked), False
    for field in values.keys() & (told.keys() | changes.keys()):
        value = value_text(field, values[field])
        reading = _Reading(record, source, issue, field, read_at, changes.get(field, []))
        reading.take(told.get(field, []), value, authors)
        is_behind |= reading.settle(value, updated_at or "")
    statement = "UPDATE issues SET changes_through = CASE WHEN ? THEN NULL ELSE updated_at END WHERE id = ?"
    record.connection.execute(statement, [is_behind, issue])


class _Reading:
    """One field of one issue while its entries are fitted in."""

    def __init__(
        self, record: Record, source: str, issue: int, field: str, read_at: str, changes: list[_Change]
    ) -> None:
        self._record, self._issue, self._field, self._read_at = record, issue, field, read_at
        self._changes = changes  # of this field, in their order
        self._last_run = record.last_run(source)
        self._is_first = not any(change.entry for change in self._changes)

    def take(self, entries: Sequence[Entry], value: str, authors: dict[str, str] | None) -> None:
        """Store what is new of the entries; `value`: the row's."""
        told = self._told(entries, value, authors)
        known = {change.entry for change in self._changes}
        for number, each in enumerate(told):
            if each.entry in known:
                continue
            observed = next((c for c in self._changes if c.holds(each.at) and c.new == each.new), None)
            if observed and not any(observed.holds(e.at) and e.new == each.new for e in told[number + 1 :]):
                self._take_over(observed, each)
            elif self._ending(each.at, each.old) != each.new:
                self._insert(each)

    def settle(self, value: str, updated_at: str) -> bool:
        """Let the record end in the row's value; whether the row is behind, and has to be asked for again."""
        if not self._changes or self._changes[-1].new == value:
            return False
        newest = max((change.at for change in self._changes if change.entry and change.at), default="")
        is_young = self._read_at < _later(newest, _YOUNG)
        if newest > _later(updated_at, _SLACK) and is_young:
            return True
        last = self._changes[-1]
        # After all that is known: it happened since, and without a word.
        seen_at = max(self._read_at, _later(last.moment, timedelta(milliseconds=1)))
        begin = min(newest or updated_at or seen_at, seen_at)
        # At the first reading it is news only if all of it can have happened since the last run.
        is_past = self._is_first and (self._last_run is None or begin <= self._last_run)
        self._record.write(
            self._issue,
            self._field,
            last.new,
            value,
            seen_at,
            not_before=begin,
            is_past=int(is_past),
        )
        return False

    def _told(self, entries: Sequence[Entry], value: str, authors: dict[str, str] | None) -> list[_Told]:
        """One change for each entry, in order; what comes and goes one by one is joined to whole sets."""
        ordered = sorted(entries, key=lambda each: (each.at, _number(each.entry), each.item))
        grouped = [list(group) for _, group in groupby(ordered, key=attrgetter("entry"))]
        pairs = (
            self._sets(grouped, value)
            if self._field in SETS and any(each.added or each.removed for each in ordered)
            else [(self._text(group[0].old), self._text(group[-1].new)) for group in grouped]
        )
        told: list[_Told] = []
        for group, (old, new) in zip(grouped, pairs, strict=True):
            first = group[0]
            if (told[-1].new if told else old) != new:  # else one act was told twice
                author = None if first.author is None or authors is None else _author(first.author, authors)
                told.append(_Told(first.at, first.entry, first.item, author, old, new))
        return told

    def _sets(self, grouped: list[list[Entry]], value: str) -> list[tuple[str, str]]:
        """Old and new set at each entry: forwards from the record, at the first reading backwards."""
        return self._backwards(grouped, value) if self._is_first else self._forwards(grouped)

    def _forwards(self, grouped: list[list[Entry]]) -> list[tuple[str, str]]:
        known = {change.entry: change for change in self._changes if change.entry}
        pairs: list[tuple[str, str]] = []
        for number, group in enumerate(grouped):
            added, removed = _members(group)
            if change := known.get(group[0].entry):
                pairs.append((change.old or "[]", change.new or "[]"))
                continue
            since = grouped[number - 1][0].at if number else ""
            before = self._before(group[0].at, since, pairs[-1][1] if pairs else "[]")
            pairs.append((before, self._text((set(json.loads(before)) | added) - (removed - added))))
        return pairs

    def _before(self, at: str, since: str, told: str) -> str:
        """The set just before a moment: what the entry before tells, or what was observed after that one."""
        begins_at = _later(since, -_SLACK)
        later = [
            change.new
            for change in self._changes
            if since < change.moment < at and (change.at or (change.not_before or "") >= begins_at)
        ]
        return (later[-1] if later else told) or "[]"

    def _backwards(self, grouped: list[list[Entry]], value: str) -> list[tuple[str, str]]:
        """From the last entry on: of whom the entries tell, their last word counts.

        Of the others the row's, which may be behind.
        """
        last_words = {each.added or each.removed: bool(each.added) for group in grouped for each in group}
        after = {each for each in json.loads(value) if each not in last_words}
        after |= {member for member, is_in in last_words.items() if is_in and member}
        pairs: list[tuple[str, str]] = []
        for group in reversed(grouped):
            added, removed = _members(group)
            before = (after - (added - removed)) | removed
            pairs.append((self._text(before), self._text(after)))
            after = before
        return pairs[::-1]

    def _text(self, value: object) -> str:
        return value_text(self._field, value)

    def _ending(self, at: str, otherwise: str) -> str | None:
        """The value in which the record ends just before a moment."""
        earlier = [change.new for change in self._changes if change.moment <= at]
        return earlier[-1] if earlier else otherwise

    def _take_over(self, observed: _Change, told: _Told) -> None:
        observed.old, observed.at, observed.not_before = told.old, told.at, None
        observed.entry = told.entry
        values = {"old": told.old, "at": told.at, "author": told.author, "origin": TOLD}
        self._record.connection.execute(
            _TAKE_OVER, {**values, "entry": told.entry, "item": told.item, "id": observed.id}
        )
        self._record.written += 1
        self._sort()

    def _insert(self, told: _Told) -> None:
        is_told = any(change.entry is None and change.holds(told.at) for change in self._changes)
        is_past = is_told or self._last_run is None or told.at <= self._last_run
        number = self._record.write(
            self._issue,
            self._field,
            told.old,
            told.new,
            max(self._read_at, told.at),
            at=told.at,
            author=told.author,
            origin=TOLD,
            entry=told.entry,
            item=told.item,
            is_past=int(is_past),
        )
        change = _Change(number, told.old, told.new, told.at, None, self._read_at, told.entry)
        self._changes.append(change)
        self._sort()

    def _sort(self) -> None:
        self._changes.sort(key=lambda change: (change.moment, change.id))


def _members(group: list[Entry]) -> tuple[set[str], set[str]]:
    """Who came and who went by one entry."""
    return {each.added for each in group if each.added}, {each.removed for each in group if each.removed}


def _author(account: str, authors: dict[str, str]) -> str:
    return "automation" if account == AUTOMATION else authors.get(account, "other")


def _number(entry: str) -> tuple[int, str]:
    return (int(entry), "") if entry.isdecimal() else (0, entry)


def _later(moment: str, by: timedelta) -> str:
    return utc_text(datetime.fromisoformat(moment) + by) if moment else ""


def authors_of(connection: sqlite3.Connection, source: str) -> dict[str, str]:
    """By account or user id: the member's id of those who are in the team."""
    members: Iterable[tuple[str, str]] = connection.execute(
        """SELECT names.id, member_id FROM names JOIN team_members USING (name)
        WHERE source = :source AND kind = 'account' UNION
        SELECT coalesce(jira_account_id, jira_id), member_id FROM team_members WHERE :source = 'jira'""",
        {"source": source},
    )
    return dict(members)
