"""Team members and issue types: the keys of the file that carry an id of the user's choice."""

from collections import defaultdict
from collections.abc import Callable

from worksupport.config import keys, parsers
from worksupport.config.given import Findings, Given, parsed_or_noted
from worksupport.config.properties import Document
from worksupport.config.settings import Member
from worksupport.errors import ConfigurationError
from worksupport.model.hierarchy import (
    DEFAULT_TYPES,
    UNKNOWN_TYPE_ID,
    Hierarchy,
    IssueType,
)

_Group = dict[str, Given]  # field -> value


def read_members(document: Document, findings: Findings) -> tuple[Member, ...]:
    """The team, in the order of the file; each has a name and an id on at least one service."""
    groups = _grouped(document, keys.MEMBER_PREFIX, keys.MEMBER_FIELDS)
    members = [_member(identifier, group, findings) for identifier, group in groups.items()]
    for service, account in (("jira_id", lambda m: m.jira_id), ("github_id", lambda m: m.github_id)):
        _warn_of_shared_accounts(members, service, account, findings)
    return tuple(members)


def read_hierarchy(document: Document, findings: Findings) -> Hierarchy:
    """The configured issue types, or the default ones where the file names none; -1 is always among them."""
    groups = _grouped(document, keys.TYPE_PREFIX, keys.TYPE_FIELDS)
    noted = len(findings.keys)
    types = [_issue_type(identifier, group, findings) for identifier, group in groups.items()]
    if not types or len(findings.keys) > noted:
        return Hierarchy(DEFAULT_TYPES, is_built_in=True)
    if all(issue_type.id != UNKNOWN_TYPE_ID for issue_type in types):
        types.append(DEFAULT_TYPES[-1])
    try:
        return Hierarchy(tuple(types))
    except ConfigurationError as error:
        first = next(iter(next(iter(groups.values())).values()))
        findings.problem(f"{keys.TYPE_PREFIX}*", error.message, first)
        return Hierarchy(DEFAULT_TYPES, is_built_in=True)


def _grouped(document: Document, prefix: str, fields: tuple[str, ...]) -> dict[str, _Group]:
    groups: dict[str, _Group] = defaultdict(dict)
    for key, entry in document.entries.items():
        if parts := keys.split_family(key, prefix, fields):
            groups[parts[0]][parts[1]] = Given(entry.value.strip(), line=entry.lines[0])
    return groups


def _member(identifier: str, group: _Group, findings: Findings) -> Member:
    prefix = f"{keys.MEMBER_PREFIX}{identifier}"
    name = _required(f"{prefix}.name", group, "the person's name", findings)
    jira_id = _parsed(f"{prefix}.jira_id", group, parsers.plain, findings)
    github_id = _parsed(f"{prefix}.github_id", group, parsers.login, findings)
    if not _filled(group, "jira_id") and not _filled(group, "github_id"):
        expected = f"expected {prefix}.jira_id, {prefix}.github_id or both"
        findings.problem(prefix, f"{expected}; found neither", _first(group))
    teams = parsed_or_noted(parsers.words, f"{prefix}.teams", group.get("teams", Given("")), findings)
    return Member(identifier, name, jira_id, github_id, teams or ())


def _issue_type(identifier: str, group: _Group, findings: Findings) -> IssueType:
    prefix = f"{keys.TYPE_PREFIX}{identifier}"
    name = _required(f"{prefix}.name", group, "the type's name in Jira", findings)
    url = group.get("url", Given("")).text
    child_ids = group.get("child_type_ids", Given(""))
    children = tuple(dict.fromkeys(_whole_numbers(f"{prefix}.child_type_ids", child_ids, findings)))
    type_ids = _whole_numbers(prefix, Given(identifier, line=_first(group).line), findings)
    return IssueType(type_ids[0] if len(type_ids) == 1 else UNKNOWN_TYPE_ID, name, url, children)


def _required(key: str, group: _Group, what: str, findings: Findings) -> str:
    """The value of `key`'s field, after noting a problem where it is missing."""
    value = _filled(group, key.rpartition(".")[2])
    if value is None:
        found = group.get(key.rpartition(".")[2])
        reason = "; found the example's placeholder" if found and found.text else "; it is missing"
        findings.problem(key, f"expected {what}{reason}", found or _first(group))
    return _parsed(key, group, parsers.plain, findings) or ""


def _parsed(key: str, group: _Group, parse: Callable[[str], str], findings: Findings) -> str | None:
    """The value of `key`'s field as what it means, after noting a problem where it is wrong."""
    field = key.rpartition(".")[2]
    return None if _filled(group, field) is None else parsed_or_noted(parse, key, group[field], findings)


def _filled(group: _Group, field: str) -> str | None:
    given = group.get(field)
    return given.text if given and given.text and not keys.is_placeholder(given.text) else None


def _first(group: _Group) -> Given:
    return next(iter(group.values()))


def _whole_numbers(key: str, given: Given, findings: Findings) -> tuple[int, ...]:
    """The whole numbers of a list such as `10000, 11140`, after noting a problem with anything else."""
    words = given.text.replace(",", " ").split()
    if wrong := [word for word in words if not word.removeprefix("-").isdecimal()]:
        findings.problem(key, f"expected whole numbers; found {wrong[0]!r}", given)
        return ()
    return tuple(map(int, words))


def _warn_of_shared_accounts(
    members: list[Member], service: str, account: Callable[[Member], str | None], findings: Findings
) -> None:
    """One account can show one name only; two members of one name are fine, two of one account are not."""
    owners: dict[str, str] = {}
    for member in members:
        if identifier := account(member):
            other = owners.setdefault(identifier.casefold(), member.id)
            if other != member.id:
                findings.warnings.append(f"members {other} and {member.id} have the same {service}")
