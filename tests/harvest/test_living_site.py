"""A site that lives while it is harvested again and again: the record is the site's own account of itself."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Moving
from worksupport.clock import utc_text
from worksupport.model.names import TRACKED
from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import Sandbox, running
from worksupport.sandbox.world import World

Run = Callable[..., Answer]
BEGIN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
STATUSES = ("To Do", "In Progress", "In Review", "Done", "Blocked", "Won't Do")
FIELDS = {"summary": "title", "fixVersions": "fix_versions", "assignee": "assignees", "duedate": "due_date"}


class Life:
    """Changes a world at random, and remembers what it did: (key, field, at)."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.told: list[tuple[str, str, datetime]] = []
        self.silent: set[str] = set()  # issues whose versions once went without a word
        self.snapshots: list[tuple[datetime, dict[str, dict[str, Any]]]] = []

    def go_on(self, since: datetime, until: datetime) -> None:
        """Some changes between two moments, in their order."""
        count = self.chance.randint(0, 8)
        seconds = (until - since).total_seconds()
        for at in sorted(
            since + timedelta(seconds=self.chance.uniform(1, seconds - 1)) for _ in range(count)
        ):
            self._one(at.replace(microsecond=at.microsecond // 1000 * 1000))
        self.snapshots.append(
            (until, {key: _as_listed(issue) for key, issue in self.world.jira_issues.items()})
        )

    def _one(self, at: datetime) -> None:
        issue = self.chance.choice(list(self.world.jira_issues.values()))
        field = self.chance.choice(
            ("status", "assignee", "labels", "summary", "fixVersions", "duedate", "parent")
        )
        kind = issue["fields"]["issuetype"]["name"]
        if field == "parent" and kind != "Story":
            field = "status"
        value = self._value(issue, field)
        before = values(issue)
        if self.chance.random() < 0.05:  # a value that ends without a word
            change_jira(self.world, issue, "fixVersions", [], at, is_told=False)
            self.silent.add(issue["id"])
            return
        change_jira(self.world, issue, field, value, at, self.chance.choice(self.world.team))
        name = FIELDS.get(field, field)
        if values(issue)[name] != before[name]:
            self.told.append((issue["id"], name, at + timedelta(milliseconds=7)))

    def _value(self, issue: Raw, field: str) -> Any:
        if field == "status":
            return self.chance.choice([each for each in STATUSES if each in self.world.statuses])
        if field == "assignee":
            return self.chance.choice([None, *self.world.team])
        if field == "labels":
            kept = [each for each in issue["fields"]["labels"] if each.startswith("SE_")]
            return kept + self.chance.sample(["a", "b", "c"], self.chance.randint(0, 2))
        if field == "fixVersions":
            return self.chance.sample(["1.0", "1.1", "2.0"], self.chance.randint(0, 2))
        if field == "duedate":
            return f"2026-12-{self.chance.randint(10, 28)}"
        if field == "parent":
            features = [
                each
                for each in self.world.jira_issues.values()
                if each["fields"]["issuetype"]["name"] == "Feature"
            ]
            return self.chance.choice(features)
        return f"Title {self.chance.randint(0, 99)}"


def _as_listed(issue: Raw) -> dict[str, Any]:
    """What `list` answers of it."""
    fields = issue["fields"]
    return {
        "status": fields["status"]["name"],
        "labels": sorted(fields.get("labels") or []),
        "summary": fields.get("summary"),
        "parent_key": (fields.get("parent") or {}).get("key"),
    }


def _shown(issue: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: issue[name] for name in ("status", "summary", "parent_key")},
        "labels": sorted(issue["labels"]),
    }


def values(issue: Raw) -> dict[str, Any]:
    """What the record tracks, as the site has it."""
    fields = issue["fields"]
    return {
        "title": fields.get("summary"),
        "status": fields["status"]["id"],
        "assignees": [fields["assignee"]["accountId"]] if fields.get("assignee") else [],
        "labels": sorted(fields.get("labels") or []),
        "fix_versions": sorted(each["id"] for each in fields.get("fixVersions") or []),
        "due_date": fields.get("duedate"),
        "parent": (fields.get("parent") or {}).get("id"),
    }


@pytest.fixture
def world() -> World:
    world = empty_site()
    world.team = [person for person in world.team if person.has_jira][:3]
    given = {"created": "2026-08-01T09:00:00.000+0000", "updated": "2026-08-01T09:00:00.000+0000"}
    for _ in range(2):
        version = world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"], **given)
        for _ in range(2):
            feature = world.add_jira_issue("IAIPORT", "Feature", parent=version, **given)
            for _ in range(3):
                world.add_jira_issue("IAIPORT", "Story", parent=feature, **given)
    return world


@pytest.fixture
def clock() -> Moving:
    return Moving(BEGIN)


@pytest.fixture
def site(world: World, clock: Moving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with running(world, clock=clock) as sandbox:
        path = tmp_path / "team.properties"
        text = sandbox.properties()
        path.write_text(
            "\n".join(line for line in text.splitlines() if not line.startswith("github.")), "utf-8"
        )
        path.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(path))
        yield sandbox


@pytest.mark.parametrize(
    ("seed", "harvests"), [(1, 5), *(pytest.param(seed, 25, marks=pytest.mark.long) for seed in range(2, 6))]
)
def test_the_record_is_the_sites_own_account(
    run: Run, site: Sandbox, clock: Moving, seed: int, harvests: int
) -> None:
    life, before = Life(site.world, seed), BEGIN
    followed: list[dict[str, Any]] = []
    after = "0"
    for number in range(harvests):
        clock.moment = BEGIN + timedelta(hours=2 * (number + 1))
        life.go_on(before, clock.moment - timedelta(minutes=1))
        command = ("reload",) if number % 7 == 5 else ("harvest", "--quick") if number % 2 else ("harvest",)
        assert run(*command, "-q", clock=clock) == Answer(0, "", "")
        before = clock.moment
        news = json.loads(run("changes", "--after", after, "--json", clock=clock).out)
        followed += news["changes"]
        after = str(news["next"])
    assert run("harvest", "-q", clock=clock).exit_code == 0  # what a reload has left unread
    log = json.loads(run("changes", "--raw", "--since", "60d", "--json", clock=clock).out)["changes"]
    followed += json.loads(run("changes", "--after", after, "--json", clock=clock).out)["changes"]
    assert len({each["id"] for each in followed}) == len(followed)
    first_run = utc_text(BEGIN + timedelta(hours=2))  # what was before it is no news
    _check_ends_alike(followed, [each for each in log if (each["at"] or each["seen_at"]) > first_run])
    told = {(each["source_id"], each["field"], each["at"]) for each in log if each["origin"] == "service"}
    wanted = {
        (source_id, name, utc_text(at))
        for source_id, name, at in life.told
        # A version that comes again, after it went without a word, is no news.
        if name != "fix_versions" or source_id not in life.silent
    }
    assert wanted <= told
    assert all(each["field"] == "fix_versions" for each in log if each["origin"] == "observed")
    _check_chains(log)
    _check_ends(log, site.world)
    for moment, then in life.snapshots[1:]:
        fields = ("--fields", "key,status,labels,title,parent", "--as-of", utc_text(moment))
        found = json.loads(run("list", *fields, "--json", clock=clock).out)["issues"]
        assert {issue["issue_key"]: _shown(issue) for issue in found} == then, moment


def _check_ends_alike(followed: list[dict[str, Any]], log: list[dict[str, Any]]) -> None:
    """Who follows the log knows how each field has ended."""
    ends = [{(each["source_id"], each["field"]): each["new"] for each in some} for some in (followed, log)]
    assert ends[0] == ends[1]


def _check_chains(log: list[dict[str, Any]]) -> None:
    """Each change begins where the one before it has ended."""
    for field in TRACKED:
        for source_id in {each["source_id"] for each in log}:
            own = [each for each in log if (each["source_id"], each["field"]) == (source_id, field)]
            assert all(one["new"] == other["old"] for one, other in pairwise(own)), (field, own)


def _check_ends(log: list[dict[str, Any]], world: World) -> None:
    """The record ends in what the site has now."""
    last = {(each["source_id"], each["field"]): each["new"] for each in log}
    for issue in world.jira_issues.values():
        fields = issue["fields"]
        now = {
            "title": fields.get("summary"),
            "status": fields["status"]["name"],
            "labels": sorted(fields["labels"]),
        }
        for name, value in now.items():
            assert last.get((issue["id"], name), value) == value
