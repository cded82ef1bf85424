"""The record of changes: what comparing shows, written in the transaction that changes the issue.

All statements run in the caller's transaction. A value that the record already ends in is not written again.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from worksupport.model.issue_fields import FIELDS
from worksupport.model.tracked import NUMBERS, OBSERVED, differences

_INSERT = """
INSERT INTO changes (id, issue, field, old, new, at, not_before, seen_at, author, origin, entry, item, run,
    is_past)
VALUES (:id, :issue, :field, :old, :new, :at, :not_before, :seen_at, :author, :origin, :entry, :item, :run,
    :is_past)
"""
_END = """
SELECT new FROM changes WHERE issue = ? AND field = ? ORDER BY coalesce(at, seen_at) DESC, id DESC LIMIT 1
"""
_LAST_RUN = """
SELECT began_at FROM source_results
WHERE source = ? AND stored = 1 AND scope = 'full' AND began_at IS NOT NULL ORDER BY data_version DESC LIMIT 1
"""
# What an issue was, and is on the page: of one that was gone, what its tombstone says.
_DIFFERENT = """
SELECT coalesce(i.id, g.id), s.source, s.created_at,
    coalesce(i.tracked, json_extract(g.issue, '$.tracked')), s.tracked,
    coalesce(i.updated_at, json_extract(g.issue, '$.updated_at')), nullif(i.missing_since, ''), g.gone_at
FROM temp.touched t JOIN staged_issues s USING (source, source_id)
LEFT JOIN issues i ON i.source = s.source AND i.source_id = s.source_id
LEFT JOIN gone_issues g ON g.source = s.source AND g.source_id = s.source_id
WHERE (i.tracked IS NOT s.tracked OR i.missing_since > '') AND coalesce(i.id, g.id) IS NOT NULL
ORDER BY s.rowid
"""
_NEW = """
SELECT i.id, i.source, i.created_at FROM temp.touched t JOIN issues i USING (source, source_id)
WHERE t.is_new = 1 ORDER BY i.id
"""
_ASK_AGAIN = "UPDATE issues SET changes_through = NULL WHERE id = ?"


@dataclass(frozen=True)
class Moment:
    """Of which run a change is, and when it was seen: `seen_at` by source, else `now` (UTC text)."""

    run: str
    now: str
    seen_at: Mapping[str, str]

    def of(self, source: str) -> str:
        """When the service had answered, by its own clock if it tells."""
        return self.seen_at.get(source) or self.now


class Record:
    """Writes changes with numbers that never go back."""

    def __init__(self, connection: sqlite3.Connection, moment: Moment) -> None:
        self.connection = connection
        self.moment = moment
        self.written = 0
        self._next = 0
        self._last_runs: dict[str, str | None] = {}

    def write(
        self, issue: int, field: str, old: str | None, new: str | None, seen_at: str, **given: object
    ) -> int:
        """One change; `given`: at, not_before, author, origin, entry, item, is_past. Returns its number."""
        values = {
            **dict.fromkeys(("at", "not_before", "author", "entry", "item")),
            "id": self._number(),
            "issue": issue,
            "field": NUMBERS[field],
            "old": old,
            "new": new,
            "seen_at": seen_at,
            "origin": OBSERVED,
            "run": self.moment.run,
            "is_past": 0,
            **given,
        }
        self.connection.execute(_INSERT, values)
        self.written += 1
        return self._next

    def observe(self, issue: int, field: str, old: str, new: str, since: str | None, seen_at: str) -> None:
        """A difference that lies between two moments, unless the record ends in it already."""
        end = self.end(issue, field)
        if end != new:
            not_before = None if since is None else min(since, seen_at)
            self.write(issue, field, old if end is None else end, new, seen_at, not_before=not_before)

    def end(self, issue: int, field: str) -> str | None:
        """The value (JSON text) in which the record of a field ends; None without a record."""
        row = self.connection.execute(_END, [issue, NUMBERS[field]]).fetchone()
        return row[0] if row else None

    def last_run(self, source: str) -> str | None:
        """When the source's last complete run with the record began, by its clock; None if there was none."""
        if source not in self._last_runs:
            row = self.connection.execute(_LAST_RUN, [source]).fetchone()
            self._last_runs[source] = row[0] if row else None
        return self._last_runs[source]

    def _number(self) -> int:
        if not self._next:
            ((last,),) = self.connection.execute("SELECT coalesce(max(id), 0) FROM changes")
            self._next = max(last, int(datetime.fromisoformat(self.moment.now).timestamp() * 1000) - 1)
        self._next += 1
        return self._next


def record_differences(record: Record) -> set[int]:
    """Before staged rows are merged, record in what they differ from the stored ones.

    Returns the numbers of the issues that had been gone and are back.
    """
    returned = set()
    for row in record.connection.execute(_DIFFERENT).fetchall():
        issue, source, created_at, old, new, updated_at, missing_since, gone_at = row
        seen_at = record.moment.of(source)
        if missing_since or gone_at:
            record.write(
                issue, "back", None, None, seen_at, not_before=min(missing_since or gone_at, seen_at)
            )
        if gone_at:
            returned.add(issue)
        if old is None:
            continue  # an older worksupport did not compare it
        for field, before, after in differences(old, new):
            record.observe(issue, field, before, after, updated_at or created_at, seen_at)
            record.connection.execute(_ASK_AGAIN, [issue])
    return returned


def record_new(record: Record, returned: set[int]) -> None:
    """After the merge, record the issues that were not known, but for a source's first complete run."""
    for issue, source, created_at in record.connection.execute(_NEW).fetchall():
        last, seen_at = record.last_run(source), record.moment.of(source)
        if last is None or issue in returned:
            continue
        is_created_since = created_at is not None and created_at > last
        at, not_before = (created_at, None) if is_created_since else (None, min(last, seen_at))
        record.write(issue, "new", None, None, seen_at, at=at, not_before=not_before)


def record_events(record: Record, event: str, issues: Iterable[tuple[int, str, str | None]]) -> None:
    """What happened to whole issues: `missing` or `gone`; each is (issue, source, reason as JSON text)."""
    for issue, source, reason in issues:
        last, seen_at = record.last_run(source), record.moment.of(source)
        record.write(issue, event, None, reason, seen_at, not_before=min(last, seen_at) if last else None)


def bury(connection: sqlite3.Connection, where: str, values: Mapping[str, str], gone_at: str) -> None:
    """Keep the row of each issue that is about to be deleted, under its last real key."""
    connection.execute(_BURY.format(where=where), {**values, "gone_at": gone_at})


_ROW = ", ".join(
    f"'{column}', {column}"
    for column in (*(field.column for field in FIELDS if field.place != "texts"), "parent_by")
    if column != "issue_key"
)
_BURY = f"""
INSERT INTO gone_issues (id, source, source_id, gone_at, reason, issue)
SELECT id, source, source_id, :gone_at, missing_reason, json_object({_ROW}, 'issue_key',
    coalesce(json_extract(tracked, '$.key'), issue_key))
FROM issues WHERE {{where}}
"""


def forget_old(connection: sqlite3.Connection, before: str) -> None:
    """Drop the changes of what is gone since before then (UTC text), or done since; never of open work."""
    if sum(connection.execute(statement, {"before": before}).rowcount for statement in _FORGET):
        connection.execute("UPDATE data_state SET forgotten_before = ?", [before])


_FORGET = (
    "DELETE FROM changes WHERE issue IN (SELECT id FROM gone_issues WHERE gone_at < :before)",
    "DELETE FROM gone_issues WHERE gone_at < :before",
    """DELETE FROM changes WHERE issue IN (
        SELECT id FROM issues WHERE state IN ('done', 'dropped') AND coalesce(closed_at, updated_at) < :before
        AND NOT EXISTS (
            SELECT 1 FROM changes later WHERE later.issue = issues.id
            AND coalesce(later.at, later.seen_at) >= :before
        )
    )""",
)
