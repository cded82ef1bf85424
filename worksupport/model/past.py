"""What services tell of an issue's past, as sources shape it and the store fits it into the record."""

from dataclasses import dataclass
from typing import Any

# Kind, id, name and, of a status, category: see `names` in store/schema.py.
Name = tuple[str, str, str, str | None]


# As an entry's author: an app, or a rule of the service's.
AUTOMATION = "app"


@dataclass(frozen=True)
class Entry:
    """One item of one entry of an issue's history, as the service tells it; `old` and `new` as tracked.

    Of a set that is told one by one, `added` or `removed` is the member that came or went.
    """

    source_id: str
    entry: str
    item: int  # its place in the entry
    at: str  # UTC text
    author: str | None  # account or user id
    field: str  # of model/tracked.py
    old: Any = None
    new: Any = None
    added: str | None = None
    removed: str | None = None


@dataclass(frozen=True)
class Unread:
    """An issue whose past is to be read."""

    source_id: str
    key: str
    known: frozenset[str]  # the entries that the record has
