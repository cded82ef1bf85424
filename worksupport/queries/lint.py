"""What does not fit together: one function a rule, in the table at the end."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from worksupport.clock import utc_text
from worksupport.errors import UsageError
from worksupport.model.definitions import LINT_RULES, SILENT_DAYS, rules
from worksupport.model.filters import Filters, folded
from worksupport.model.names import SOURCES
from worksupport.model.state import KeptRules
from worksupport.queries.forest import Forest, overdue
from worksupport.queries.path import issues_numbered
from worksupport.queries.reader import age

_JIRA, _GITHUB = SOURCES
_RULES_STORED = "SELECT state_rules FROM data_state"
_CHILD_TYPES = "SELECT each.value FROM issue_types, json_each(coalesce(child_type_ids, '[]')) AS each"
_MEMBERS = "SELECT name FROM team_members"
_ASSIGNEES = "SELECT id, assignee FROM issues WHERE assignee IS NOT NULL"
_MOST_NAMED = 3


@dataclass
class _Copy:
    """All issues, with their children, as rules look at them."""

    connection: sqlite3.Connection
    forest: Forest
    now: datetime

    def __post_init__(self) -> None:
        forest = self.forest
        self.number = {key: issue for issue, key in enumerate(forest.keys)}
        self.children: dict[int, list[int]] = {}
        for issue, parent in self.pairs():
            self.children.setdefault(parent, []).append(issue)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Each issue whose parent is in the copy, and that one."""
        for issue, key in enumerate(self.forest.parent_keys):
            parent = self.number.get(key) if key else None
            if parent is not None:
                yield issue, parent

    def of(self, parent: int, source: str) -> list[int]:
        """The children of a source."""
        return [child for child in self.children.get(parent, ()) if self.forest.sources[child] == source]

    def jira(self) -> Iterator[int]:
        """The issues of Jira."""
        return (issue for issue, source in enumerate(self.forest.sources) if source == _JIRA)

    def named(self, issues: Sequence[int]) -> str:
        """`A-1, A-2, A-3 and 4 more`."""
        keys = [self.forest.keys[issue] for issue in issues]
        more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
        return ", ".join(keys[:_MOST_NAMED]) + more


# The issue, and what is the matter with it.
_Found = Iterator[tuple[int, str]]


def lint_document(
    connection: sqlite3.Connection, wanted: Sequence[str], filters: Filters, now: datetime
) -> dict[str, Any]:
    """`{"findings": [{"rule", "issue_key", "summary", "url", "detail"}], "total_count", "ignored",
    "definitions", AGE}`.

    Of these rules (none: of all), in the order of `model/definitions.LINT_RULES`, by keys; only issues that
    pass the filters. `ignored`: how many `lint.ignore` leaves out. Raises UsageError for an unknown rule.
    """
    asked = checked_rules("--rule", wanted) or tuple(LINT_RULES)
    copy = _Copy(connection, Forest(connection, filters), now)
    found = [
        (rule, issue, detail) for rule in LINT_RULES if rule in asked for issue, detail in _of(rule, copy)
    ]
    left_out = _left_out(connection)
    kept = [each for each in found if not _is_left_out(each[0], copy.forest.keys[each[1]], left_out)]
    issues = issues_numbered(connection, [copy.forest.ids[issue] for _, issue, _ in kept])
    findings = [
        {
            "rule": rule,
            **{name: issues[copy.forest.ids[issue]][name] for name in ("issue_key", "summary", "url")},
            "detail": detail,
        }
        for rule, issue, detail in kept
    ]
    return {
        "findings": findings,
        "total_count": len(findings),
        "ignored": len(found) - len(kept),
        "definitions": rules(asked),
        **age(connection),
    }


def checked_rules(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """These rules in lower case. Raises UsageError naming `option` for one that there is not."""
    for name in names:
        if name.casefold() not in LINT_RULES:
            raise UsageError(f"{option} is {name!r}; it must be one of {', '.join(LINT_RULES)}")
    return tuple(dict.fromkeys(map(str.casefold, names)))


def _of(rule: str, copy: _Copy) -> list[tuple[int, str]]:
    return sorted(each for each in _RULES[rule](copy) if copy.forest.passes[each[0]])


def _left_out(connection: sqlite3.Connection) -> frozenset[str]:
    """What `lint.ignore` said at the last run: rules, or RULE:KEY."""
    ((stored,),) = connection.execute(_RULES_STORED)
    return frozenset(map(folded, KeptRules.of(stored).lint_ignore))


def _is_left_out(rule: str, key: str, left_out: frozenset[str]) -> bool:
    return rule in left_out or folded(f"{rule}:{key}") in left_out


def _done_parent_open_child(copy: _Copy) -> _Found:
    for parent in copy.children:
        still_open = [child for child in copy.of(parent, _JIRA) if copy.forest.is_open(child)]
        if still_open and not copy.forest.is_open(parent) and copy.forest.sources[parent] == _JIRA:
            yield parent, f"{copy.forest.states[parent]}, but open below it: {copy.named(still_open)}"


def _open_parent_all_done(copy: _Copy) -> _Found:
    for parent in copy.children:
        below = _below(copy, parent)
        has_children = copy.forest.is_open(parent) and bool(copy.of(parent, _JIRA))
        if has_children and not any(map(copy.forest.is_open, below)):
            what = "the one issue below it is" if len(below) == 1 else f"all {len(below)} issues below it are"
            yield parent, f"{what} done or dropped"


def _below(copy: _Copy, parent: int) -> list[int]:
    """All issues below one; what goes in a circle once."""
    below: dict[int, None] = {}
    waiting = [*copy.children.get(parent, ())]
    while waiting:
        issue = waiting.pop()
        if issue not in below:
            below[issue] = None
            waiting += copy.children.get(issue, ())
    return list(below)


def _started_under_todo(copy: _Copy) -> _Found:
    for issue, parent in copy.pairs():
        if _is_in_progress(copy, issue) and copy.forest.states[parent] == "todo":
            yield issue, f"in progress, but {copy.forest.keys[parent]} above it is not"


def _is_in_progress(copy: _Copy, issue: int) -> bool:
    return copy.forest.is_open(issue) and bool(copy.forest.are_in_progress[issue])


def _cycle(copy: _Copy) -> _Found:
    parents = dict(copy.pairs())
    settled: set[int] = set()
    for issue in parents:
        path: list[int] = []
        while issue in parents and issue not in settled:
            settled.add(issue)
            path.append(issue)
            issue = parents[issue]
        if issue in path:
            circle = path[path.index(issue) :]
            for number, each in enumerate(circle):
                around = [*circle[number:], *circle[:number], each]
                keys = [copy.forest.keys[member] for member in around]
                yield each, f"below itself: {' < '.join(keys)}"


def _orphan(copy: _Copy) -> _Found:
    types = {type_id for (type_id,) in copy.connection.execute(_CHILD_TYPES)}
    for issue in copy.jira():
        is_alone = copy.forest.parent_keys[issue] is None and copy.forest.is_open(issue)
        if is_alone and copy.forest.type_ids[issue] in types:
            yield issue, "has no parent"


def _started_unassigned(copy: _Copy) -> _Found:
    for issue in range(len(copy.forest.ids)):
        if _is_in_progress(copy, issue) and copy.forest.are_unassigned[issue]:
            yield issue, "in progress, and nobody is assigned"


def _assignee_no_member(copy: _Copy) -> _Found:
    members = {name for (name,) in copy.connection.execute(_MEMBERS)}
    assignees = dict(copy.connection.execute(_ASSIGNEES).fetchall())
    for issue, each in enumerate(copy.forest.ids):
        name = assignees.get(each)
        if name is not None and name not in members and copy.forest.is_open(issue):
            yield issue, f"assigned to {name}, who is not in the team"


def _blocked_silent(copy: _Copy) -> _Found:
    silent = utc_text(copy.now - timedelta(days=SILENT_DAYS))
    for issue, changed_at in enumerate(copy.forest.changed_at):
        if copy.forest.states[issue] == "blocked" and changed_at < silent:
            days = f" for {(copy.now - datetime.fromisoformat(changed_at)).days} days" if changed_at else ""
            yield issue, f"blocked, and unchanged{days}"


def _overdue(copy: _Copy) -> _Found:
    due = overdue(copy.connection, copy.now.astimezone().date())
    for issue, each in enumerate(copy.forest.ids):
        if each in due and copy.forest.is_open(issue):
            yield issue, f"was due on {due[each]}"


def _github_closed_jira_open(copy: _Copy) -> _Found:
    for parent in copy.children:
        closed = copy.of(parent, _GITHUB)
        if copy.forest.sources[parent] != _JIRA or not copy.forest.is_open(parent):
            continue
        if not any(map(copy.forest.is_open, closed)):
            yield from ((issue, f"closed, but {copy.forest.keys[parent]} is open") for issue in closed)


def _jira_done_github_open(copy: _Copy) -> _Found:
    for parent in copy.children:
        still_open = [child for child in copy.of(parent, _GITHUB) if copy.forest.is_open(child)]
        if still_open and copy.forest.sources[parent] == _JIRA and not copy.forest.is_open(parent):
            yield parent, f"{copy.forest.states[parent]}, but open in GitHub: {copy.named(still_open)}"


_RULES: dict[str, Callable[[_Copy], _Found]] = {
    "done-parent-open-child": _done_parent_open_child,
    "open-parent-all-done": _open_parent_all_done,
    "started-under-todo": _started_under_todo,
    "cycle": _cycle,
    "orphan": _orphan,
    "started-unassigned": _started_unassigned,
    "assignee-no-member": _assignee_no_member,
    "blocked-silent": _blocked_silent,
    "overdue": _overdue,
    "github-closed-jira-open": _github_closed_jira_open,
    "jira-done-github-open": _jira_done_github_open,
}
