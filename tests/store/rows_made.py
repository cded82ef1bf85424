"""Rows for tests of the store: only what the test is about needs saying."""

from typing import Any

from worksupport.model.issue_fields import IssueRow


def made_row(source_id: str, key: str, parent: str | None = None, **values: Any) -> IssueRow:
    """A Jira row of this id, key and parent."""
    row: dict[str, Any] = {
        "source": "jira",
        "source_id": source_id,
        "issue_key": key,
        "summary": f"Summary of {source_id}",
        "assignee": None,
        "assignees": [],
        "assignee_accounts": [],
        "status": "Open",
        "status_category": "new",
        "state_reason": None,
        "labels": [],
        "issue_type_id": 10101,
        "vendor_type": None,
        "parent_key": parent,
        "url": None,
        "created_at": None,
        "updated_at": None,
        "closed_at": None,
    }
    return {**row, **values}  # type: ignore[return-value]
