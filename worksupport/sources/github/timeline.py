"""GitHub's timelines: what an issue's events say of what we track (README.md, "Timelines")."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from worksupport.model.past import Entry
from worksupport.network.responses import Response, is_list
from worksupport.network.service import Service
from worksupport.sources.github.rows import user_id
from worksupport.sources.records import Fields, OddRecordError, record_id, utc_time

_EVENTS_A_PAGE = 100
_GONE = (301, 404, 410)


def read_timeline(service: Service, key: str, source_id: str, known: frozenset[str]) -> list[Entry] | None:
    """The entries of an issue, from its newest page back to one that is `known`; None if it is not there."""
    repository, _, number = key.rpartition("#")
    path = f"/repos/{repository}/issues/{number}/timeline"
    first = service.request("GET", path, params={"per_page": _EVENTS_A_PAGE}, accept=_GONE, check=_check)
    if first.status != 200:
        return None
    entries = list(_entries(first, source_id))
    for page in range(_last_page(first), 1, -1):
        params = {"per_page": _EVENTS_A_PAGE, "page": page}
        found = list(_entries(service.request("GET", path, params=params, check=_check), source_id))
        entries += found
        if not known.isdisjoint(entry.entry for entry in found):
            break
    return entries


def _check(document: Any) -> str:
    return "" if isinstance(document, dict) else is_list(document)


def _last_page(response: Response) -> int:
    parts = response.link_query("last").split("&")
    pages = [part[5:] for part in parts if part.startswith("page=")]
    return int(pages[0]) if pages and pages[0].isdecimal() else 1


def _entries(response: Response, source_id: str) -> Iterator[Entry]:
    events = response.document if isinstance(response.document, list) else []
    for event in events:
        with suppress(OddRecordError):
            yield from github_entries(event, source_id)


def github_entries(event: Any, source_id: str) -> Iterator[Entry]:
    """What one event says of what we track; nothing for others, and for those without an id.

    Raises OddRecordError for a member of the wrong type.
    """
    if not isinstance(event, dict):
        return
    fields, entry, at = Fields(event, "event"), record_id(event), utc_time(event.get("created_at"))
    if entry is None or at is None:
        return
    actor = fields.inner("actor")
    author = user_id(actor) if actor else None
    for number, told in enumerate(_told(fields.text("event") or "", fields)):
        yield Entry(source_id, entry, number, at, author, **told)


def _told(kind: str, fields: Fields) -> Iterator[dict[str, Any]]:
    if kind in ("labeled", "unlabeled") and (label := fields.inner("label")):
        yield {"field": "labels", "added" if kind == "labeled" else "removed": label.text("name")}
    elif kind in ("assigned", "unassigned") and (user := fields.inner("assignee")):
        yield {"field": "assignees", "added" if kind == "assigned" else "removed": user_id(user)}
    elif kind == "renamed" and (rename := fields.inner("rename")):
        yield {"field": "title", "old": rename.text("from"), "new": rename.text("to")}
    elif kind in ("closed", "reopened"):
        states = ("open", "closed") if kind == "closed" else ("closed", "open")
        yield {"field": "status", "old": states[0], "new": states[1]}
