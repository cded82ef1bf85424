"""What a harvest of a made-up Jira must bring, worked out the slow and obvious way."""

from typing import Any

from worksupport.sandbox.world import World

_CHILD_TYPES = {
    "Product Version": {"Feature", "Customer Adoption"},
    "Feature": {"Story", "Task"},
    "Customer Adoption": {"Story"},
}
_TYPE_IDS = {
    "Product Version": 10004,
    "Feature": 10000,
    "Customer Adoption": 11140,
    "Story": 10101,
    "Task": 10104,
}


def jira_truth(world: World) -> dict[str, tuple[int, str | None, frozenset[str]]]:
    """By key: configured type id, parent key, labels."""
    keys = _tree(world) | _labelled(world)
    return {key: _facts(world.jira_issues[key]) for key in keys}


def _facts(issue: dict[str, Any]) -> tuple[int, str | None, frozenset[str]]:
    fields = issue["fields"]
    parent = (fields.get("parent") or {}).get("key")
    return _TYPE_IDS.get(fields["issuetype"]["name"], -1), parent, frozenset(fields["labels"])


def _tree(world: World) -> set[str]:
    level = {
        key
        for key, issue in world.jira_issues.items()
        if key.split("-")[0] in {"IAIPORT", "AIPRDV", "AIMP", "IACU"}
        and issue["fields"]["issuetype"]["name"] == "Product Version"
        and "SE_product_family" in issue["fields"]["labels"]
    }
    found: set[str] = set()
    while level:
        found |= level
        level = {key for key in world.jira_issues if _is_child(world, key, level)} - found
    return found


def _is_child(world: World, key: str, parents: set[str]) -> bool:
    fields = world.jira_issues[key]["fields"]
    parent = (fields.get("parent") or {}).get("key")
    if parent not in parents:
        return False
    parent_type = world.jira_issues[parent]["fields"]["issuetype"]["name"]
    return fields["issuetype"]["name"] in _CHILD_TYPES.get(parent_type, set())


def _labelled(world: World) -> set[str]:
    accounts = {person.account_id for person in world.team if person.has_jira}
    return {
        key
        for key, issue in world.jira_issues.items()
        if world.jira_label in issue["fields"]["labels"]
        and (issue["fields"].get("assignee") or {}).get("accountId") in accounts
    }
