"""A GitHub issue as a row (README.md, "Issues")."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from worksupport.model.issue_fields import IssueRow
from worksupport.model.links import named_keys
from worksupport.model.past import Name
from worksupport.model.tracked import tracked_text
from worksupport.sources.records import Fields, OddRecordError, description, record_id, sent_type
from worksupport.text import storable

# GitHub has no more: an issue that is closed as not planned is done, too.
_CATEGORIES = {"open": "new", "closed": "done"}


def github_row(
    raw: object,
    *,
    names: Mapping[str, str],
    has_description: bool = True,
    jira_url: str | None = None,
) -> IssueRow:
    """One item of a search answer's `items` as a row.

    `names`: login in `casefold()` -> the member's name. `has_description`: whether it is wanted.
    `jira_url`: the site whose issues it may name. Raises OddRecordError for a record without id or without
    repository and number, or with a field of the wrong type.
    """
    source_id, key, fields = _identified(raw)
    accounts = [_account(user, names) for user in _assignees(fields)]
    return {
        "source": "github",
        "source_id": source_id,
        "issue_key": key,
        "summary": fields.text("title"),
        "assignee": _first_member(accounts, names),
        "assignees": [name for _, name in accounts],
        "assignee_accounts": accounts,
        "status": fields.text("state"),
        "status_category": _CATEGORIES.get(fields.text("state") or ""),
        "state_reason": fields.text("state_reason"),
        "labels": fields.names("labels"),
        "issue_type_id": None,
        "vendor_type": sent_type(fields.inner("type")),
        "parent_key": None,
        "url": fields.text("html_url"),
        "created_at": fields.time("created_at"),
        "updated_at": fields.time("updated_at"),
        "closed_at": fields.time("closed_at"),
        "priority": None,
        "resolution": None,
        "reporter": _reporter(fields, names),
        "due_date": None,
        "fix_versions": [],
        "flagged": False,
        "named_keys": named_keys(jira_url, fields.text("title"), fields.text("body")),
        "tracked": tracked_text(_tracked(key, fields)),
        "description": description(fields.text("body")) if has_description else None,
    }


def _tracked(key: str, fields: Fields) -> dict[str, Any]:
    """What the record of changes compares, in GitHub's ids (model/tracked.py)."""
    vendor_type = fields.inner("type")
    return {
        "key": key,
        "title": fields.text("title"),
        "type": record_id({"id": vendor_type.sent("id")}) if vendor_type else None,
        "status": fields.text("state"),
        "assignees": [user_id(user) for user in _assignees(fields)],
        "labels": fields.names("labels"),
        "state_reason": fields.text("state_reason"),
    }


def user_id(user: Fields) -> str:
    """A person's number, which stays when the login is changed; else the login."""
    return record_id({"id": user.sent("id")}) or user.text("login") or "ghost"


def github_names(raw: dict[str, Any], names: Mapping[str, str]) -> Iterator[Name]:
    """What the ids of an issue's tracked values are called now; `names`: as for `github_row`."""
    fields = Fields(raw, "")
    for user in _assignees(fields):
        yield "account", user_id(user), _account(user, names)[1], None
    vendor_type = fields.inner("type")
    if vendor_type and (type_id := record_id({"id": vendor_type.sent("id")})):
        yield "type", type_id, vendor_type.text("name") or type_id, None


def is_pull_request(raw: object) -> bool:
    """Whether the record is a pull request; in 2012 every issue had that key, all of its values null."""
    detail = raw.get("pull_request") if isinstance(raw, dict) else None
    return isinstance(detail, dict) and any(value is not None for value in detail.values())


def _identified(raw: object) -> tuple[str, str, Fields]:
    if not isinstance(raw, dict):
        raise OddRecordError(None, f"it is a {type(raw).__name__}, not an object")
    source_id, key = record_id(raw), issue_key(raw)
    if source_id is None or key is None:
        raise OddRecordError(key or source_id, "it has no id" if key else "it has no repository and number")
    return source_id, key, Fields(raw, key)


def issue_key(raw: dict[str, Any]) -> str | None:
    """`owner/repo#number`: two owners may have a repository of one name."""
    number = raw.get("number")
    repository = _last_two(raw.get("repository_url")) or _repository_of(raw.get("html_url"))
    if repository is None or not isinstance(number, int) or isinstance(number, bool):
        return None
    return storable(f"{repository}#{number}")


def _last_two(url: object) -> str | None:
    """`owner/repo` from `https://HOST/api/v3/repos/owner/repo`, whatever stands in front."""
    parts = _path_parts(url)
    return "/".join(parts[-2:]) if len(parts) >= 2 else None


def _repository_of(html_url: object) -> str | None:
    """`owner/repo` from `https://HOST/owner/repo/issues/1`."""
    parts = _path_parts(html_url)
    return "/".join(parts[-4:-2]) if len(parts) >= 4 else None


def _path_parts(url: object) -> list[str]:
    if not isinstance(url, str):
        return []
    try:
        return [part for part in urlsplit(url).path.split("/") if part]
    except ValueError:
        return []


def _assignees(fields: Fields) -> list[Fields]:
    """All assignees; the oldest servers send only one, as `assignee`."""
    if fields.has("assignees"):
        return fields.inner_list("assignees")
    only = fields.inner("assignee")
    return [only] if only else []


def _account(user: Fields, names: Mapping[str, str]) -> tuple[str, str]:
    login = user.text("login") or ""
    return login, names.get(login.casefold()) or login or "ghost"


def _reporter(fields: Fields, names: Mapping[str, str]) -> str | None:
    user = fields.inner("user")
    return _account(user, names)[1] if user else None


def _first_member(accounts: list[tuple[str, str]], names: Mapping[str, str]) -> str | None:
    members = [name for login, name in accounts if login.casefold() in names]
    everybody = [name for _, name in accounts]
    return next(iter(members + everybody), None)
