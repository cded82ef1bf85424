"""What the services tell a newcomer for `init`: projects, types, people, and what a query finds."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from worksupport.config.dialogue import Person, SiteType
from worksupport.config.settings import GitHubSettings, JiraSettings
from worksupport.sources.github.client import GitHub
from worksupport.sources.github.search import issue_query
from worksupport.sources.jira.client import Jira, Site
from worksupport.sources.jira.jql import quote
from worksupport.sources.jira.people import account_of
from worksupport.sources.jira.search import PAGE_SIZE
from worksupport.sources.records import Fields, OddRecordError

_PAGES_LOOKED_AT = 5


class SurveyedJira:
    """One site, asked by a client that is connected to it."""

    def __init__(self, client: Jira) -> None:
        self._client = client
        self._site: Site = client.ask_site()

    def account(self) -> str:
        """As `JiraSurvey` says; a token that may not ask whose it is has to find something later."""
        account = self._client.prove_identity()
        return f"{account.name or account.id} at {self._site.base_url}" if account else self._site.base_url

    def projects(self) -> list[tuple[str, str]]:
        """As `JiraSurvey` says."""
        return [
            (str(each["key"]), str(each.get("name") or ""))
            for each in self._client.projects()
            if "key" in each
        ]

    def types(self) -> list[SiteType]:
        """As `JiraSurvey` says. Data Center tells no levels: there sub-tasks are below all others."""
        found: dict[str, SiteType] = {}
        for each in self._client.issue_types():
            level = each.get("hierarchyLevel")
            if not isinstance(level, int):
                level = -1 if each.get("subtask") else 0
            name = str(each.get("name") or "")
            found.setdefault(name.casefold(), SiteType(int(each["id"]), name, level))
        return list(found.values())

    def found(self, jql: str) -> str:
        """As `JiraSurvey` says."""
        return _counted(len(next(self._client.search(jql), [])))

    def people(self, projects: Sequence[str]) -> list[Person]:
        """As `JiraSurvey` says, by the first 500 issues of the projects."""
        pages = self._client.search(f"project IN ({', '.join(map(quote, projects))})")
        issues = (issue for page in islice(pages, _PAGES_LOOKED_AT) for issue in page)
        return _most(_jira_assignees(issues))


class SurveyedGitHub:
    """GitHub, asked by a client."""

    def __init__(self, client: GitHub) -> None:
        self._client = client

    def account(self) -> str:
        """As `GitHubSurvey` says."""
        account = self._client.prove_identity()
        return account.id if account else "an app"

    def found(self, label: str, scope: str) -> str:
        """As `GitHubSurvey` says."""
        return _counted(len(next(iter(self._client.search(issue_query(label, (), scope))), [])))

    def people(self, label: str, scope: str) -> list[Person]:
        """As `GitHubSurvey` says, by the oldest 500 of them."""
        pages = islice(self._client.search(issue_query(label, (), scope)), _PAGES_LOOKED_AT)
        logins = (
            (user["login"], user["login"])
            for page in pages
            for issue in page
            if issue.get("state") == "open"
            for user in issue.get("assignees") or ()
        )
        return _most(logins)


def to_jira(connect: Callable[..., Any], options: dict[str, Any]) -> Callable[[str, str, str], SurveyedJira]:
    """What makes a survey of an address, an e-mail and a token; `options` are those of `connect`."""
    return lambda address, email, token: SurveyedJira(
        connect(JiraSettings(address.rstrip("/"), token, email or None), **options)
    )


def to_github(
    connect: Callable[..., Any], options: dict[str, Any], base_url: str
) -> Callable[[str], SurveyedGitHub]:
    """What makes a survey of a token."""
    return lambda token: SurveyedGitHub(connect(GitHubSettings(token, "", base_url), **options))


def _jira_assignees(issues: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Account and name of who has each open issue."""
    for issue in issues:
        try:
            fields = Fields(issue.get("fields") or {}, str(issue.get("key")))
            status = fields.inner("status")
            category = status.inner("statusCategory") if status else None
            user = fields.inner("assignee")
            account = account_of(fields.sent("assignee") or {})
        except OddRecordError:
            continue
        if user and account and (category is None or category.text("key") != "done"):
            yield account, user.text("displayName") or account


def _most(found: Iterable[tuple[str, str]]) -> list[Person]:
    counts = Counter(found)
    people = [Person(name, account, count) for (account, name), count in counts.items()]
    return sorted(people, key=lambda each: (-each.issues, each.name))


def _counted(count: int) -> str:
    if count >= PAGE_SIZE:
        return f"{count} issues or more"
    return "1 issue" if count == 1 else f"{count} issues"
