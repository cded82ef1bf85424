"""What a run no longer finds is asked for by its id before anything is marked: gone, moved, or only lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, FakeClock
from worksupport.sandbox.github_data import add_github_issue, transfer_github_issue
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
BEGIN = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


@pytest.fixture
def harvested(site: Sandbox, configured: Callable[..., Path], run: Run) -> Sandbox:
    """IAIPORT-1 with features 2 and 3, story 4 and task 5; 6 alone; a labelled bug 7; an issue of GitHub."""
    world = site.world
    login = next(person.login for person in world.team if person.login)
    for number in range(3):
        add_github_issue(world, "acme/app", f"Work {number}", labels=[world.github_label], assignees=[login])
    configured(site)
    assert run("harvest", "-q", clock=FakeClock()).exit_code == 0
    return site


def missing(run: Run) -> dict[str, str | None]:
    """The reason of each missing issue, by its key."""
    keys = run("keys", "--missing", clock=FakeClock()).out.split()
    shown = {key: json.loads(run("show", key, "--json", clock=FakeClock()).out)["issue"] for key in keys}
    return {key: issue["missing_reason"] for key, issue in shown.items()}


def harvest(run: Run) -> None:
    answer = run("harvest", "-q", clock=FakeClock())
    assert (answer.exit_code, answer.err) == (0, "")


def fields(site: Sandbox, number: int) -> Any:
    return site.world.jira_issues[f"IAIPORT-{number}"]["fields"]


def test_each_has_its_true_reason(harvested: Sandbox, run: Run) -> None:
    world = harvested.world
    world.delete_jira_issue("IAIPORT-4")
    fields(harvested, 5)["parent"] = None
    world.move_jira_issue("IAIPORT-3", "WEB")
    fields(harvested, 7)["labels"] = []
    world.jira_issues["WEB-1"]["fields"]["parent"] = None
    world.github_issues.pop(0)
    world.github_issues[0]["labels"] = []
    world.github_issues[1]["assignees"] = []
    harvest(run)
    assert missing(run) == {
        "IAIPORT-4": "deleted or hidden",
        "IAIPORT-5": "left the tree",
        "WEB-1": "moved to WEB-1",
        "IAIPORT-7": "label removed",
        "acme/app#1": "deleted, transferred or hidden",
        "acme/app#2": "label removed",
        "acme/app#3": "reassigned",
    }
    log = json.loads(run("changes", "--raw", "--field", "missing", "--since", "30d", "--json").out)["changes"]
    assert {change["new"] for change in log} == set(missing(run).values())


def test_what_only_the_index_lost_is_found_with_its_children(harvested: Sandbox, run: Run) -> None:
    """The feature that search forgets, and the story and task below it, which were never asked for."""
    world = harvested.world
    world.unindexed_ids |= {world.jira_issues["IAIPORT-2"]["id"], world.jira_issues["IAIPORT-6"]["id"]}
    harvested.requests.clear()
    harvest(run)
    assert missing(run) == {}
    assert len(harvested.asked("/issue/bulkfetch")) == 1
    assert run("keys", "--source", "jira", clock=FakeClock()).out.split() == [
        f"IAIPORT-{n}" for n in range(1, 8)
    ]


def test_children_of_what_was_only_seen_for_its_label_stay(harvested: Sandbox, run: Run) -> None:
    """The search hides the root; the feature below comes by its label, and so nobody looks below it."""
    world = harvested.world
    fields(harvested, 2)["labels"] = [world.jira_label]
    fields(harvested, 2)["assignee"] = world.team[0].jira_user()
    harvest(run)
    world.unindexed_ids = {world.jira_issues["IAIPORT-1"]["id"]}
    harvest(run)
    assert missing(run) == {}


def test_archived_and_hidden_ones_go(harvested: Sandbox, run: Run) -> None:
    world = harvested.world
    world.archived_ids.add(world.jira_issues["IAIPORT-4"]["id"])
    world.hidden_ids.add(world.jira_issues["IAIPORT-5"]["id"])
    harvest(run)
    assert missing(run) == {"IAIPORT-4": "archived or hidden", "IAIPORT-5": "deleted or hidden"}


def test_an_answer_without_the_witness_proves_nothing(harvested: Sandbox, run: Run) -> None:
    """As if the token had lost its rights in between: 200, and nothing."""

    def forgetful(request: Any, answer: Any) -> Any:
        if "bulkfetch" in request.path and "issue/" in request.path:
            return replace(answer, document={"issues": []})
        return answer

    harvested.world.delete_jira_issue("IAIPORT-4")
    harvested.fault = forgetful
    harvest(run)
    assert missing(run) == {}
    harvested.fault = None
    harvest(run)
    assert missing(run) == {"IAIPORT-4": "deleted or hidden"}


def test_a_reload_deletes_only_what_is_confirmed(harvested: Sandbox, run: Run) -> None:
    world = harvested.world
    world.unindexed_ids.add(world.jira_issues["IAIPORT-2"]["id"])
    world.delete_jira_issue("IAIPORT-7")
    assert run("reload", "-q", clock=FakeClock()).exit_code == 0
    keys = run("keys", "--source", "jira", clock=FakeClock()).out.split()
    assert keys == [f"IAIPORT-{n}" for n in range(1, 7)]
    (gone,) = json.loads(run("changes", "--field", "gone", "--since", "30d", "--json").out)["changes"]
    assert (gone["issue_key"], gone["new"]) == ("IAIPORT-7", "deleted or hidden")


def test_what_was_confirmed_is_not_asked_for_again(harvested: Sandbox, run: Run) -> None:
    harvested.world.delete_jira_issue("IAIPORT-4")
    harvest(run)
    harvested.requests.clear()
    harvest(run)
    assert harvested.asked("/issue/bulkfetch") == []


def test_what_the_budget_left_unasked_is_asked_first_next_time(
    harvested: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issues that the search goes on hiding do not keep the others from being asked for."""
    monkeypatch.setattr("worksupport.harvest.run.SINGLES_AN_HOUR", 2)
    hide(harvested)
    asked = []
    for minutes in (0, 5, 65):
        harvested.requests.clear()
        assert run("harvest", "-q", clock=FakeClock(BEGIN + timedelta(minutes=minutes))).exit_code == 0
        paths = [request.path for request in harvested.requests if "/issues/" in request.path]
        asked.append(paths)
    assert [len(each) for each in asked] == [2, 0, 2]
    assert len({*asked[0], *asked[2]}) == 3
    assert missing(run) == {}


def test_transferred_and_deleted_issues_of_github(harvested: Sandbox, run: Run) -> None:
    """The address leads to the new place; a deleted one is told apart from a hidden one."""
    world = harvested.world
    first, second, _ = list(world.github_issues)
    moved = transfer_github_issue(world, first, "acme/other")
    world.github_issues.remove(second)
    world.deleted.add(second["url"])
    harvest(run)
    assert missing(run) == {
        "acme/app#1": f"transferred to acme/other#{moved['number']}",
        "acme/app#2": "deleted",
    }


def hide(site: Sandbox) -> None:
    """The search finds none of GitHub's issues, and promises none."""

    def hidden(request: Any, answer: Any) -> Any:
        is_search = "/search/issues" in request.path
        return (
            replace(answer, document={**answer.document, "items": [], "total_count": 0})
            if is_search
            else answer
        )

    site.fault = hidden
