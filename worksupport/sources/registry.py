"""The sources that there are: whoever wants to do something with each of them loops over this table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from worksupport.clock import Clock
from worksupport.config.settings import GitHubSettings, JiraSettings, Settings
from worksupport.network.service import Service
from worksupport.sources.base import ParentsOf, Probe, Scope, Source
from worksupport.sources.github import client as github_client
from worksupport.sources.github import preview as github_preview
from worksupport.sources.github.source import GitHubSource
from worksupport.sources.jira import client as jira_client
from worksupport.sources.jira import preview as jira_preview
from worksupport.sources.jira.source import JiraSource

# E-mail address -> account id, as earlier runs found them.
KnownAccounts = Mapping[str, str]


class Client(Protocol):
    """A service's calls; each source has its own."""

    service: Service

    def close(self) -> None:
        """Close all connections."""


class Connect(Protocol):
    """Makes a client for a source's own settings; nothing is sent yet."""

    def __call__(
        self, settings: Any, /, *, clock: Clock, timeout_seconds: float, max_wait_seconds: float
    ) -> Any: ...


@dataclass(frozen=True)
class Registered:
    """One source; its own settings are the attribute of its name in `Settings`, None where it is off."""

    name: str
    connect: Connect
    # (settings, the source's own, client, known accounts): asks nothing before its `fetch`.
    build: Callable[[Settings, Any, Any, KnownAccounts], Source]
    dry_run: Callable[[Settings, Any, ParentsOf], Iterator[str]]
    dry_run_changed: Callable[[Settings, Any, Scope, datetime], Iterator[str]]
    probe: Callable[[Any, Settings, Any], Probe]
    # (settings, the source's own): what decides which issues a full run brings, and what of them; no secret.
    asks_for: Callable[[Settings, Any], tuple[object, ...]]


def _build_jira(settings: Settings, own: Any, client: Any, known_accounts: KnownAccounts) -> Source:
    return JiraSource(settings, own, client, known_accounts)


def _build_github(settings: Settings, own: Any, client: Any, known_accounts: KnownAccounts) -> Source:
    return GitHubSource(settings, own, client)


def _jira_asks_for(settings: Settings, own: JiraSettings) -> tuple[object, ...]:
    people = sorted((member.jira_id, member.name) for member in settings.members if member.jira_id)
    scope = (own.base_url, own.root_jql, own.issue_label, people)
    return (*scope, settings.hierarchy.types, settings.hierarchy.roots, settings.descriptions)


def _github_asks_for(settings: Settings, own: GitHubSettings) -> tuple[object, ...]:
    people = sorted((member.github_id, member.name) for member in settings.members if member.github_id)
    return (own.base_url, own.issue_label, own.search_scope, people, settings.descriptions)


REGISTRY = (
    Registered(
        "jira",
        jira_client.connect,
        _build_jira,
        jira_preview.dry_run,
        jira_preview.dry_run_changed,
        jira_preview.probe,
        _jira_asks_for,
    ),
    Registered(
        "github",
        github_client.connect,
        _build_github,
        github_preview.dry_run,
        github_preview.dry_run_changed,
        github_preview.probe,
        _github_asks_for,
    ),
)
