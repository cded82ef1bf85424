"""From an answer's issue to the row we store: pure."""

from worksupport.rows.common import OddRecordError
from worksupport.rows.github import github_row, is_pull_request
from worksupport.rows.jira import jira_row

__all__ = ["OddRecordError", "github_row", "is_pull_request", "jira_row"]
