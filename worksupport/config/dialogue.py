"""`init`'s questions: each answer is tried at once; one that is refused is asked for again, with the reason.

What the services say comes from the surveys that the caller hands in, what the person says from its asker.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Protocol

from worksupport.config.secrets import read_secret
from worksupport.errors import WorksupportError

DEFAULT_LABEL = "work-support"
_ESCAPES = str.maketrans({"\\": "\\\\", "\r": " ", "\n": " ", "\t": "\\t", "\f": "\\f"})
_ALIKE = 0.75
_MOST_PEOPLE = 30


@dataclass(frozen=True)
class SiteType:
    """An issue type of the site; those of a higher level stand above those of a lower one."""

    id: int
    name: str
    level: int


@dataclass(frozen=True)
class Person:
    """Somebody to whom issues are assigned: name, account id or login, and how many are open."""

    name: str
    account: str
    issues: int


class JiraSurvey(Protocol):
    """What a Jira site tells; every call raises WorksupportError."""

    def account(self) -> str:
        """Who the token belongs to, as the site calls them; it proves the token."""

    def projects(self) -> list[tuple[str, str]]:
        """Key and name of each project."""

    def types(self) -> list[SiteType]:
        """The issue types, of each name one."""

    def found(self, jql: str) -> str:
        """How many issues a query finds, as people say it."""

    def people(self, projects: Sequence[str]) -> list[Person]:
        """Who has open issues there, the most first."""


class GitHubSurvey(Protocol):
    """What GitHub tells; every call raises WorksupportError."""

    def account(self) -> str:
        """Who the token belongs to; it proves the token."""

    def found(self, label: str, scope: str) -> str:
        """How many issues have the label, as people say it."""

    def people(self, label: str, scope: str) -> list[Person]:
        """Who has such issues, the most first."""


class Asker(Protocol):
    """The person at the terminal."""

    def text(self, question: str, default: str = "") -> str:
        """One line."""

    def secret(self, question: str) -> str:
        """One line that is not shown."""

    def choose(self, question: str, choices: Sequence[str]) -> list[int]:
        """The places of those chosen, all for Enter."""

    def tell(self, sentence: str) -> None:
        """Say something."""


@dataclass
class Answers:
    """The lines of the configuration so far, and the variables that its owner is to set."""

    entries: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The configuration file."""
        head = "# Made by worksupport init; config/team_members.properties.example explains every key.\n\n"
        return head + "".join(property_line(key, value) for key, value in self.entries.items())


ToJira = Callable[[str, str, str], JiraSurvey]  # address, e-mail, token
ToGitHub = Callable[[str], GitHubSurvey]


def property_line(key: str, value: str) -> str:
    """One line of a properties file, which reads back as this value, without blanks around it."""
    return f"{key}={value.strip().translate(_ESCAPES)}\n"


def ask_all(asker: Asker, to_jira: ToJira, to_github: ToGitHub) -> Answers:
    """Every question in turn; what is left empty is left out."""
    answers = Answers()
    people = _ask_jira(asker, to_jira, answers)
    logins = _ask_github(asker, to_github, answers)
    _ask_team(asker, people, logins, answers)
    return answers


def _ask_jira(asker: Asker, to_jira: ToJira, answers: Answers) -> list[Person]:
    while address := asker.text("Jira's address (Enter: no Jira)"):
        email = asker.text("E-mail of its account (Data Center with a token: Enter)")
        token = _ask_token(asker, "API token, or ! and a command that prints it", "JIRA", answers)
        try:
            survey = to_jira(address, email, token)
            asker.tell(f"Jira knows you: {survey.account()}")
            break
        except WorksupportError as error:
            _refuse(asker, error)
    else:
        return []
    answers.entries |= {"jira.base_url": address}
    if email:
        answers.entries["jira.email"] = email
    if "WORKSUPPORT_JIRA_API_TOKEN_COMMAND" not in answers.variables:
        answers.entries["jira.api_token"] = token
    return _ask_tree(asker, survey, answers)


def _ask_tree(asker: Asker, survey: JiraSurvey, answers: Answers) -> list[Person]:
    projects = survey.projects()
    chosen = asker.choose("Projects", [f"{key}  {name}" for key, name in projects])
    keys = [projects[number][0] for number in chosen]
    types = sorted(survey.types(), key=lambda each: (-each.level, each.name))
    top = types[asker.choose("The type at the top of the tree", [each.name for each in types])[0]]
    levels = _levels(types, top)
    asker.tell(_drawn(levels))
    jql = f"project IN ({', '.join(map(_quoted, keys))}) AND type = {_quoted(top.name)}"
    asker.tell(f"at the top: {survey.found(jql)}")
    answers.entries["jira.root_jql"] = jql
    for above, below in zip(levels, [*levels[1:], []], strict=True):
        for each in above:
            answers.entries[f"issue_type.{each.id}.name"] = each.name
            if below:
                answers.entries[f"issue_type.{each.id}.child_type_ids"] = ", ".join(str(b.id) for b in below)
    label = asker.text("Label of further issues of the team", DEFAULT_LABEL)
    if label:
        asker.tell(f"with the label: {survey.found(f'labels = {_quoted(label)}')}")
        answers.entries["jira.issue_label"] = label
    return survey.people(keys)


def _levels(types: Sequence[SiteType], top: SiteType) -> list[list[SiteType]]:
    """The chosen type alone, then those of each level below it that has any."""
    below = sorted({each.level for each in types if each.level < top.level}, reverse=True)
    return [[top], *([each for each in types if each.level == level] for level in below)]


def _drawn(levels: Sequence[Sequence[SiteType]]) -> str:
    lines = [", ".join(each.name for each in level) for level in levels]
    return "\n".join(f"{'   ' * (depth - 1)}└─ {line}" if depth else line for depth, line in enumerate(lines))


def _ask_github(asker: Asker, to_github: ToGitHub, answers: Answers) -> list[Person]:
    while token := _ask_token(
        asker, "GitHub's token, or ! and a command (Enter: no GitHub)", "GITHUB", answers
    ):
        try:
            survey = to_github(token)
            asker.tell(f"GitHub knows you: {survey.account()}")
            break
        except WorksupportError as error:
            _refuse(asker, error)
    else:
        return []
    if "WORKSUPPORT_GITHUB_API_TOKEN_COMMAND" not in answers.variables:
        answers.entries["github.api_token"] = token
    while True:
        organisation = asker.text("Organisation (Enter: wherever the token may look)")
        scope = f"org:{organisation}" if organisation else ""
        label = asker.text("Label of the issues", DEFAULT_LABEL)
        try:
            asker.tell(f"with the label: {survey.found(label, scope)}")
            answers.entries["github.issue_label"] = label
            if scope:
                answers.entries["github.search_scope"] = scope
            return survey.people(label, scope)
        except WorksupportError as error:
            _refuse(asker, error)


def _ask_token(asker: Asker, question: str, service: str, answers: Answers) -> str:
    """The token; a command that prints it is noted as a variable in its place. Asked again if it fails."""
    variable = f"WORKSUPPORT_{service}_API_TOKEN_COMMAND"
    while True:
        answers.variables.pop(variable, None)
        given = asker.secret(question).strip()
        if not given.startswith("!"):
            return given
        try:
            token = read_secret(variable, given[1:]).strip()
        except ValueError as error:
            asker.tell(f"  {error}")
            continue
        answers.variables[variable] = given[1:].strip()
        return token


def _ask_team(asker: Asker, people: list[Person], logins: list[Person], answers: Answers) -> None:
    """Who is in it; for each of Jira's the login that looks most alike is proposed."""
    offered = (people or logins)[:_MOST_PEOPLE]
    if not offered:
        asker.tell("nobody has open issues there: add the team to the file by hand")
        return
    shown = [f"{each.name}  {each.issues} open" for each in offered]
    for number in asker.choose("Who is in the team", shown):
        person = offered[number]
        member = f"team.member.{number + 1}"
        answers.entries[f"{member}.name"] = person.name
        if not people:
            answers.entries[f"{member}.github_id"] = person.account
            continue
        answers.entries[f"{member}.jira_id"] = person.account
        if logins:
            proposed = max(logins, key=lambda login: _likeness(login.account, person.name)).account
            default = proposed if _likeness(proposed, person.name) >= _ALIKE else ""
            if login := asker.text(f"GitHub login of {person.name}", default):
                answers.entries[f"{member}.github_id"] = login


def _likeness(login: str, name: str) -> float:
    first, second = (re.sub(r"\W|\d|_", "", text.casefold()) for text in (login, name))
    return SequenceMatcher(None, first, second).ratio()


def _refuse(asker: Asker, error: WorksupportError) -> None:
    asker.tell("\n".join(["  " + error.message, *(["  " + error.hint] if error.hint else [])]))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
