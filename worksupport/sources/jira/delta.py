"""What changed is judged: still ours, newly ours, or no longer; pure.

A query for changes brings whatever changed in the copy's projects. Parents are known by the vendor's id,
since a key changes when its issue moves; what is older than the copy's own is passed over: replicas lag.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from worksupport.model.hierarchy import Hierarchy
from worksupport.model.issue_fields import IssueRow
from worksupport.model.known import Known
from worksupport.sources.base import Lost


@dataclass
class Delta:
    """What a run brought, by id, beside what the copy has of it and above it.

    `roots`: the ids that the root query brings today. `label` and `accounts` are folded.
    """

    hierarchy: Hierarchy
    label: str | None
    accounts: frozenset[str]
    roots: frozenset[str]
    fresh: dict[str, IssueRow]
    known: dict[str, Known]
    _ids: dict[str, str] = field(default_factory=dict)  # by key
    _judged: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fresh = {each: row for each, row in self.fresh.items() if not self._is_stale(row)}
        self._ids = {known.key: source_id for source_id, known in self.known.items()}
        self._ids |= {row["issue_key"]: source_id for source_id, row in self.fresh.items()}

    def _is_stale(self, row: IssueRow) -> bool:
        known = self.known.get(row["source_id"])
        return known is not None and known.is_newer_than(row)

    def ours(self) -> set[str]:
        """The ids of what is to be stored."""
        return {source_id for source_id in self.fresh if self._is_ours(source_id)}

    def _is_ours(self, source_id: str) -> bool:
        """Whether it is in the tree, or a labelled issue of a member's."""
        return self._is_in_tree(source_id) or self._is_labelled(source_id)

    def _is_in_tree(self, source_id: str) -> bool:
        """Whether it is a root, or a child of what is in the tree: a label alone brings no children.

        What has not changed and of whose parent nothing is known stays what it was.
        """
        if source_id not in self._judged:
            self._judged[source_id] = False  # a cycle of parents holds nothing
            self._judged[source_id] = self._judge(source_id)
        return self._judged[source_id]

    def _judge(self, source_id: str) -> bool:
        if source_id in self.roots:
            return True
        is_old, known = source_id not in self.fresh, self.known.get(source_id)
        if is_old and (known is None or known.is_missing):
            return False
        parent = self._parent_of(source_id)
        if is_old and (parent is None or self._is_long_gone(parent)):
            return not self._is_labelled(source_id)
        if parent is None:
            return False
        return self._is_in_tree(parent) and self._fits(source_id, parent)

    def _is_long_gone(self, source_id: str) -> bool:
        return source_id not in self.fresh and self.known[source_id].is_missing

    def _is_labelled(self, source_id: str) -> bool:
        row, known = self.fresh.get(source_id), self.known.get(source_id)
        if row is not None:
            labels = frozenset(map(str.casefold, row["labels"]))
            accounts = frozenset(account.casefold() for account, _ in row["assignee_accounts"])
        elif known is not None and not known.is_missing:
            labels, accounts = known.labels, known.accounts
        else:
            return False
        return self.label in labels and not self.accounts.isdisjoint(accounts)

    def _parent_of(self, source_id: str) -> str | None:
        """The id of its parent as it is now, if that is known."""
        row = self.fresh.get(source_id)
        named = parent_named(row) if row is not None else self.known[source_id].parent
        if named is None or named in self.fresh or named in self.known:
            return named
        return self._ids.get(named)

    def _fits(self, source_id: str, parent: str) -> bool:
        above = self._type_of(parent)
        return above is not None and self._type_of(source_id) in self.hierarchy.children(above)

    def _type_of(self, source_id: str) -> int | None:
        row = self.fresh.get(source_id)
        return row["issue_type_id"] if row is not None else self.known[source_id].type_id

    def to_expand(self) -> list[IssueRow]:
        """What is in the tree and new there, or has another type or parent: what is below is asked for."""
        fresh = self.fresh.items()
        return [row for source_id, row in fresh if self._is_in_tree(source_id) and self._is_new(row)]

    def _is_new(self, row: IssueRow) -> bool:
        known = self.known.get(row["source_id"])
        if known is None or known.is_missing:
            return True
        return row["issue_type_id"] != known.type_id or parent_named(row) != known.parent

    def left(self) -> list[IssueRow]:
        """What the copy has and is no longer ours, as it is now."""
        return [
            row
            for source_id, row in self.fresh.items()
            if (known := self.known.get(source_id)) and not known.is_missing and not self._is_ours(source_id)
        ]

    def above_the_lost(self, new: Iterable[IssueRow]) -> frozenset[str]:
        """The ids of those below which the copy may hold what hangs on them only; `new`: what was expanded.

        Also of what stays for its label alone: that brings no children.
        """
        retyped = {row["source_id"] for row in new}
        return frozenset(
            source_id
            for source_id in self.fresh.keys() & self.known.keys()
            if source_id in retyped or not self._is_in_tree(source_id)
        )

    def learn(self, below: Iterable[Known]) -> list[str]:
        """The ids of those that are no longer ours, of what the copy has below others and did not change."""
        found = {each.source_id: each for each in below if each.source_id not in self.known}
        self.known |= found
        self._ids = {each.key: each.source_id for each in found.values()} | self._ids
        return [
            source_id
            for source_id, each in self.known.items()
            if source_id not in self.fresh and not each.is_missing and not self._is_ours(source_id)
        ]


def parent_named(row: IssueRow) -> str | None:
    """The parent as the service names it (`model/tracked.py`)."""
    parent: str | None = json.loads(row["tracked"])["parent"]
    return parent


def named(rows: Iterable[IssueRow]) -> frozenset[str]:
    """The ids of these issues and the names of their parents."""
    pairs = [(row["source_id"], parent_named(row)) for row in rows]
    return frozenset(each for pair in pairs for each in pair if each)


def as_lost(known: Known) -> Lost:
    """For the question why it is none of ours."""
    return Lost(known.source_id, known.key, known.labels)
