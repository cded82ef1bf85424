"""What a run no longer found, asked for by its address (README.md, "Disappearance")."""

from dataclasses import dataclass, field
from typing import Any

from worksupport.sources.base import Lost, LostIssues
from worksupport.sources.github.client import GitHub
from worksupport.sources.github.rows import issue_key
from worksupport.sources.records import Fields, OddRecordError, record_id

_GONE = {301: "transferred", 404: "deleted, transferred or hidden", 410: "deleted"}


@dataclass
class Verdicts:
    """What became of each issue that was lost, by the vendor's id; raw issues as GitHub tells them."""

    reasons: dict[str, str] = field(default_factory=dict)
    unconfirmed: set[str] = field(default_factory=set)
    left: list[Any] = field(default_factory=list)  # still there, and none of ours
    found: list[Any] = field(default_factory=list)  # the search was at fault


def confirm(client: GitHub, lost: LostIssues, label: str, logins: frozenset[str], most: int) -> Verdicts:
    """Ask for each of the lost issues, at most so many: the rest is asked for next time.

    `logins`: the members', folded. Raises what the client raises.
    """
    verdicts = Verdicts()
    for number, issue in enumerate(lost.issues):
        if number >= most:
            verdicts.unconfirmed.add(issue.source_id)
        else:
            _confirm(client, issue, label.casefold(), logins, verdicts)
    return verdicts


def _confirm(client: GitHub, issue: Lost, label: str, logins: frozenset[str], verdicts: Verdicts) -> None:
    response = client.issue(issue.key)
    if response.status != 200:
        verdicts.reasons[issue.source_id] = _GONE[response.status]
    elif record_id(response.document) != issue.source_id:  # the client has followed a redirect
        key = issue_key(response.document)
        verdicts.reasons[issue.source_id] = f"transferred to {key}" if key else "transferred"
    elif not (reason := _why_not(response.document, issue, label, logins)):
        verdicts.found.append(response.document)
    else:
        verdicts.reasons[issue.source_id] = reason
        verdicts.left.append(response.document)


def _why_not(raw: dict[str, Any], issue: Lost, label: str, logins: frozenset[str]) -> str:
    """Why it is none of ours any more; "" if it still is."""
    try:
        fields = Fields(raw, issue.key)
        if label not in map(str.casefold, fields.names("labels")):
            return "label removed"
        users = fields.inner_list("assignees")
    except OddRecordError:
        return ""  # that it cannot be read is no reason to lose it
    assigned = {(user.text("login") or "").casefold() for user in users}
    return "reassigned" if logins.isdisjoint(assigned) else ""
