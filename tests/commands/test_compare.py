"""`tree --compare`: what is different from another time, at both doors."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.commands.test_changes import NOW, clock, harvest, site, story  # noqa: F401 - fixtures
from tests.conftest import Answer, Moving
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
THEN = "2026-11-25T13:00"


@pytest.fixture
def changed(site: Sandbox, harvest: Any) -> None:  # noqa: F811
    """Since yesterday a story is done, one has moved, one is new, one is gone."""
    world, at = site.world, NOW - timedelta(hours=3)
    given = {"created": "2026-03-02T09:30:00.000+0000", "updated": "2026-03-02T09:30:00.000+0000"}
    other = world.add_jira_issue("IAIPORT", "Feature", summary="Payout", parent=story(site, 1), **given)
    fax = world.add_jira_issue("IAIPORT", "Story", summary="By pigeon", parent=story(site, 2), **given)
    harvest(NOW - timedelta(hours=26))
    change_jira(world, story(site, 3), "status", "Done", at, world.team[1])
    change_jira(world, story(site, 4), "parent", other, at, world.team[1])
    world.add_jira_issue(
        "IAIPORT", "Story", summary="By mail", parent=other, created="2026-11-26T12:00:00.000+0000"
    )
    world.delete_jira_issue(fax["key"])
    harvest(NOW)


@pytest.mark.usefixtures("changed")
def test_each_line_says_what_happened(run: Run, clock: Moving) -> None:  # noqa: F811
    assert run("tree", "--compare", THEN, clock=clock).out.splitlines() == [
        "now, compared with Wed 25 Nov 13:00  harvested 14:00, just now",
        "  IAIPORT-1  Portal 4.2       0/5 \u2192 1/5",
        "  \u251c\u2500 IAIPORT-2  Booking       0/3 \u2192 1/1",
        "~ \u2502  \u251c\u2500 IAIPORT-3  By phone   To Do \u2192 Done",
        "- \u2502  \u251c\u2500 IAIPORT-6  By pigeon  missing",
        "< \u2502  \u2514\u2500 IAIPORT-4  By fax     moved out",
        "  \u2514\u2500 IAIPORT-5  Payout        0/0 \u2192 0/2",
        ">    \u251c\u2500 IAIPORT-4  By fax     moved in",
        "+    \u2514\u2500 IAIPORT-7  By mail    new: To Do, unassigned",
        "1 unchanged issue is not shown",
    ]


@pytest.mark.usefixtures("changed")
def test_json_tells_the_same(run: Run, clock: Moving) -> None:  # noqa: F811
    document = json.loads(run("tree", "--compare", THEN, "--json", clock=clock).out)
    found: dict[str, Any] = {}
    waiting = [*document["hierarchy"]]
    while waiting:
        node = waiting.pop()
        found.setdefault(node["issue_key"], []).append((node["change"], node["was"]))
        waiting += node["children"]
    assert {key: sorted(str(change) for change, _ in marks) for key, marks in found.items()} == {
        "IAIPORT-1": ["None"],
        "IAIPORT-2": ["None"],
        "IAIPORT-3": ["changed"],
        "IAIPORT-4": ["moved_in", "moved_out"],
        "IAIPORT-5": ["None"],
        "IAIPORT-6": ["missing"],
        "IAIPORT-7": ["new"],
    }
    assert found["IAIPORT-3"][0][1]["status"] == "To Do"
    assert document["compared_with"] == "2026-11-25T13:00:00.000Z"
    log = json.loads(run("changes", "--since", THEN, "--json", clock=clock).out)["changes"]
    told = {each["issue_key"] for each in log if each["field"] in ("status", "parent", "new", "missing")}
    assert told == {key for key, marks in found.items() if any(change for change, _ in marks)}


@pytest.mark.usefixtures("changed")
def test_nothing_different_is_nothing(run: Run, clock: Moving) -> None:  # noqa: F811
    clock.moment = NOW + timedelta(minutes=1)
    assert run("tree", "--compare", "1m", "-q", clock=clock) == Answer(0, "", "")
    misspelt = run("tree", "--compare", "1m", "--label", "nosuch", clock=clock)
    assert (misspelt.out, "no issue has the label 'nosuch'" in misspelt.err) == ("", True)
    answer = run("tree", "--compare", "1m", "--format", "markdown", clock=clock)
    assert (answer.exit_code, "--compare answers as text or json" in answer.err) == (2, True)
