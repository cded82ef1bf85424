"""A world whose data changes between two runs in every way that a run must cope with."""

import random

from tests.harvest.conftest import small_world
from worksupport.sandbox.world import World, parent_stub


def grown_world(versions: int = 4, features: int = 4, stories: int = 5) -> World:
    """The small world with more below it: some 100 issues."""
    world = small_world()
    for number in range(versions):
        version = world.add_jira_issue("AIPRDV", "Product Version", labels=["SE_product_family"])
        for _ in range(features):
            feature = world.add_jira_issue("AIPRDV", "Feature", parent=version)
            for story in range(stories):
                who = world.team[(number + story) % 3]
                world.add_jira_issue("AIPRDV", "Story", parent=feature, labels=[f"l{story}"], assignee=who)
    return world


def shake(world: World, chance: random.Random, *, keys_move: bool) -> None:
    """Edit, delete and add; with `keys_move` also move issues and let two swap their keys."""
    keys = [key for key in world.jira_issues if key.startswith("AIPRDV")]
    stories = [key for key in keys if _type(world, key) == "Story"]
    features = [key for key in keys if _type(world, key) == "Feature"]
    for key in chance.sample(keys, 12):
        fields = world.jira_issues[key]["fields"]
        fields["summary"] = f"Edited {chance.random()}"
        fields["labels"] = [*fields["labels"][:1], f"label {chance.randrange(9)}"]
    for key in chance.sample(stories, 3):
        world.delete_jira_issue(key)
    for key in chance.sample(features, 3):
        world.add_jira_issue("AIPRDV", "Story", parent=world.jira_issues[key], assignee=world.team[0])
    if keys_move:
        world.move_jira_issue(chance.choice([key for key in stories if key in world.jira_issues]), "IAIPORT")
        swap_keys(world, *chance.sample(features, 2))


def _type(world: World, key: str) -> str:
    return str(world.jira_issues[key]["fields"]["issuetype"]["name"])


def swap_keys(world: World, one: str, other: str) -> None:
    """Two issues trade their keys; ids stay, and children name their parent by its new key."""
    first, second = world.jira_issues[one], world.jira_issues[other]
    first["key"], second["key"] = other, one
    world.jira_issues[other], world.jira_issues[one] = first, second
    by_id = {issue["id"]: issue for issue in (first, second)}
    for child in world.jira_issues.values():
        parent = child["fields"].get("parent")
        if parent and parent["id"] in by_id:
            child["fields"]["parent"] = parent_stub(by_id[parent["id"]])
