"""What a JQL query finds in the world, and what it is refused for, as Jira Cloud does."""

from collections.abc import Callable, Iterable
from typing import Any

from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.jql_parser import Clause, Condition, Group, JqlError, parse
from worksupport.sandbox.world import World, moment

Predicate = Callable[[Raw], bool]

_ALIASES = {"issuetype": "type", "issuekey": "key", "issue": "key", "id": "key", "label": "labels"}


def search(jql: str, world: World) -> list[Raw]:
    """The issues that match, in the order asked for (newest first if none is).

    Raises JqlError for what Jira refuses: syntax, an unknown field, project or type, and an unknown key
    where `world.strict_keys` says so. An unknown user or label is no error: nothing matches.
    """
    query = parse(jql)
    meaning = _Meaning(world)
    matches = meaning.predicate(query.condition)
    sort_keys = [(meaning.sort_key(field), descends) for field, descends in query.order]
    if meaning.complaints:
        raise JqlError(*meaning.complaints)
    found = [issue for issue in world.jira_issues.values() if matches(issue)]
    for key, descends in reversed(sort_keys or [(_by_id, True)]):
        found.sort(key=key, reverse=descends)
    return found


class _Meaning:
    """Turns conditions into predicates; collects every complaint, as Jira lists them all."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.complaints: list[str] = []

    def predicate(self, condition: Condition) -> Predicate:
        if isinstance(condition, Clause):
            return self._clause(condition)
        members = [self.predicate(member) for member in condition.members]
        return _joined(condition, members)

    def sort_key(self, field: str) -> Callable[[Raw], Any]:
        name = _ALIASES.get(field.casefold(), field.casefold())
        if name not in ("key", "created", "updated"):
            self.complaints.append(
                f"Field '{field}' does not exist or you do not have permission to view it."
            )
        return _by_key if name == "key" else lambda issue: moment(issue["fields"][name])

    def _clause(self, clause: Clause) -> Predicate:
        name = _ALIASES.get(clause.field.casefold(), clause.field.casefold())
        if name not in _READERS:
            self.complaints.append(
                f"Field '{clause.field}' does not exist or you do not have permission to view it."
            )
            return lambda issue: False
        wanted = {self._meant(name, value) for value in clause.values if value is not None}
        return _compare(_READERS[name], wanted, None in clause.values, clause.operator in ("!=", "not in"))

    def _meant(self, name: str, value: str) -> str:
        """The value as the reader of its field gives it; complains about one that the site lacks."""
        if name == "labels":
            return value
        if name == "assignee":
            return self._world.account_id_of(value)
        if name in ("key", "parent"):
            return self._key(name, value)
        folded = value.casefold()
        if complaint := self._complaint(name, value, folded):
            self.complaints.append(complaint)
        return folded

    def _key(self, name: str, value: str) -> str:
        """The key of today, also for an id or a former key."""
        issue = self._world.find(value)
        if issue is None and self._world.strict_keys:
            field = "issueKey" if name == "key" else "parent"
            self.complaints.append(f"An issue with key '{value}' does not exist for field '{field}'.")
        return (issue["key"] if issue else value).casefold()

    def _complaint(self, name: str, value: str, folded: str) -> str:
        known_values = {"project": self._world.projects.values(), "type": self._world.types}.get(name)
        if known_values is None or any(folded in _names(known) for known in known_values):
            return ""
        field = "issuetype" if name == "type" else name
        which = f"A value with ID '{value}'" if value.isdigit() else f"The value '{value}'"
        return f"{which} does not exist for the field '{field}'."


def _joined(group: Group, members: list[Predicate]) -> Predicate:
    if group.word == "not":
        return lambda issue: not members[0](issue)
    decide = all if group.word == "and" else any
    return lambda issue: decide(member(issue) for member in members)


def _compare(
    read: Callable[[Raw], Iterable[str]], wanted: set[str], takes_empty: bool, negated: bool
) -> Predicate:
    """As in Jira, a negated comparison never finds an issue whose field is empty."""

    def matches(issue: Raw) -> bool:
        values = read(issue)
        if not values:
            return takes_empty and not negated
        return wanted.isdisjoint(values) if negated else not wanted.isdisjoint(values)

    return matches


def _names(thing: Raw | None) -> tuple[str, ...]:
    """Everything that an object may be called by in JQL, folded; empty for none."""
    names = ("id", "key", "name", "untranslatedName")
    return tuple(str(thing[name]).casefold() for name in names if name in thing) if thing else ()


_READERS: dict[str, Callable[[Raw], Iterable[str]]] = {
    "project": lambda issue: _names(issue["fields"]["project"]),
    "type": lambda issue: _names(issue["fields"]["issuetype"]),
    "status": lambda issue: _names(issue["fields"]["status"]),
    "statuscategory": lambda issue: _names(issue["fields"]["status"]["statusCategory"]),
    "labels": lambda issue: issue["fields"]["labels"],
    "parent": lambda issue: _names(issue["fields"].get("parent")),
    "key": _names,
    "assignee": lambda issue: [user["accountId"]] if (user := issue["fields"]["assignee"]) else [],
}


def _by_key(issue: Raw) -> tuple[str, int]:
    project, _, number = issue["key"].rpartition("-")
    return project, int(number)


def _by_id(issue: Raw) -> int:
    return int(issue["id"])
