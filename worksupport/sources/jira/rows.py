"""A Jira issue (Cloud v3, or v2 as Data Center has it) as a row. README.md, "Issues"."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from worksupport.model.hierarchy import UNKNOWN_TYPE_ID
from worksupport.model.issue_fields import IssueRow, VendorType
from worksupport.model.past import Name
from worksupport.model.tracked import tracked_text
from worksupport.sources.jira.adf import adf_text
from worksupport.sources.jira.people import account_of
from worksupport.sources.records import Fields, OddRecordError, description, record_id, record_text, sent_type
from worksupport.text import storable

_CATEGORIES = {"new", "indeterminate", "done"}
# The kinds of `names`, and the field of an issue that tells them.
_NAMED = {
    **{"type": "issuetype", "priority": "priority", "resolution": "resolution", "status": "status"},
    "version": "fixVersions",
}


def jira_row(
    raw: object,
    *,
    site_url: str,
    type_ids: Mapping[str, int],
    names: Mapping[str, str],
    parent_fields: Iterable[str] = (),
    flag_fields: Iterable[str] = (),
    has_description: bool = True,
) -> IssueRow:
    """One item of a search answer's `issues` as a row.

    `site_url`: the site as people see it, for the link. `type_ids`: Jira's type id -> the configured one;
    others become -1. `names`: account id (Data Center: user name) -> the member's name. `parent_fields`:
    further fields that may hold the parent (Data Center's Epic Link and Parent Link, as `customfield_1`).
    `flag_fields`: those in one of which a flagged issue has a value. `has_description`: whether it was asked
    for. Raises OddRecordError for a record without id or key, or with a field of the wrong type.
    """
    source_id, key, fields = _identified(raw)
    account, name = _assignee(fields.inner("assignee"), names)
    vendor_type = sent_type(fields.inner("issuetype"))
    status = fields.inner("status")
    row: IssueRow = {
        "source": "jira",
        "source_id": source_id,
        "issue_key": key,
        "summary": fields.text("summary"),
        "assignee": name,
        "assignees": [name] if name else [],
        "assignee_accounts": [(account, name)] if name else [],
        "status": status.text("name") if status else None,
        "status_category": _category(status),
        "state_reason": None,
        "labels": fields.names("labels"),
        "issue_type_id": type_ids.get(_type_id(vendor_type), UNKNOWN_TYPE_ID),
        "vendor_type": vendor_type,
        "parent_key": _parent_key(fields, parent_fields),
        "url": f"{site_url.rstrip('/')}/browse/{key}",
        "created_at": fields.time("created"),
        "updated_at": fields.time("updated"),
        "closed_at": fields.time("resolutiondate"),
        "priority": _name(fields.inner("priority")),
        "resolution": _name(fields.inner("resolution")),
        "reporter": _assignee(fields.inner("reporter"), names)[1],
        "due_date": fields.text("duedate"),
        "fix_versions": fields.names("fixVersions"),
        "flagged": any(fields.sent(name) for name in flag_fields),
        "named_keys": None,
        "tracked": "",  # of what stands here, below
        "description": description(adf_text(fields.sent("description"))) if has_description else None,
    }
    row["tracked"] = tracked_text(_tracked(row, fields, account))
    return row


def _tracked(row: IssueRow, fields: Fields, account: str) -> dict[str, Any]:
    """What the record of changes compares, in Jira's ids (model/tracked.py)."""
    vendor_type = row["vendor_type"]
    return {
        "key": row["issue_key"],
        "title": row["summary"],
        "type": vendor_type["id"] if vendor_type else None,
        "parent": _id(fields.inner("parent")) or row["parent_key"],
        "status": _id(fields.inner("status")),
        "assignees": [account] if account else [],
        "labels": row["labels"],
        "priority": _id(fields.inner("priority")),
        "resolution": _id(fields.inner("resolution")),
        "due_date": row["due_date"],
        "fix_versions": [_id(each) or "" for each in _versions(fields)],
        "flagged": row["flagged"],
    }


def jira_names(raw: dict[str, Any]) -> Iterator[Name]:
    """What the ids of an issue's tracked values are called now; nothing for what has no id.

    Without `Fields`: the same few names come with every issue.
    """
    fields = raw.get("fields")
    if not isinstance(fields, dict):
        return
    for kind, name in _NAMED.items():
        sent = fields.get(name)
        for value in sent if isinstance(sent, list) else (sent,):
            if isinstance(value, dict):
                yield from status_names(value) if kind == "status" else _named(kind, value.get("id"), value)
    user = fields.get("assignee")
    if isinstance(user, dict) and (account := account_of(user)):
        yield from _named("account", account, {"name": user.get("displayName") or account})


def status_names(status: dict[str, Any]) -> Iterator[Name]:
    """What a status is called, with its category."""
    category = status.get("statusCategory")
    key = category.get("key") if isinstance(category, dict) else None
    known = key if isinstance(key, str) and key in _CATEGORIES else None
    yield from _named("status", status.get("id"), status, known)


def _named(kind: str, value_id: object, value: dict[str, Any], category: str | None = None) -> Iterator[Name]:
    name = value.get("name")
    if isinstance(value_id, str) and value_id and isinstance(name, str) and name:
        yield kind, storable(value_id), storable(name), category


def _versions(fields: Fields) -> list[Fields]:
    sent = fields.sent("fixVersions")
    return [Fields(each, "") for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []


def _id(value: Fields | None) -> str | None:
    """Old servers leave some ids out: then the name has to do."""
    return (record_id({"id": value.sent("id")}) or value.text("name")) if value else None


def _identified(raw: object) -> tuple[str, str, Fields]:
    if not isinstance(raw, dict):
        raise OddRecordError(None, f"it is a {type(raw).__name__}, not an object")
    source_id, key = record_id(raw), record_text(raw, "key")
    if source_id is None or key is None:
        raise OddRecordError(key or source_id, "it has no id" if key else "it has no key")
    fields = raw.get("fields")
    # Every issue has a type and a status: none of the fields asked for would empty a good row.
    if not isinstance(fields, dict) or not fields:
        raise OddRecordError(key, "it has no fields")
    return source_id, key, Fields(fields, key)


def _assignee(user: Fields | None, names: Mapping[str, str]) -> tuple[str, str | None]:
    """The account ('' if it tells none) and the name to show."""
    if user is None:
        return "", None
    # Data Center has no account ids: there people are found by user name.
    account = user.text("accountId") or user.text("name") or user.text("key") or ""
    if account == "unknown":  # what Cloud says for some deleted users, of all of them alike
        account = ""
    member = names.get(account) or names.get(account.casefold())
    return account, member or user.text("displayName") or user.text("name") or account or None


def _name(value: Fields | None) -> str | None:
    return value.text("name") if value else None


def _type_id(vendor_type: VendorType | None) -> str:
    return (vendor_type["id"] if vendor_type else None) or ""


def _category(status: Fields | None) -> str | None:
    """The category's key: names can be renamed and are in the account's language."""
    category = status.inner("statusCategory") if status else None
    key = category.text("key") if category else None
    return key if key in _CATEGORIES else None


def _parent_key(fields: Fields, further_fields: Iterable[str]) -> str | None:
    parent = fields.inner("parent")
    if parent and (key := parent.text("key")):
        return key
    return next((key for name in further_fields if (key := _linked_key(fields.sent(name)))), None)


def _linked_key(value: Any) -> str | None:
    """An Epic Link is a key; a Parent Link is a key or, by version, an object that has it (or its `data`)."""
    if isinstance(value, dict):
        return record_text(value, "key") or _linked_key(value.get("data"))
    return record_text({"key": value}, "key")
