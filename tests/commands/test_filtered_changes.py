"""`changes` with filters: what leaves them is told like what comes, on a site that lives."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.commands.test_changes import NOW, YESTERDAY, clock, harvest, site, story
from tests.conftest import Answer, Moving
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Told = list[tuple[str, str, Any, Any]]
__all__ = ["clock", "harvest", "site"]  # the fixtures


@pytest.fixture
def told(run: Run, clock: Moving) -> Callable[..., Told]:
    """Key, field, old and new of what `changes` answers."""

    def ask(*arguments: str) -> Told:
        answer = run("changes", *arguments, "--json", clock=clock)
        assert (answer.exit_code, answer.err) == (0, "")
        changes = json.loads(answer.out)["changes"]
        return [(each["issue_key"], each["field"], each["old"], each["new"]) for each in changes]

    return ask


def test_what_left_a_filter_is_told_by_its_old_value(
    site: Sandbox, clock: Moving, harvest: Callable[[datetime], None], told: Callable[..., Told]
) -> None:
    world, mine = site.world, story(site, 3)
    labels = ["SE_product_family"]
    version = world.add_jira_issue("IAIPORT", "Product Version", summary="Portal 4.3", labels=labels)
    one, other = world.team[:2]
    for field, value in [("assignee", one), ("labels", ["customer"]), ("status", "In Progress")]:
        change_jira(world, mine, field, value, NOW - timedelta(days=2, hours=1))
    harvest(NOW - timedelta(days=2) + timedelta(hours=1))
    for field, value in [("assignee", other), ("labels", []), ("status", "Done"), ("parent", version)]:
        change_jira(world, mine, field, value, YESTERDAY)
    harvest(NOW)
    key, feature = "IAIPORT-3", "IAIPORT-2"
    person = (key, "assignees", [one.name], [other.name])
    assert told("-a", one.name) == [person]
    assert person in told("-a", other.name)
    assert told("-l", "customer") == [(key, "labels", ["customer"], [])]
    for filters in (["--open"], ["--state", "doing"], ["-s", "in progress"]):
        assert (key, "status", "In Progress", "Done") in told(*filters, "--field", "status"), filters
    moved = (key, "parent", feature, version["key"])
    for filters in (["--parent", feature], ["--under", "IAIPORT-1"], ["IAIPORT-1"], [feature]):
        assert moved in told(*filters), filters
        assert person not in told(*filters), filters
    # Different filters: each by today's value, or by the old one where the change is about it.
    assert told("-a", one.name, "--state", "done") == [person]
    assert told("-a", one.name, "--open") == []
    assert told("-a", one.name, "--parent", feature) == []


def test_the_net_goes_by_the_value_at_first_and_the_log_by_each(
    site: Sandbox, clock: Moving, harvest: Callable[[datetime], None], told: Callable[..., Told]
) -> None:
    people = site.world.team[:3]
    alice, bob, carol = (person.name for person in people)
    change_jira(site.world, story(site, 3), "assignee", people[0], YESTERDAY - timedelta(days=3))
    for hours, person in enumerate(people[1:]):
        change_jira(site.world, story(site, 3), "assignee", person, YESTERDAY + timedelta(hours=hours))
    harvest(NOW)
    net = [("IAIPORT-3", "assignees", [alice], [carol])]
    assert told("-a", alice) == told("-a", carol) == net
    assert told("-a", bob) == []  # neither before nor now
    assert told("-a", bob, "--raw") == [("IAIPORT-3", "assignees", [bob], [carol])]
    assert told("-a", alice, "--raw") == [("IAIPORT-3", "assignees", [alice], [bob])]
    assert len(told("-a", carol, "--raw")) == 2


def test_closed_in_one_go_with_its_resolution_it_was_open_before(
    site: Sandbox, clock: Moving, harvest: Callable[[datetime], None], told: Callable[..., Told]
) -> None:
    resolution = {"id": "10001", "name": "Won't Do"}
    change_jira(site.world, story(site, 3), "resolution", resolution, YESTERDAY)
    change_jira(site.world, story(site, 3), "status", "Done", YESTERDAY)
    harvest(NOW)
    both = [("IAIPORT-3", "resolution", None, "Won't Do"), ("IAIPORT-3", "status", "To Do", "Done")]
    assert sorted(told("--open")) == sorted(told("--state", "todo")) == both
    assert sorted(told("--state", "dropped")) == both
    assert told("--state", "done") == []


def test_what_is_missing_or_gone_has_its_last_values(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None], told: Callable[..., Told]
) -> None:
    world, (one, other) = site.world, site.world.team[:2]
    change_jira(world, story(site, 4), "assignee", one, YESTERDAY)
    change_jira(world, story(site, 4), "assignee", other, YESTERDAY + timedelta(hours=1))
    harvest(YESTERDAY + timedelta(hours=2))
    del world.jira_issues["IAIPORT-4"]
    harvest(NOW)
    for filters in (["-a", other.name], ["--missing"], ["--parent", "IAIPORT-2"], ["IAIPORT-1"]):
        assert told(*filters)[-1][:2] == ("IAIPORT-4", "missing"), filters
    assert [each[1] for each in told("-a", one.name, "--raw")] == ["assignees"]
    clock.moment = NOW + timedelta(hours=1)
    assert run("reload", "-q", clock=clock).exit_code == 0
    for filters in (["-a", other.name], ["--missing"], ["--under", "IAIPORT-1"], ["IAIPORT-2"], ["--open"]):
        fields = [each[1] for each in told(*filters, "--raw")]
        assert fields == ["assignees", "assignees", "missing", "gone"], filters
    assert [each[1] for each in told("-a", one.name, "--raw")] == ["assignees"]
    assert told("--source", "github") == []


def test_a_digest_goes_by_the_value_at_its_beginning(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    """Of several moves between two harvests the feed has only the last."""
    people = site.world.team[:3]
    change_jira(site.world, story(site, 3), "assignee", people[0], YESTERDAY - timedelta(days=3))
    harvest(YESTERDAY - timedelta(hours=20))
    for hours, person in enumerate(people[1:]):
        change_jira(site.world, story(site, 3), "assignee", person, YESTERDAY + timedelta(hours=hours))
    harvest(NOW)
    counts = [
        json.loads(run("notify", "--dry-run", "-a", person.name, clock=clock).out)["notices"][0]["changes"]
        for person in people
    ]
    assert counts == [1, 0, 1]
