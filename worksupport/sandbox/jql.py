"""What a JQL query finds in the world, and what it is refused for (sources/jira/README.md, "JQL")."""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.jql_words import END, JqlError, Word, words
from worksupport.sandbox.world import World, moment

Predicate = Callable[[Raw], bool]

_TIMES = ("updated", "created")
_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
_BACK = re.compile(r"-(\d+)([mhdw])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_ALIASES = {"issuetype": "type", "issuekey": "key", "issue": "key", "id": "key", "label": "labels"}


def search(jql: str, world: World, now: datetime | None = None) -> list[Raw]:
    """The issues that match, in the order asked for (newest first if none is); `now` for times like "-5m".

    Raises JqlError for what Jira refuses: syntax, an unknown field, project or type, and an unknown key
    where `world.strict_keys` says so. An unknown user or label is no error: nothing matches.
    """
    query = _Query(words(jql), world, now or datetime.now(UTC))
    matches, order = query.read()
    if query.complaints:
        raise JqlError(*query.complaints)
    found = [issue for issue in world.jira_issues.values() if matches(issue)]
    for key, descends in reversed(order or [(_by_id, True)]):
        found.sort(key=key, reverse=descends)
    return found


class _Query:
    """Reads words into a predicate and sort keys; collects complaints about values: Jira lists them all."""

    def __init__(self, read: list[Word], world: World, now: datetime) -> None:
        self._left = [END, *reversed(read)]
        self._world = world
        self._now = now
        self.complaints: list[str] = []

    def read(self) -> tuple[Predicate, list[tuple[Callable[[Raw], Any], bool]]]:
        if self._left[-1] is END or self._left[-1].keyword == "order":
            raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction.")
        matches = self._any_of()
        order = self._order() if self._take("order") else []
        if self._left[-1] is not END:
            raise self._left[-1].unexpected()
        return matches, order

    def _take(self, *keywords: str) -> str:
        """The next word if it is one of these, taken; else nothing."""
        return self._left.pop().keyword if self._left[-1].keyword in keywords else ""

    def _expect(self, keyword: str) -> None:
        if not self._take(keyword):
            raise self._left[-1].unexpected()

    def _name(self) -> str:
        name = self._left[-1].name()
        self._left.pop()
        return name

    def _any_of(self) -> Predicate:
        choices = [self._all_of()]
        while self._take("or"):
            choices.append(self._all_of())
        return lambda issue: any(choice(issue) for choice in choices)

    def _all_of(self) -> Predicate:
        members = [self._single()]
        while self._take("and"):
            members.append(self._single())
        return lambda issue: all(member(issue) for member in members)

    def _single(self) -> Predicate:
        if self._take("not"):
            negated = self._single()
            return lambda issue: not negated(issue)
        if self._take("("):
            inside = self._any_of()
            self._expect(")")
            return inside
        if self._left[-1].keyword in _TIMES:
            return self._compared(self._take(*_TIMES))
        field = self._field(_READERS)
        sign = self._take("=", "!=", "is")
        negated_list = bool(self._take("not"))
        if sign:
            return self._clause(field, sign == "!=" or negated_list, [self._value(field)])
        self._expect("in")
        self._expect("(")
        values = [self._value(field)]
        while self._take(","):
            values.append(self._value(field))
        self._expect(")")
        return self._clause(field, negated_list, values)

    def _compared(self, field: str) -> Predicate:
        """A time against a moment: milliseconds, or so long before now."""
        sign = self._take(*_COMPARISONS)
        if not sign:
            raise self._left[-1].unexpected()
        wanted, compare = self._moment(field, self._name()), _COMPARISONS[sign]
        return lambda issue: compare(moment(issue["fields"][field]), wanted)

    def _moment(self, field: str, text: str) -> datetime:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        if back := _BACK.fullmatch(text):
            return self._now - int(back[1]) * _UNITS[back[2]]
        raise JqlError(f"Date value '{text}' for field '{field}' is invalid. Valid formats include: '-5d'.")

    def _field(self, known: Iterable[str]) -> str:
        name = self._name()
        field = _ALIASES.get(name.casefold(), name.casefold())
        if field not in known:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        return field

    def _value(self, field: str) -> str | None:
        """The value as the reader of its field gives it, None for EMPTY; complains about an unknown one."""
        if self._take("empty", "null"):
            return None
        value = self._name()
        if field == "labels":
            return value
        if field == "assignee":
            return self._world.account_id_of(value)
        if field in ("key", "parent"):
            return self._key(field, value)
        known = {"project": self._world.projects.values(), "type": self._world.types}.get(field)
        if known is not None and not any(value.casefold() in _names(thing) for thing in known):
            which = f"A value with ID '{value}'" if value.isdigit() else f"The value '{value}'"
            kind = "issuetype" if field == "type" else field
            self.complaints.append(f"{which} does not exist for the field '{kind}'.")
        return value.casefold()

    def _key(self, field: str, value: str) -> str:
        """The key of today, also for an id or a former key."""
        issue = self._world.find(value)
        if issue is None and self._world.strict_keys:
            kind = "issueKey" if field == "key" else field
            self.complaints.append(f"An issue with key '{value}' does not exist for field '{kind}'.")
        return (issue["key"] if issue else value).casefold()

    def _clause(self, field: str, negated: bool, values: list[str | None]) -> Predicate:
        """As in Jira, a negated clause never finds an issue whose field is empty."""
        read, wanted = _READERS[field], frozenset(values)

        def matches(issue: Raw) -> bool:
            held = read(issue)
            if not held:
                return None in wanted and not negated
            return wanted.isdisjoint(held) == negated

        return matches

    def _order(self) -> list[tuple[Callable[[Raw], Any], bool]]:
        self._expect("by")
        order = [self._sort_key()]
        while self._take(","):
            order.append(self._sort_key())
        if len(order) > 7:
            raise JqlError("A maximum of 7 fields can be used in ORDER BY.")
        return order

    def _sort_key(self) -> tuple[Callable[[Raw], Any], bool]:
        field = self._field(("key", "created", "updated"))
        key = _by_key if field == "key" else lambda issue: moment(issue["fields"][field])
        return key, self._take("asc", "desc") == "desc"


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
