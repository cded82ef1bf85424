"""What the copy has of an issue, as far as one must know it to judge a change."""

from dataclasses import dataclass

from worksupport.model.issue_fields import IssueRow


@dataclass(frozen=True)
class Known:
    """An issue as the copy has it, for a source that asks only for what changed."""

    source_id: str
    key: str
    type_id: int | None
    parent: str | None  # as the service names it: an id, on some servers a key
    labels: frozenset[str]  # folded
    accounts: frozenset[str]  # folded, of its assignees
    is_missing: bool
    updated_at: str | None  # UTC text

    def is_newer_than(self, row: IssueRow) -> bool:
        """Whether an answer shows the issue as it was before: replicas lag."""
        return (row["updated_at"] or "") < (self.updated_at or "")
