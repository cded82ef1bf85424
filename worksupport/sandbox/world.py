"""What the sandbox serves: plain raw objects in a mutable world, and its few settings."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from worksupport.sandbox.exchange import JIRA, Raw
from worksupport.sandbox.team import COLLEAGUES, SERVICE_ACCOUNT, TEAM, Person


@dataclass
class World:
    """Both sites' data and settings; tests change them between and during runs."""

    team: list[Person] = field(default_factory=lambda: list(TEAM))
    others: list[Person] = field(default_factory=lambda: [*COLLEAGUES, SERVICE_ACCOUNT])
    projects: dict[str, Raw] = field(default_factory=dict)  # by key
    types: list[Raw] = field(default_factory=list)
    statuses: dict[str, Raw] = field(default_factory=dict)  # by name
    jira_issues: dict[str, Raw] = field(default_factory=dict)  # by key
    moved_keys: dict[str, str] = field(default_factory=dict)  # former key -> key
    github_issues: list[Raw] = field(default_factory=list)
    histories: dict[str, list[Raw]] = field(default_factory=dict)  # Jira's, by the issue's id
    transferred: dict[str, str] = field(default_factory=dict)  # GitHub's former addresses -> of today
    deleted: set[str] = field(default_factory=set)  # GitHub's addresses of issues that were deleted
    events: dict[str, list[Raw]] = field(default_factory=dict)  # GitHub's, by the issue's url
    hidden_ids: set[str] = field(default_factory=set)  # of Jira's issues that nobody may see any more
    unindexed_ids: set[str] = field(default_factory=set)  # of those that a search forgets, unless reconciled
    archived_ids: set[str] = field(default_factory=set)  # of those that no search shows
    refuses_past: bool = False  # whether changelogs are forbidden
    lives_on: bool = False  # whether something happens whenever a run begins
    hidden_logins: set[str] = field(default_factory=set)  # private profiles: they exist, no search finds them
    jira_label: str = "work-support"
    github_label: str = "team: work support"
    jira_email: str = SERVICE_ACCOUNT.email
    jira_token: str = "sandbox-jira-api-token"  # noqa: S105 - made up
    github_token: str = "sandbox-github-token"  # noqa: S105 - made up
    strict_keys: bool = True  # JQL with an unknown issue key: 400, else no rows
    users_browsable: bool = True  # whether the account may look people up
    page_size: int = 100  # the most that Jira gives when a real field is asked for
    github_version: str | None = None  # of an Enterprise Server; None: as github.com
    wants_advanced_search: bool = True  # OR and parentheses only with advanced_search=true
    searches_per_minute: int = 5000  # GitHub's search bucket; really 30
    ids: Iterator[int] = field(default_factory=lambda: count(10001))
    # The next issue number, by project key or repository.
    numbers: defaultdict[str, Iterator[int]] = field(default_factory=lambda: defaultdict(lambda: count(1)))

    @property
    def people(self) -> list[Person]:
        """Everybody with an account."""
        return [*self.team, *self.others]

    def account_id_of(self, name: str) -> str:
        """The account id for an exact e-mail, also a hidden one; `name` itself for anything else."""
        return next((person.account_id for person in self.people if person.email == name.casefold()), name)

    def find(self, name: str) -> Raw | None:
        """The Jira issue with this key, former key or id."""
        key = self.moved_keys.get(name.upper(), name.upper())
        if not name.isdigit():
            return self.jira_issues.get(key)
        return next((issue for issue in self.jira_issues.values() if issue["id"] == name), None)

    def type_named(self, name: str, project: str) -> Raw:
        """The issue type as a project has it: team-managed projects have their own."""
        named = [issue_type for issue_type in self.types if issue_type["name"] == name]
        own = {"type": "PROJECT", "project": {"id": self.projects[project]["id"]}}
        return next((issue_type for issue_type in named if issue_type.get("scope") == own), named[0])

    def add_jira_issue(self, project: str, type_name: str, **given: Any) -> Raw:
        """Store a new issue with the next key of its project; `given` fields replace plain defaults.

        `status` is a status name, `parent` a raw issue, `assignee` a Person; others are stored as given.
        """
        issue_id, key = str(next(self.ids)), f"{project}-{next(self.numbers[project])}"
        fields = {
            "issuetype": self.type_named(type_name, project),
            "project": self.projects[project],
            "priority": {"id": "3", "name": "Medium", "self": f"{JIRA}/rest/api/3/priority/3"},
            "labels": [],
            "assignee": None,
            "resolutiondate": None,
            "created": "2026-03-02T09:30:00.000-0500",
            "updated": "2026-11-02T16:05:09.120-0500",
            **given,
            "status": self.statuses[given.get("status", "To Do")],
        }
        if isinstance(given.get("assignee"), Person):
            fields["assignee"] = given["assignee"].jira_user()
        if given.get("parent"):
            fields["parent"] = parent_stub(given["parent"])
        address = f"{JIRA}/rest/api/3/issue/{issue_id}"
        issue = {"expand": "names,schema", "id": issue_id, "self": address, "key": key, "fields": fields}
        self.jira_issues[key] = issue
        return issue

    def delete_jira_issue(self, key: str) -> None:
        """Take an issue away; its children keep naming it."""
        del self.jira_issues[key]

    def move_jira_issue(self, key: str, project: str) -> Raw:
        """Give an issue a key of another project; it keeps its id, and its former keys still find it."""
        issue = self.jira_issues.pop(key)
        issue["key"] = new_key = f"{project}-{next(self.numbers[project])}"
        issue["fields"]["project"] = self.projects[project]
        self.jira_issues[new_key] = issue
        former = [key, *(old for old, new in self.moved_keys.items() if new == key)]
        self.moved_keys.update(dict.fromkeys(former, new_key))
        for child in self.jira_issues.values():
            if (child["fields"].get("parent") or {}).get("id") == issue["id"]:
                child["fields"]["parent"] = parent_stub(issue)
        return issue


def parent_stub(issue: Raw) -> Raw:
    """An issue as its children carry it."""
    shown = ("summary", "status", "priority", "issuetype")
    fields = {name: issue["fields"][name] for name in shown if name in issue["fields"]}
    return {"id": issue["id"], "key": issue["key"], "self": issue["self"], "fields": fields}


def moment(text: str) -> datetime:
    """A time as either service writes it (Jira's offset has no colon), with its zone."""
    return datetime.fromisoformat(text)
