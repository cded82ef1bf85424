"""What a run no longer found, asked for by its id: gone, moved, or only lost by the search index.

README.md, "Disappearance". Only what is confirmed is marked; what still looks in scope is searched once more,
with its ids reconciled.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from worksupport.errors import IncompleteError
from worksupport.model.issue_fields import IssueRow
from worksupport.sources.base import Lost, LostIssues, batches
from worksupport.sources.jira.client import Jira
from worksupport.sources.jira.jql import in_list, without_order

logger = logging.getLogger(__name__)

# With the witness a hundred.
_IDS_A_REQUEST = 99
_IDS_RECONCILED = 50


@dataclass(frozen=True)
class InScope:
    """What makes an issue one of ours, as far as its fields tell."""

    root_jql: str
    root_type_ids: frozenset[int]
    child_type_ids: frozenset[int]
    label: str | None
    accounts: frozenset[str]  # folded, of the members
    parents: set[str]  # the keys below which this run has looked
    labelled: list[IssueRow] = field(default_factory=list)  # that this run has seen for their label

    def look_below(self) -> None:
        """Take what was seen for its label as a parent too, where it stands below one.

        The walk has not looked below it if the search has hidden what is above.
        """
        waiting = [row for row in self.labelled if row["issue_key"] not in self.parents]
        while more := {row["issue_key"] for row in waiting if self._is_child(row)} - self.parents:
            self.parents.update(more)

    def fits(self, row: IssueRow) -> bool:
        """Whether it looks like a root, a child of what the run has seen, or a member's labelled issue."""
        return self._is_root(row) or self._is_child(row) or self._is_labelled(row)

    def is_only_root(self, row: IssueRow) -> bool:
        """Whether only the root query can tell that it is ours."""
        return not self._is_child(row) and not self._is_labelled(row)

    def why_not(self, row: IssueRow, lost: Lost) -> str:
        """Why an issue that is still there is none of ours any more."""
        if row["issue_key"] != lost.key:
            return f"moved to {row['issue_key']}"
        if self.label and self.label.casefold() in lost.labels:
            return "reassigned" if self._has_label(row) else "label removed"
        return "left the tree"

    def _is_root(self, row: IssueRow) -> bool:
        return row["issue_type_id"] in self.root_type_ids

    def _is_child(self, row: IssueRow) -> bool:
        return row["issue_type_id"] in self.child_type_ids and row["parent_key"] in self.parents

    def _is_labelled(self, row: IssueRow) -> bool:
        accounts = {account.casefold() for account, _ in row["assignee_accounts"]}
        return self._has_label(row) and not self.accounts.isdisjoint(accounts)

    def _has_label(self, row: IssueRow) -> bool:
        return bool(self.label) and str(self.label).casefold() in map(str.casefold, row["labels"])


@dataclass
class Verdicts:
    """What became of each issue that was lost, by the vendor's id."""

    reasons: dict[str, str] = field(default_factory=dict)
    unconfirmed: set[str] = field(default_factory=set)
    left: list[IssueRow] = field(default_factory=list)  # still there, and none of ours
    found: list[IssueRow] = field(default_factory=list)  # the index was at fault


def confirm(
    client: Jira, lost: LostIssues, in_scope: InScope, shape: Callable[[Any], IssueRow | None]
) -> Verdicts:
    """Ask for each of the lost issues. Raises what the client raises."""
    verdicts, there = Verdicts(), dict[str, IssueRow]()
    for batch in batches([issue.source_id for issue in lost.issues], _IDS_A_REQUEST):
        try:
            raws = client.by_id((*batch, *lost.witness))
        except IncompleteError as error:
            logger.warning(error.message)
            verdicts.unconfirmed |= set(batch)
            continue
        rows = [row for raw in raws if (row := shape(raw)) is not None]
        found = {row["source_id"]: row for row in rows}
        if not found.keys() >= set(lost.witness):
            verdicts.unconfirmed |= set(batch)  # an answer without our witness proves nothing
            continue
        there |= {each: found[each] for each in batch if each in found}
        verdicts.reasons |= {each: "deleted or hidden" for each in batch if each not in found}
    _search_again(client, there, in_scope, verdicts)
    by_id = {issue.source_id: issue for issue in lost.issues}
    for source_id, row in there.items():
        verdicts.reasons[source_id] = in_scope.why_not(row, by_id[source_id])
        verdicts.left.append(row)
    return verdicts


def _search_again(client: Jira, there: dict[str, IssueRow], in_scope: InScope, verdicts: Verdicts) -> None:
    """Take out of `there` what looks in scope, from the top down: the children of what is found fit then."""
    while fitting := _fitting(there, in_scope):
        found = set(_found(client, fitting, in_scope))
        for row in fitting:
            del there[row["source_id"]]
            if row["source_id"] in found:
                verdicts.found.append(row)
                in_scope.parents.add(row["issue_key"])
            else:
                verdicts.reasons[row["source_id"]] = "archived or hidden"


def _fitting(there: dict[str, IssueRow], in_scope: InScope) -> list[IssueRow]:
    in_scope.look_below()
    return [row for row in there.values() if in_scope.fits(row)]


def _found(client: Jira, rows: list[IssueRow], in_scope: InScope) -> Iterator[str]:
    """The ids of those that the search finds once their ids are reconciled; roots by the root query."""
    for is_root in (False, True):
        keys = {row["source_id"]: row["issue_key"] for row in rows if in_scope.is_only_root(row) == is_root}
        for batch in batches(list(keys), _IDS_RECONCILED):
            jql = f"key IN {in_list([keys[each] for each in batch])}"
            if is_root:
                jql = f"({without_order(in_scope.root_jql)}) AND {jql}"
            for page in client.search(jql, reconciled=batch):
                yield from (str(raw.get("id")) for raw in page if isinstance(raw, dict))
