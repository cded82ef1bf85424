"""Rows for tests of the store: only what the test is about needs saying."""

from collections.abc import Iterable
from typing import Any

from worksupport.model.issue_fields import IssueRow, VendorType
from worksupport.model.tracked import tracked_text


def made_row(
    source_id: str,
    key: str,
    parent: str | None = None,
    *,
    summary: str | None = None,
    assignees: Iterable[str] = (),
    assignee_accounts: Iterable[tuple[str, str]] = (),
    labels: Iterable[str] = (),
    issue_type_id: int = 10101,
    vendor_type: VendorType | None = None,
    updated_at: str | None = None,
    created_at: str | None = None,
    tracked: dict[str, Any] | None = None,
) -> IssueRow:
    """A Jira row of this id, key and parent; `tracked`: values beside those that follow from the others."""
    return {
        "source": "jira",
        "source_id": source_id,
        "issue_key": key,
        "summary": f"Summary of {source_id}" if summary is None else summary,
        "assignee": None,
        "assignees": list(assignees),
        "assignee_accounts": list(assignee_accounts),
        "status": "Open",
        "status_category": "new",
        "state_reason": None,
        "labels": list(labels),
        "issue_type_id": issue_type_id,
        "vendor_type": vendor_type,
        "parent_key": parent,
        "url": None,
        "created_at": created_at,
        "updated_at": updated_at,
        "closed_at": None,
        "priority": None,
        "resolution": None,
        "reporter": None,
        "due_date": None,
        "fix_versions": [],
        "flagged": False,
        "named_keys": None,
        "tracked": tracked_text(
            {
                "key": key,
                "title": f"Summary of {source_id}" if summary is None else summary,
                "parent": parent,
                "assignees": [account for account, _ in assignee_accounts],
                "labels": list(labels),
                **(tracked or {}),
            }
        ),
        "description": "",
    }
