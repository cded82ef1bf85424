"""Jira's pages as rows: an odd record is left out by its key, contradictions are told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from worksupport.model.issue_fields import IssueRow
from worksupport.model.outcome import Kind, LeftOut
from worksupport.model.past import Name
from worksupport.network.service import Service
from worksupport.sources.base import LABELLED, Emit, Findings, Page
from worksupport.sources.jira.rows import jira_names, jira_row
from worksupport.sources.jira.types import SiteTypes
from worksupport.sources.records import OddRecordError, contradictions


@dataclass
class Shaper:
    """Turns the pages of a query into rows, hands them to the writer, and passes them on."""

    site_url: str
    types: SiteTypes
    names: Mapping[str, str]
    parent_fields: tuple[str, ...]
    flag_fields: tuple[str, ...]
    has_descriptions: bool
    findings: Findings
    emit: Emit
    service: Service
    accounts: set[str] = field(default_factory=set)  # whom issues named as assignee
    labelled: list[IssueRow] = field(default_factory=list)  # those that stand below others

    def pages(self, raw_pages: Iterable[list[Any]], level: str) -> Iterator[list[IssueRow]]:
        """Each raw page of a level as rows; a record that cannot be shaped is left out by its key."""
        for page in self.shaped(raw_pages, level):
            if level == LABELLED:
                self.labelled += [row for row in page.rows if row["parent_key"]]
            self.emit(page)
            yield page.rows

    def shaped(self, raw_pages: Iterable[list[Any]], level: str) -> Iterator[Page]:
        """The same pages, handed to nobody yet."""
        for raw_page in raw_pages:
            rows = [row for raw in raw_page if (row := self.row(raw)) is not None]
            self.accounts.update(account for row in rows for account, _ in row["assignee_accounts"])
            self.findings.warnings += contradictions(rows)
            names = {name for raw in raw_page for name in _names(raw)}
            yield Page("jira", rows, level, sorted(names, key=str), self.service.seen_at)

    def row(self, raw: Any) -> IssueRow | None:
        """One record of an answer as a row; None for what is left out."""
        try:
            return jira_row(
                raw,
                site_url=self.site_url,
                type_ids=self.types.configured,
                names=self.names,
                parent_fields=self.parent_fields,
                flag_fields=self.flag_fields,
                has_description=self.has_descriptions,
            )
        except OddRecordError as error:
            self.findings.left_out.append(LeftOut("jira", Kind.RECORD, error.record or "", str(error)))
            return None


def _names(raw: Any) -> list[Name]:
    try:
        return list(jira_names(raw)) if isinstance(raw, dict) else []
    except OddRecordError:
        return []
