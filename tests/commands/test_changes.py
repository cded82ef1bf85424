"""`worksupport changes` from the outside: a site that lives, harvested again and again."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Moving
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import change_github, change_jira
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
# A Thursday afternoon; the services go by the same clock.
NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def clock() -> Moving:
    return Moving(NOW - timedelta(days=2))


@pytest.fixture
def site(clock: Moving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A version with a feature, two stories, and an issue of GitHub, harvested two days ago."""
    monkeypatch.setenv("TZ", "UTC")
    world = empty_site()
    world.team = world.team[:3]
    long_ago = "2026-03-02T09:30:00.000+0000"
    given = {"created": long_ago, "updated": long_ago}
    version = world.add_jira_issue(
        "IAIPORT", "Product Version", summary="Portal 4.2", labels=["SE_product_family"], **given
    )
    feature = world.add_jira_issue("IAIPORT", "Feature", summary="Booking", parent=version, **given)
    world.add_jira_issue("IAIPORT", "Story", summary="By phone", parent=feature, **given)
    world.add_jira_issue("IAIPORT", "Story", summary="By fax", parent=feature, **given)
    login = next(person.login for person in world.team if person.login)
    add_github_issue(
        world,
        "lumenclaims/portal",
        "Flaky test",
        labels=[world.github_label],
        assignees=[login],
        created_at="2026-03-02T09:30:00Z",
        updated_at="2026-03-02T09:30:00Z",
    )
    with running(world, clock=clock) as sandbox:
        path = tmp_path / "team.properties"
        path.write_text(sandbox.properties(), encoding="utf-8")
        path.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(path))
        yield sandbox


@pytest.fixture
def harvest(run: Run, site: Sandbox, clock: Moving) -> Callable[[datetime], None]:
    def at(moment: datetime) -> None:
        clock.moment = moment
        answer = run("harvest", "-q", clock=clock)
        assert answer == Answer(0, "", ""), answer.err

    at(NOW - timedelta(days=2))
    return at


def story(site: Sandbox, number: int) -> Any:
    return site.world.jira_issues[f"IAIPORT-{number}"]


def test_who_had_it_before_stands_before_the_arrow(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    one, other = site.world.team[:2]
    change_jira(site.world, story(site, 4), "assignee", one, YESTERDAY - timedelta(days=9), one)
    change_jira(site.world, story(site, 4), "assignee", other, YESTERDAY, one)
    harvest(NOW)
    shown = run("changes", clock=clock).out
    assert f"  {one.name} \u2192 {other.name}  IAIPORT-4  By fax" in shown


def test_what_happened_between_two_harvests_with_its_exact_times(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    world = site.world
    change_jira(world, story(site, 3), "status", "In Progress", YESTERDAY, world.team[1])
    change_jira(world, story(site, 3), "status", "Done", YESTERDAY + timedelta(hours=2), world.team[1])
    change_jira(
        world, story(site, 4), "assignee", world.team[0], YESTERDAY + timedelta(hours=3), world.team[0]
    )
    change_jira(world, story(site, 4), "labels", ["urgent"], YESTERDAY + timedelta(hours=4), world.team[0])
    change_github(world, world.github_issues[0], "closed", NOW - timedelta(minutes=30))
    harvest(NOW)
    assert run("changes", clock=clock).out.splitlines() == [
        "since Wed 25 Nov 00:00  harvested 14:00, just now",
        "2 done \u00b7 1 reassigned",
        "",
        "IAIPORT-1  Portal 4.2",
        f"  To Do \u2192 Done    IAIPORT-3  By phone  Wed 16:00  {world.team[1].name}",
        f"  \u2192 {world.team[0].name}  IAIPORT-4  By fax  Wed 17:00  {world.team[0].name}",
        "",
        "outside the hierarchy",
        "  open \u2192 closed  lumenclaims/portal#1  Flaky test  13:30  other",
        "",
        "2 changes are not listed: 1 of labels, 1 of state reason (--field, --raw)",
    ]
    assert run("changes", "--field", "labels", clock=clock).out.splitlines()[3:] == [
        "IAIPORT-1  Portal 4.2",
        f"  labels urgent  IAIPORT-4  By fax  Wed 18:00  {world.team[0].name}",
    ]
    document = json.loads(run("changes", "--raw", "--field", "status", "--json", clock=clock).out)
    told = [
        (each["issue_key"], each["old"], each["new"], each["at"], each["origin"])
        for each in document["changes"]
    ]
    assert told == [
        ("IAIPORT-3", "To Do", "In Progress", "2026-11-25T14:00:00.007Z", "service"),
        ("IAIPORT-3", "In Progress", "Done", "2026-11-25T16:00:00.007Z", "service"),
        ("lumenclaims/portal#1", "open", "closed", "2026-11-26T13:30:00.000Z", "service"),
    ]


def test_without_the_services_word_a_change_lies_between_two_harvests(
    run: Run,
    site: Sandbox,
    clock: Moving,
    harvest: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKSUPPORT_CHANGES_FROM_SERVICES", "false")
    change_jira(site.world, story(site, 3), "status", "In Progress", YESTERDAY)
    harvest(NOW)
    (change,) = json.loads(run("changes", "--json", clock=clock).out)["changes"]
    assert (change["at"], change["origin"], change["author"]) == (None, "observed", None)
    assert change["not_before"] == "2026-03-02T09:30:00.000Z"
    assert "2026-11-26T14:00:00.000Z" <= change["seen_at"] <= "2026-11-26T14:00:02.000Z"


def test_new_missing_back_and_gone(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    """The first harvest records nothing new; what comes and goes later has its moments, and one number."""
    assert run("changes", "--since", "30d", "--json", clock=clock).out.startswith('{"changes":[],')
    world = site.world
    world.add_jira_issue(
        "IAIPORT", "Story", summary="By mail", parent=story(site, 2), created="2026-11-25T08:00:00.000+0000"
    )
    taken = world.jira_issues.pop("IAIPORT-4")
    harvest(YESTERDAY)
    world.jira_issues["IAIPORT-4"] = taken
    harvest(NOW)
    log = json.loads(run("changes", "--raw", "--since", "7d", "--json", clock=clock).out)["changes"]
    assert [(each["issue_key"], each["field"]) for each in log] == [
        ("IAIPORT-5", "new"),
        ("IAIPORT-4", "missing"),
        ("IAIPORT-4", "back"),
    ]
    assert log[0]["at"] == "2026-11-25T08:00:00.000Z"
    del world.jira_issues["IAIPORT-4"]
    clock.moment = NOW + timedelta(hours=1)
    assert run("reload", "-q", clock=clock).exit_code == 0
    (gone,) = json.loads(run("changes", "--field", "gone", "--json", clock=clock).out)["changes"]
    assert (gone["issue_key"], gone["summary"]) == ("IAIPORT-4", "By fax")
    world.jira_issues["IAIPORT-4"] = taken
    harvest(NOW + timedelta(hours=2))
    log = json.loads(run("changes", "--raw", "--since", "7d", "--json", clock=clock).out)["changes"]
    assert [each["field"] for each in log if each["issue_key"] == "IAIPORT-4"] == [
        "missing",
        "back",
        "gone",
        "back",
    ]
    assert [each["id"] for each in log] == sorted(each["id"] for each in log)


def test_next_neither_loses_nor_repeats(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    seen, after = [], json.loads(run("changes", "--json", clock=clock).out)["next"]
    statuses = ["In Progress", "In Review", "Done", "To Do", "In Progress"]
    for number, status in enumerate(statuses):
        moment = YESTERDAY + timedelta(hours=number)
        change_jira(site.world, story(site, 3), "status", status, moment)
        harvest(moment + timedelta(minutes=10))
        document = json.loads(run("changes", "--after", after, "--json", clock=clock).out)
        seen += [change["new"] for change in document["changes"] if change["field"] == "status"]
        after = document["next"]
    assert seen == statuses
    assert run("changes", "--after", after, clock=clock).out == ""


def test_what_is_ours_is_no_change(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None], tmp_path: Path
) -> None:
    """A member renamed, a status renamed on the site, labels in another order."""
    world = site.world
    path = tmp_path / "team.properties"
    path.write_text(path.read_text("utf-8").replace(world.team[0].name, "Another Name"), "utf-8")
    world.statuses["To Do"]["name"] = "Open"
    harvest(NOW)
    assert run("changes", "--since", "7d", clock=clock).out == ""


def test_other_forms(run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]) -> None:
    change_jira(site.world, story(site, 3), "status", "Done", YESTERDAY)
    harvest(NOW)
    rows = list(csv.DictReader(io.StringIO(run("changes", "--format", "csv", clock=clock).out)))
    assert [(row["issue_key"], row["field"], row["old"], row["new"]) for row in rows] == [
        ("IAIPORT-3", "status", "To Do", "Done")
    ]
    assert run("changes", "--ndjson", clock=clock).out.count("\n") == 1
    assert "| To Do | Done |" in run("changes", "--format", "markdown", clock=clock).out
    raw = run("changes", "--raw", "IAIPORT-1", clock=clock).out.split("\t")
    assert raw[1:6] == ["2026-11-25T14:00:00.007Z", "IAIPORT-3", "status", "To Do", "Done"]
    assert run("changes", "IAIPORT-4", clock=clock).out == ""
    shown = json.loads(run("show", "IAIPORT-3", "--json", clock=clock).out)
    assert [change["new"] for change in shown["changes"]] == ["Done"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--field", "colour"], "--field is 'colour'; it must be one of key, title"),
        (["--since", "2027-01-01"], "lies in the future"),
        (["--after", "5", "--since", "2d"], "leave one out"),
        (["--format", "html"], "it must be one of text, csv"),
    ],
)
def test_refusals(
    run: Run, clock: Moving, harvest: Callable[[datetime], None], arguments: list[str], message: str
) -> None:
    answer = run("changes", *arguments, clock=clock)
    assert (answer.exit_code, answer.out) == (2, "")
    assert message in answer.err


def test_what_is_done_for_long_is_forgotten_and_open_work_never(
    run: Run,
    site: Sandbox,
    clock: Moving,
    harvest: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_jira(site.world, story(site, 3), "status", "Done", YESTERDAY)
    change_jira(site.world, story(site, 4), "status", "In Progress", YESTERDAY)
    harvest(NOW)
    monkeypatch.setenv("WORKSUPPORT_CHANGES_KEEP_DAYS", "30")
    harvest(NOW + timedelta(days=31))
    log = json.loads(run("changes", "--raw", "--since", "60d", "--json", clock=clock).out)["changes"]
    assert {each["issue_key"] for each in log} == {"IAIPORT-4"}


def test_who_did_it_is_kept_only_where_that_is_wanted(
    run: Run,
    site: Sandbox,
    clock: Moving,
    harvest: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A member by its id, others as such; what is kept is forgotten as soon as it is not wanted."""
    world = site.world
    change_jira(world, story(site, 3), "status", "Done", YESTERDAY, world.team[1])
    change_jira(world, story(site, 4), "status", "Done", YESTERDAY, world.others[0])
    harvest(NOW)
    log = json.loads(run("changes", "--field", "status", "--json", clock=clock).out)["changes"]
    assert [each["author_name"] for each in log] == [world.team[1].name, "other"]
    assert log[0]["author"] not in (None, world.team[1].account_id)
    monkeypatch.setenv("WORKSUPPORT_CHANGES_AUTHORS", "false")
    harvest(NOW + timedelta(hours=2))
    log = json.loads(run("changes", "--field", "status", "--json", clock=clock).out)["changes"]
    assert [each["author"] for each in log] == [None, None]


def test_a_service_that_refuses_its_past_costs_the_exact_times_only(
    run: Run, site: Sandbox, clock: Moving, harvest: Callable[[datetime], None]
) -> None:
    site.world.refuses_past = True
    change_jira(site.world, story(site, 3), "status", "Done", YESTERDAY)
    clock.moment = NOW
    answer = run("harvest", clock=clock)
    assert answer.exit_code == 0
    assert "jira: the past could not be read" in answer.err
    (change,) = json.loads(run("changes", "--json", clock=clock).out)["changes"]
    assert (change["new"], change["origin"]) == ("Done", "observed")
    site.world.refuses_past = False
    harvest(NOW + timedelta(hours=2))
    (change,) = json.loads(run("changes", "--json", clock=clock).out)["changes"]
    assert (change["at"], change["origin"]) == ("2026-11-25T14:00:00.007Z", "service")
