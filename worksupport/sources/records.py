"""What shaping a Jira and a GitHub issue has in common: fields read without trusting their type."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.errors import WorksupportError
from worksupport.model.issue_fields import IssueRow, VendorType
from worksupport.text import storable, visible

LONGEST_DESCRIPTION = 20_000
_LEAP_SECOND = re.compile(r"(?<=:\d\d:)60")


class OddRecordError(WorksupportError):
    """A record that cannot be shaped; `record` is its key, else its id, else None."""

    def __init__(self, record: str | None, reason: str) -> None:
        super().__init__(f"{visible(record) if record else 'a record without key and id'}: {reason}")
        self.record = record


class Fields:
    """A JSON object's members, each null or of its expected type: anything else is an OddRecordError.

    A member that has the wrong type is not read as null, or a damaged answer would overwrite good data.
    """

    def __init__(self, values: dict[str, Any], record: str) -> None:
        self._values = values
        self._record = record

    def text(self, name: str) -> str | None:
        """A string, safe to store."""
        value = self._values.get(name)
        if isinstance(value, str):
            return storable(value)
        self._only_null(name, value, str)
        return None

    def inner(self, name: str) -> "Fields | None":
        """A JSON object; None also for an empty one."""
        value = self._values.get(name)
        if isinstance(value, dict):
            return Fields(value, self._record) if value else None
        self._only_null(name, value, dict)
        return None

    def inner_list(self, name: str) -> list["Fields"]:
        """An array of JSON objects, without its nulls."""
        found = []
        for item in self._items(name):
            if isinstance(item, dict):
                found.append(Fields(item, self._record))
            else:
                self._only_null(name, item, dict)
        return found

    def names(self, name: str) -> list[str]:
        """An array of strings, or of objects with a `name`, as labels are; each once, in the order sent."""
        found: dict[str, None] = {}
        for item in self._items(name):
            text = item.get("name") if isinstance(item, dict) else item
            if isinstance(text, str):
                found[storable(text)] = None
            else:
                self._only_null(name, text, str)
        return list(found)

    def time(self, name: str) -> str | None:
        """A time as UTC text; null where it is unreadable or does not say its zone."""
        return utc_time(self._values.get(name))

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._values.get(name) is not None

    def sent(self, name: str) -> Any:
        """The member as sent."""
        return self._values.get(name)

    def _items(self, name: str) -> list[Any]:
        value = self._values.get(name)
        if isinstance(value, list):
            return value
        self._only_null(name, value, list)
        return []

    def _only_null(self, name: str, value: object, kind: type) -> None:
        """Raises for what is neither null nor, as the caller has seen, of its expected type."""
        if value is not None:
            raise OddRecordError(self._record, f"{name} is a {type(value).__name__}, not a {kind.__name__}")


def contradictions(rows: Iterable[IssueRow]) -> list[str]:
    """A sentence for each issue that stands twice in one answer, under two keys: the newer one is stored."""
    keys: dict[str, str] = {}
    found = []
    for row in rows:
        first = keys.setdefault(row["source_id"], row["issue_key"])
        if first != row["issue_key"]:
            both = f"{visible(first)} and {visible(row['issue_key'])}"
            found.append(f"{row['source']}: one answer has issue {row['source_id']} twice, as {both}")
    return found


def record_id(raw: dict[str, Any]) -> str | None:
    """A record's `id` as text; both services have numeric ones, Jira as a string."""
    value = raw.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return storable(value) if isinstance(value, str) and value else None


def sent_type(issue_type: Fields | None) -> VendorType | None:
    """Id and name of the type as the service tells them; None for no type. Raises OddRecordError."""
    if issue_type is None:
        return None
    return {"id": record_id({"id": issue_type.sent("id")}), "name": issue_type.text("name")}


def description(text: str | None) -> str:
    """A description safe to store, cut where it is very long; "" for none."""
    text = storable(text or "")
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    return f"{text[:LONGEST_DESCRIPTION]}\n… (cut after {LONGEST_DESCRIPTION:,} characters)"


def record_text(raw: dict[str, Any], name: str) -> str | None:
    """A record's member if it is a string that is not empty, safe to store."""
    value = raw.get(name)
    return storable(value) if isinstance(value, str) and value else None


def utc_time(value: object) -> str | None:
    """`2015-12-02T07:39:15.000-0800`, `...Z` and the like as UTC text; None if it cannot be read.

    A time without zone is not read either: any guess would be wrong for some site. A leap second, which
    Python does not know, is the second after it.
    """
    if not isinstance(value, str):
        return None
    leap = ":60" in value and _LEAP_SECOND.search(value)
    try:
        moment = datetime.fromisoformat(_LEAP_SECOND.sub("59", value) if leap else value)
        if leap:
            moment += timedelta(seconds=1)
        return utc_text(moment) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
