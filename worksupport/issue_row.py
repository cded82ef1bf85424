"""One issue as we store it: what the shaping half makes and the store keeps."""

from typing import TypedDict


class VendorType(TypedDict):
    """An issue's type as the service says."""

    id: str | None
    name: str | None


class IssueRow(TypedDict):
    """One issue as we store it; times are UTC text with milliseconds."""

    source: str
    source_id: str
    issue_key: str
    summary: str | None
    assignee: str | None
    assignees: list[str]
    assignee_accounts: list[tuple[str, str]]  # account id or login ('' if unknown), and the name shown
    status: str | None
    status_category: str | None
    state_reason: str | None
    labels: list[str]
    issue_type_id: int | None
    vendor_type: VendorType | None
    parent_key: str | None
    url: str | None
    created_at: str | None
    updated_at: str | None
    closed_at: str | None
