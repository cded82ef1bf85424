"""Which sources are on: a source without credentials is off, a half configured one is a problem."""

from dataclasses import dataclass
from typing import Any

from worksupport.config import keys
from worksupport.config.findings import Findings, Given
from worksupport.config.settings import GitHubSettings, JiraSettings


def read_sources(
    values: dict[str, Any], given: dict[str, Given], findings: Findings
) -> dict[str, JiraSettings | GitHubSettings | None]:
    """The settings of "jira" and "github" from parsed `values`; None: off, or refused (both noted)."""
    section = _Section(values, given, findings)
    jira, github = _jira_settings(section), _github_settings(section)
    told = any(key.startswith(("jira.", "github.")) for key in findings.keys)
    if jira is None and github is None and not told:
        findings.problem("jira.api_token, github.api_token", "expected at least one; no source is on")
    return {"jira": jira, "github": github}


@dataclass(frozen=True)
class _Section:
    """What is configured: the values as parsed, the same as given, and where problems are noted."""

    values: dict[str, Any]
    given: dict[str, Given]
    findings: Findings

    def is_on(self, source: str, companion: str = "") -> bool:
        """Whether `source` has a token, after noting why not.

        A token that somebody set to nothing turns the source off. One that is nowhere, although its
        `companion` is there, was forgotten: to go on would lose sight of the source in silence.
        """
        token = f"{source}.api_token"
        turned_off = token in self.given and not self.given[token].text
        if self.has(token):
            return True
        if companion in self.values and not turned_off:
            reason = f"because {companion} ({self.given[companion].place}) is set"
            off = f"(set {keys.variable(token)} to nothing to turn {source} off)"
            self.refuse(token, f"a token, {reason}", off)
            return True
        self.findings.notes.append(f"{source} is off: {token} is {'empty' if turned_off else 'not set'}")
        return False

    def has(self, key: str) -> bool:
        """Whether `key` has a value, or has one that was refused already."""
        return key in self.values or key in self.findings.keys

    def require(self, key: str, what: str) -> None:
        """Note a problem if `key` has no value."""
        if not self.has(key):
            self.refuse(key, what)

    def refuse(self, key: str, what: str, advice: str = "") -> None:
        """Note that `key` should have been `what` and is missing, empty or the example's placeholder."""
        given = self.given.get(key)
        found = "nothing" if given is None or not given.text else "the example's placeholder"
        self.findings.problem(key, f"expected {what}; found {found} {advice}".rstrip(), given)


def _jira_settings(section: _Section) -> JiraSettings | None:
    if not section.is_on("jira", companion="jira.email"):
        return None
    section.require("jira.base_url", "the site, such as https://company.atlassian.net")
    if "jira.email" in section.given and keys.is_placeholder(section.given["jira.email"].text):
        section.refuse("jira.email", "the account that the token belongs to, or on Data Center no such line")
    if section.findings.keys & {"jira.base_url", "jira.api_token"}:
        return None
    fields = ("base_url", "api_token", "email", "issue_label", "root_jql")
    values: dict[str, Any] = {field: section.values.get(f"jira.{field}") for field in fields}
    return JiraSettings(**values)


def _github_settings(section: _Section) -> GitHubSettings | None:
    if not section.is_on("github"):
        return None
    section.require("github.issue_label", "a label (without one every issue would be fetched)")
    if section.findings.keys & {"github.issue_label", "github.api_token"}:
        return None
    fields = ("api_token", "issue_label", "base_url", "search_scope")
    present = [field for field in fields if f"github.{field}" in section.values]
    return GitHubSettings(**{field: section.values[f"github.{field}"] for field in present})
