"""The sandbox's JQL, as Jira Cloud reads it."""

import pytest

from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.jql import search
from worksupport.sandbox.jql_words import JqlError
from worksupport.sandbox.team import TEAM
from worksupport.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """Six issues that differ in what JQL looks at."""
    world = empty_site()
    labels = {"labels": ["SE_product_family", "in progress"]}
    version = world.add_jira_issue("IAIPORT", "Product Version", summary="Version", **labels)
    feature = world.add_jira_issue("AIPRDV", "Feature", parent=version, labels=["se_product_family"])
    world.add_jira_issue("IACU", "Story", parent=feature, assignee=TEAM[1], labels=['say "hi"\\'])
    world.add_jira_issue("AIPRDV", "Story", parent=feature, status="Done")
    world.add_jira_issue("AIPRDV", "Bug", parent=feature, updated="2026-11-03T02:00:00.000+1300")
    world.add_jira_issue("DO", "Task", labels=["for"], updated="2026-11-02T14:00:00.000-0500")
    return world


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        (
            'project in (IAIPORT, AIPRDV) AND type = "Product Version" AND labels = SE_product_family',
            "IAIPORT-1",
        ),
        ("type IN (10001, 10301) ORDER BY key ASC", "AIPRDV-2 IACU-1"),
        ("issuetype = story ORDER BY key DESC", "IACU-1 AIPRDV-2"),
        ('parent IN ("AIPRDV-1") AND type IN (10001, 10301) ORDER BY created DESC, key', "AIPRDV-2 IACU-1"),
        ("parent = 10001", "AIPRDV-1"),
        (f'assignee = "{TEAM[1].account_id}"', "IACU-1"),
        (f"assignee IN ('{TEAM[1].email}', nobody)", "IACU-1"),
        ("assignee = nobody", ""),
        ("labels = no-such-label", ""),
        (r'labels = "say \"hi\"\\"', "IACU-1"),
        (r'labels = "in\u0020progress"', "IAIPORT-1"),
        ('project = "DO" OR (key = IACU-1 AND NOT status = Done) ORDER BY key', "DO-1 IACU-1"),
        ("project = AIPRDV AND statusCategory != done ORDER BY key", "AIPRDV-1 AIPRDV-3"),
        ("parent IS EMPTY ORDER BY key", "DO-1 IAIPORT-1"),
        ('labels IS NOT EMPTY AND labels NOT IN ("for") ORDER BY key', "AIPRDV-1 IACU-1 IAIPORT-1"),
        ("key IN (AIPRDV-3, DO-1) ORDER BY updated", "AIPRDV-3 DO-1"),
    ],
)
def test_finds(world: World, jql: str, keys: str) -> None:
    assert " ".join(issue["key"] for issue in search(jql, world)) == keys


@pytest.mark.parametrize(
    ("jql", "complaint"),
    [
        ("", "Unbounded"),
        ("ORDER BY key", "Unbounded"),
        ("project in (DO)", "'DO' is a reserved JQL word. You must surround it in quotation marks"),
        (r'labels = "hot\!"', r"'\!' is an illegal JQL escape sequence"),
        ("labels = a@b", "'@' is reserved"),
        ('labels = "open', "reserved"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("type = Nonsense", "The value 'Nonsense' does not exist for the field 'issuetype'."),
        ("type IN (10001, 123)", "A value with ID '123' does not exist for the field 'issuetype'."),
        ("parent IN (IACU-1, IACU-99)", "An issue with key 'IACU-99' does not exist for field 'parent'."),
        ("key = IACU-99", "An issue with key 'IACU-99' does not exist for field 'issueKey'."),
        ('"Epic Link" = IACU-1', "Field 'Epic Link' does not exist"),
        ("project = IACU ORDER BY rank", "Field 'rank' does not exist"),
        ("project = IACU ORDER BY " + ", ".join(["key"] * 8), "maximum of 7"),
        ("project = IACU AND", "unexpected"),
        ("project = IACU key = IACU-1", "unexpected"),
        ("project IN (IACU", "'the end of the query' is unexpected"),
    ],
)
def test_refuses(world: World, jql: str, complaint: str) -> None:
    with pytest.raises(JqlError) as refusal:
        search(jql, world)
    assert complaint in "; ".join(refusal.value.messages)


def test_unknown_keys_are_silent_where_the_site_is_lenient(world: World) -> None:
    """The facts disagree about this; a world can be either."""
    world.strict_keys = False
    assert search("parent IN (IACU-99, IAIPORT-1)", world) == [world.jira_issues["AIPRDV-1"]]
    world.strict_keys = True


def test_every_complaint_is_listed(world: World) -> None:
    with pytest.raises(JqlError) as refusal:
        search("project = NOPE AND type = Nonsense", world)
    assert len(refusal.value.messages) == 2
