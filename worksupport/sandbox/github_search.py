"""GitHub's issue search: what a `q` finds in the world, and why not (sources/github/README.md, "Search")."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.world import World, moment

Predicate = Callable[[Raw], bool]

_WORD = re.compile(r"""[()]|(?:[^\s()"]|"(?:[^"\\]|\\.)*")+""")
_PART = re.compile(r"""(?:[^,"]|"(?:[^"\\]|\\.)*")+""")
_OPERATORS = ("AND", "OR", "NOT")
_KINDS = {"is:issue", "is:pr", "is:pull-request", "type:issue", "type:pr"}
_OWNERS = ("repo", "org", "user")
HIDDEN_USERS = (
    "The listed users cannot be searched either because the users do not exist or you do not have "
    "permission to view the users."
)
_HIDDEN_REPOSITORIES = HIDDEN_USERS.replace("users", "users and repositories").replace(
    "view the users and repositories", "view the resources"
)


class QueryError(Exception):
    """A query that GitHub refuses with 422; the message is that of its one error."""


def search(q: str, world: World, advanced: bool) -> list[Raw]:
    """The issues and pull requests that match, newest first.

    `advanced` is `advanced_search=true`: without it OR and parentheses are not understood. Raises QueryError.
    """
    words = _WORD.findall(q)
    if not _KINDS & set(words):
        raise QueryError("Query must include 'is:issue' or 'is:pull-request'")
    if sum(word in _OPERATORS for word in words) > 5:
        raise QueryError("More than five AND / OR / NOT operators were used.")
    if not advanced and {"OR", "(", ")"} & set(words):
        raise QueryError(HIDDEN_USERS)
    query = _Query(words, world)
    matches = query.any_of()
    query.check()
    found = [issue for issue in world.github_issues if matches(issue)]
    return sorted(found, key=lambda issue: (issue["created_at"], issue["id"]), reverse=True)


def repository(issue: Raw) -> str:
    """The "owner/name" of an issue, in lower case."""
    return "/".join(issue["repository_url"].split("/")[-2:]).casefold()


class _Query:
    """Reads words into a predicate, remembering which users and repositories were named."""

    def __init__(self, words: list[str], world: World) -> None:
        self._left = words[::-1]
        self._text_length = 0
        self._users: set[str] = set()
        self._owners: set[str] = set()
        logins = {person.login.casefold() for person in world.people if person.login}
        seen = {user["login"].casefold() for issue in world.github_issues for user in issue["assignees"]}
        self._visible = (logins | seen) - {login.casefold() for login in world.hidden_logins}
        self._repositories = {repository(issue) for issue in world.github_issues}

    def check(self) -> None:
        """Hidden users and repositories are dropped silently, unless nothing is left of those named."""
        if self._left:
            raise QueryError("The search contains an unbalanced parenthesis.")
        if self._text_length > 256:
            raise QueryError("The search is longer than 256 characters.")
        if self._users and not self._users & self._visible:
            raise QueryError(HIDDEN_USERS)
        known = self._repositories | {name.split("/")[0] for name in self._repositories}
        if self._owners and not self._owners & known:
            raise QueryError(_HIDDEN_REPOSITORIES)

    def any_of(self) -> Predicate:
        choices = [self._all_of()]
        while self._left and self._left[-1] == "OR":
            self._left.pop()
            choices.append(self._all_of())
        return lambda issue: any(choice(issue) for choice in choices)

    def _all_of(self) -> Predicate:
        members: list[Predicate] = []
        while self._left and self._left[-1] not in ("OR", ")"):
            word = self._left.pop()
            if word != "AND":
                members.append(self._single(word))
        return lambda issue: all(member(issue) for member in members)

    def _single(self, word: str) -> Predicate:
        if word == "(":
            inside = self.any_of()
            if not self._left or self._left.pop() != ")":
                raise QueryError("The search contains an unbalanced parenthesis.")
            return inside
        if word == "NOT" or word.startswith("-"):
            negated = self._single(self._left.pop() if word == "NOT" else word[1:])
            return lambda issue: not negated(issue)
        name, colon, value = word.partition(":")
        if not colon or name not in _QUALIFIERS:
            return self._free_text(_unquoted(word))
        return self._qualifier(name, [_unquoted(part).casefold() for part in _PART.findall(value)])

    def _free_text(self, text: str) -> Predicate:
        self._text_length += len(text)
        return lambda issue: text.casefold() in f"{issue['title']} {issue['body'] or ''}".casefold()

    def _qualifier(self, name: str, values: list[str]) -> Predicate:
        if name in ("assignee", "author"):
            self._users.update(values)
            values = [value for value in values if value in self._visible]
        if name in _OWNERS:
            self._owners.update(values)
        test = _QUALIFIERS[name]
        return lambda issue: any(test(issue, value) for value in values)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _logins(users: list[Raw | None]) -> list[str]:
    return [user["login"].casefold() for user in users if user]


def _in_range(name: str) -> Callable[[Raw, str], bool]:
    def test(issue: Raw, value: str) -> bool:
        return bool(issue[name]) and _compare(moment(issue[name]), value)

    return test


def _compare(time: datetime, value: str) -> bool:
    """Whether a time lies in `>=D`, `>D`, `<=D`, `<D`, `A..B` (either may be `*`) or on `D`."""
    if ".." in value:
        first, _, last = value.partition("..")
        return (first == "*" or time >= _span(first)[0]) and (last == "*" or time <= _span(last)[1])
    sign = re.match(r"[<>]?=?", value)
    operator = sign.group() if sign else ""
    start, end = _span(value[len(operator) :])
    decisions = {">=": time >= start, ">": time > end, "<=": time <= end, "<": time < start}
    return decisions.get(operator, start <= time <= end)


def _span(text: str) -> tuple[datetime, datetime]:
    """The first and the last second that a date or a time stands for."""
    try:
        start = moment(text.upper())
    except ValueError as error:
        raise QueryError(f"{text!r} is not a recognized date/time format.") from error
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    return start, start + timedelta(days=1, seconds=-1) if "t" not in text else start


_QUALIFIERS: dict[str, Callable[[Raw, str], bool]] = {
    "is": lambda issue, value: (
        value == ("issue" if "pull_request" not in issue else "pr")
        or (value == "pull-request" and "pull_request" in issue)
        or value == issue["state"]
    ),
    "type": lambda issue, value: value == ("issue" if "pull_request" not in issue else "pr"),
    "state": lambda issue, value: value == issue["state"],
    "label": lambda issue, value: value in (label["name"].casefold() for label in issue["labels"]),
    "assignee": lambda issue, value: value in _logins(issue["assignees"]),
    "author": lambda issue, value: value in _logins([issue["user"]]),
    "repo": lambda issue, value: value == repository(issue),
    "org": lambda issue, value: value == repository(issue).split("/")[0],
    "user": lambda issue, value: value == repository(issue).split("/")[0],
    "created": _in_range("created_at"),
    "updated": _in_range("updated_at"),
    "closed": _in_range("closed_at"),
}
