"""Jira's changelogs: what an issue's histories say of what we track (README.md, "Changelogs")."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from worksupport.clock import utc_text
from worksupport.errors import IncompleteError
from worksupport.model.past import AUTOMATION, Entry, Name
from worksupport.network.responses import is_object
from worksupport.sources.base import batches
from worksupport.sources.jira.people import account_of
from worksupport.sources.jira.search import Ask, Deployment
from worksupport.sources.records import record_id, utc_time
from worksupport.text import storable

IDS_A_REQUEST = 1000
_HISTORIES_A_PAGE = 1000
_MOST_PAGES = 10_000
_IDS_A_SEARCH = 50
# By the `field` of an item, which stays English; the parent has had many names.
_PLAIN = {"summary": "title", "duedate": "due_date"}
_BY_ID = {
    **{"status": "status", "issuetype": "type", "priority": "priority", "resolution": "resolution"},
    **dict.fromkeys(("IssueParentAssociation", "Epic Link", "Parent Link", "Parent"), "parent"),
}
_VERSION, _LABELS, _ASSIGNEE, _FLAG, _KEY = "Fix Version", "labels", "assignee", "Flagged", "Key"

# By the vendor's id of each issue asked for: its entries, perhaps none; and what their ids were called then.
Told = tuple[dict[str, list[Entry]], set[Name]]
# The kinds of `names`, by the field of an item.
_KINDS = {
    **{"status": "status", "issuetype": "type", "priority": "priority", "resolution": "resolution"},
    **{_VERSION: "version", _ASSIGNEE: "account"},
}


def jira_entries(history: Any, source_id: str) -> Iterator[Entry]:
    """What one history says of what we track; nothing for what cannot be read."""
    if not isinstance(history, dict):
        return
    entry, at, items = record_id(history), _moment(history.get("created")), history.get("items")
    if entry is None or at is None or not isinstance(items, list):
        return
    author = _author(history.get("author"))
    for number, item in enumerate(items):
        if isinstance(item, dict) and (told := _told(item)):
            yield Entry(source_id, entry, number, at, author, **told)


def jira_names_then(history: Any) -> Iterator[Name]:
    """What the ids in a history were called at that time."""
    items = history.get("items") if isinstance(history, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and (kind := _KINDS.get(_text(item, "field") or "")):
            for which in ("from", "to"):
                value_id, name = _text(item, which), _text(item, f"{which}String")
                if value_id and name:
                    yield kind, value_id, name, None


def read_changelogs(ask: Ask, deployment: Deployment, ids: Sequence[str]) -> Iterator[Told]:
    """The entries of these issues, as many issues at once as the deployment lets us ask for.

    Raises IncompleteError for pages without end, and what `ask` raises.
    """
    if deployment.has_user_bulk:
        for batch in batches(list(ids), IDS_A_REQUEST):
            yield _bulk(ask, deployment, batch)
    else:
        for batch in batches(list(ids), _IDS_A_SEARCH):
            yield _expanded(ask, deployment, batch)


def _bulk(ask: Ask, deployment: Deployment, ids: Sequence[str]) -> Told:
    """Page by page; a history may come twice, and an issue's histories on several pages."""
    past: dict[str, dict[str, list[Entry]]] = {each: {} for each in ids}
    names: set[Name] = set()
    token, seen = None, set[str]()
    for _ in range(_MOST_PAGES):
        body: dict[str, Any] = {"issueIdsOrKeys": list(ids), "maxResults": _HISTORIES_A_PAGE}
        if token:
            body["nextPageToken"] = token
        page = ask("POST", f"{deployment.api}/changelog/bulkfetch", json=body, check=is_object).document
        for log in page.get("issueChangeLogs") or ():
            source_id = str(log.get("issueId"))
            for history in log.get("changeHistories") or ():
                if source_id in past and (entry := record_id(history)):
                    past[source_id][entry] = list(jira_entries(history, source_id))
                    names |= set(jira_names_then(history))
        token = page.get("nextPageToken")
        if not token:
            return {each: [*chain(*entries.values())] for each, entries in past.items()}, names
        if token in seen:
            break
        seen.add(token)
    raise IncompleteError("Jira's changelogs have pages without end")


def _expanded(ask: Ask, deployment: Deployment, ids: Sequence[str]) -> Told:
    """Data Center tells the whole changelog with the issue."""
    past: dict[str, list[Entry]] = {each: [] for each in ids}
    names: set[Name] = set()
    body: dict[str, Any] = {"jql": f"id in ({', '.join(ids)})", "maxResults": len(ids)}
    body |= {"fields": ["id"], "expand": ["changelog"]}
    page = ask("POST", f"{deployment.api}/search", json=body, check=is_object).document
    for issue in page.get("issues") or ():
        source_id = str(issue.get("id"))
        for history in (issue.get("changelog") or {}).get("histories") or ():
            past.setdefault(source_id, []).extend(jira_entries(history, source_id))
            names |= set(jira_names_then(history))
    return past, names


def _told(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The field and values of one item; None for what we do not track."""
    name, before, after = _text(item, "field"), _text(item, "from"), _text(item, "to")
    if name in _PLAIN:
        return {"field": _PLAIN[name], "old": _either(item, "from"), "new": _either(item, "to")}
    if name in _BY_ID:
        return {"field": _BY_ID[name], "old": before, "new": after}
    if name == _ASSIGNEE:
        return {"field": "assignees", "old": _members(before), "new": _members(after)}
    if name == _LABELS:
        words = [(_text(item, which) or "").split() for which in ("fromString", "toString")]
        return {"field": "labels", "old": words[0], "new": words[1]}
    if name == _VERSION:
        return {"field": "fix_versions", "removed": before, "added": after}
    if name == _FLAG:
        return {
            "field": "flagged",
            "old": bool(_text(item, "fromString")),
            "new": bool(_text(item, "toString")),
        }
    if name == _KEY:
        return {"field": "key", "old": _text(item, "fromString"), "new": _text(item, "toString")}
    return None


def _members(account: str | None) -> list[str]:
    return [account] if account else []


def _either(item: Mapping[str, Any], which: str) -> str | None:
    """A date stands in `from`, a title only in `fromString`."""
    value = _text(item, which)
    return value if value is not None else _text(item, f"{which}String")


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return storable(value) if isinstance(value, str) and value else None


def _moment(created: Any) -> str | None:
    """Text with an offset, or milliseconds since 1970, as the bulk answer has them."""
    if isinstance(created, int | float) and not isinstance(created, bool):
        try:
            return utc_text(datetime.fromtimestamp(created / 1000, UTC))
        except (ValueError, OverflowError, OSError):
            return None
    return utc_time(created)


def _author(author: Any) -> str | None:
    if not isinstance(author, dict):
        return None
    if author.get("accountType") == "app":
        return AUTOMATION
    return account_of(author)
