"""What the configuration says, checked and frozen; the rest of the program sees nothing else of it."""

from dataclasses import dataclass, field
from pathlib import Path

from worksupport.model.hierarchy import Hierarchy
from worksupport.model.names import DEFAULT_FULL_EVERY_HOURS, DEFAULT_INTERVAL_HOURS
from worksupport.model.state import DEFAULT_BLOCKED, DEFAULT_DROPPED, StateRules
from worksupport.model.times import DEFAULT_WEEKEND


@dataclass(frozen=True)
class Member:
    """One person of the team; either service id may be missing."""

    id: str
    name: str
    jira_id: str | None  # an accountId or an e-mail address; on Data Center a user name
    github_id: str | None  # a login
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class JiraSettings:
    """How to reach Jira and what to ask it for."""

    base_url: str  # without a slash at its end
    api_token: str = field(repr=False)
    email: str | None = None  # None: a Data Center token, sent as Bearer
    issue_label: str | None = None  # None: no label query
    root_jql: str | None = None  # None: the default Product Version query


@dataclass(frozen=True)
class GitHubSettings:
    """How to reach GitHub and what to ask it for."""

    api_token: str = field(repr=False)
    issue_label: str
    base_url: str = "https://api.github.com"  # the API root as is, without a slash at its end
    search_scope: str = ""  # extra qualifiers, such as org:acme

    @property
    def web_url(self) -> str:
        """Where people open its pages: `api.HOST` and `HOST/api/v3` are APIs of `HOST`."""
        scheme, _, rest = self.base_url.removesuffix("/api/v3").partition("://")
        return f"{scheme}://{rest.removeprefix('api.')}"


@dataclass(frozen=True)
class ServeSettings:
    """Where `serve` listens and whom it answers."""

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = field(default=None, repr=False)
    rate_limit_per_minute: int = 6000  # per address; 0 = off
    public_url: str | None = None  # the address of a proxy in front, as people type it
    jira_secret: str | None = field(default=None, repr=False)
    github_secret: str | None = field(default=None, repr=False)

    @property
    def webhook_secrets(self) -> dict[str, str]:
        """By the service that signs with it."""
        given = {"jira": self.jira_secret, "github": self.github_secret}
        return {name: secret for name, secret in given.items() if secret}


@dataclass(frozen=True)
class NotifySettings:
    """The addresses to which `notify` posts; each is a secret."""

    slack_url: str | None = field(default=None, repr=False)
    teams_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """The whole configuration; a source without credentials is None."""

    path: Path  # the file read
    database_path: Path
    members: tuple[Member, ...]
    hierarchy: Hierarchy
    jira: JiraSettings | None
    github: GitHubSettings | None
    serve: ServeSettings = ServeSettings()
    notify: NotifySettings = NotifySettings()
    interval_hours: float = DEFAULT_INTERVAL_HOURS
    full_every_hours: float = DEFAULT_FULL_EVERY_HOURS

    @property
    def services(self) -> list[str]:
        """Where people open the pages of the sources that are on."""
        jira = [self.jira.base_url] if self.jira else []
        return [*jira, *([self.github.web_url] if self.github else [])]

    retention_days: float = 90.0
    concurrency: int = 8
    timeout_seconds: float = 60.0
    max_wait_seconds: float = 300.0
    max_delete_percent: float = 50.0
    descriptions: bool = True  # whether they are stored
    changes_from_services: bool = True  # whether their histories are read
    changes_authors: bool = True  # whether it is kept who made a change
    changes_keep_days: int = 0  # of what is gone, or done for so long; 0 = for ever
    blocked: tuple[str, ...] = DEFAULT_BLOCKED  # statuses and labels
    dropped: tuple[str, ...] = DEFAULT_DROPPED  # statuses and resolutions
    weekend: tuple[str, ...] = DEFAULT_WEEKEND  # in English, lower case
    lint_ignore: tuple[str, ...] = ()  # rules, or RULE:KEY
    ping_url: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()  # for the log: unknown keys, a file that others can read, ...
    notes: tuple[str, ...] = ()  # for the log at info: sources that are off

    @property
    def state_rules(self) -> StateRules:
        """By which the issues' states are decided."""
        return StateRules.of(self.blocked, self.dropped)

    def source(self, name: str) -> JiraSettings | GitHubSettings | None:
        """One source's own settings, by its name (`model/names.py`); None where it is off."""
        own: JiraSettings | GitHubSettings | None = getattr(self, name)
        return own
