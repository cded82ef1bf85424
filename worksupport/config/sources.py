"""Which sources are on: a source without credentials is off, a half configured one is a problem."""

from dataclasses import dataclass
from typing import Any

from worksupport.config import keys
from worksupport.config.given import Findings, Given
from worksupport.config.settings import GitHubSettings, JiraSettings


def read_sources(
    filled: dict[str, dict[str, Any]], given: dict[str, Given], findings: Findings
) -> dict[str, JiraSettings | GitHubSettings | None]:
    """The settings of "jira" and "github" from their parsed values; None: off, or refused (both noted)."""
    jira = _jira_settings(_Section("jira", filled["jira"], given, findings))
    github = _github_settings(_Section("github", filled["github"], given, findings))
    told = any(key.startswith(("jira.", "github.")) for key in findings.keys)
    if jira is None and github is None and not told:
        findings.problem("jira.api_token, github.api_token", "expected at least one; no source is on")
    return {"jira": jira, "github": github}


@dataclass(frozen=True)
class _Section:
    """What is configured for one source: its values by attribute, all as given, where problems are noted."""

    name: str
    values: dict[str, Any]
    given: dict[str, Given]
    findings: Findings

    def is_on(self, companion: str = "") -> bool:
        """Whether the source has a token, after noting why not.

        A token that somebody set to nothing turns the source off. One that is nowhere, although its
        `companion` is there, was forgotten: to go on would lose sight of the source in silence.
        """
        key = f"{self.name}.api_token"
        turned_off = key in self.given and not self.given[key].text
        if self.has("api_token"):
            return True
        if companion in self.values and not turned_off:
            beside = f"{self.name}.{companion}"
            reason = f"because {beside} ({self.given[beside].place}) is set"
            off = f"(set {keys.variable(key)} to nothing to turn {self.name} off)"
            self.refuse("api_token", f"a token, {reason}", off)
            return True
        self.findings.notes.append(f"{self.name} is off: {key} is {'empty' if turned_off else 'not set'}")
        return False

    def has(self, attribute: str) -> bool:
        """Whether it has a value, or has one that was refused already."""
        return attribute in self.values or f"{self.name}.{attribute}" in self.findings.keys

    def require(self, attribute: str, what: str) -> None:
        """Note a problem if it has no value."""
        if not self.has(attribute):
            self.refuse(attribute, what)

    def refuse(self, attribute: str, what: str, advice: str = "") -> None:
        """Note that it should have been `what` and is missing, empty or the example's placeholder."""
        key = f"{self.name}.{attribute}"
        given = self.given.get(key)
        found = "nothing" if given is None or not given.text else "the example's placeholder"
        self.findings.problem(key, f"expected {what}; found {found} {advice}".rstrip(), given)

    def is_refused(self, *attributes: str) -> bool:
        """Whether one of these has a problem, so that there can be no settings."""
        return any(f"{self.name}.{attribute}" in self.findings.keys for attribute in attributes)


def _jira_settings(section: _Section) -> JiraSettings | None:
    if not section.is_on(companion="email"):
        return None
    section.require("base_url", "the site, such as https://company.atlassian.net")
    if "jira.email" in section.given and keys.is_placeholder(section.given["jira.email"].text):
        section.refuse("email", "the account that the token belongs to, or on Data Center no such line")
    return None if section.is_refused("base_url", "api_token") else JiraSettings(**section.values)


def _github_settings(section: _Section) -> GitHubSettings | None:
    if not section.is_on():
        return None
    section.require("issue_label", "a label (without one every issue would be fetched)")
    return None if section.is_refused("issue_label", "api_token") else GitHubSettings(**section.values)
