"""A site's own account of its work, and the figures that are read from a harvest of it."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Moving
from worksupport.model.filters import Filters
from worksupport.queries.pictures import pictures_document
from worksupport.queries.reader import answer
from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import change_jira, jira_text
from worksupport.sandbox.server import Sandbox, running
from worksupport.sandbox.world import World

Run = Callable[..., Answer]
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
FIRST = NOW - timedelta(days=220)
LAG = timedelta(milliseconds=7)  # between a change and its entry
_NEXT = ("To Do", "In Progress", "In Review", "Blocked", "Done", "Done", "Won't Do")


@dataclass
class Account:
    """The life of one unit: when it came, and each status that it then had."""

    issue: Raw
    root: str
    kind: str
    created: datetime
    statuses: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.statuses[-1][1]

    @property
    def is_dropped(self) -> bool:
        return self.status == "Won't Do"


def categories(world: World) -> dict[str, str]:
    return {name: status["statusCategory"]["key"] for name, status in world.statuses.items()}


def local(at: datetime) -> date:
    return at.astimezone().date()


class Site:
    """Makes up a past of two releases, and keeps the account."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance, self.accounts = world, random.Random(seed), list[Account]()
        for _ in range(2):
            version = self._issue("Product Version", FIRST, labels=["SE_product_family"])
            features = [self._issue("Feature", FIRST, parent=version) for _ in range(3)]
            for _ in range(45):
                created = self._moment(FIRST, NOW - timedelta(days=3))
                kind = self.chance.choice(["Story", "Story", "Task"])
                issue = self._issue(kind, created, parent=self.chance.choice(features))
                account = Account(issue, version["key"], kind, created, [(created, "To Do")])
                self._live(account)
                self.accounts.append(account)

    def _issue(self, kind: str, created: datetime, **given: Any) -> Raw:
        text = jira_text(created)
        return self.world.add_jira_issue("IAIPORT", kind, created=text, updated=text, **given)

    def _moment(self, since: datetime, until: datetime) -> datetime:
        seconds = (until - since).total_seconds()
        at = since + timedelta(seconds=self.chance.uniform(0, seconds))
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _live(self, account: Account) -> None:
        at = account.created + timedelta(hours=1)
        for _ in range(self.chance.randint(0, 5)):
            at = self._moment(at, min(NOW - timedelta(hours=2), at + timedelta(days=40)))
            if at > NOW - timedelta(days=1):
                break
            status = self.chance.choice([each for each in _NEXT if each != account.status])
            change_jira(self.world, account.issue, "status", status, at, self.world.team[0])
            account.statuses.append((at + LAG, status))
            at += timedelta(minutes=5)

    def started(self, account: Account) -> datetime | None:
        of = categories(self.world)
        return next((at for at, status in account.statuses if of[status] == "indeterminate"), None)

    def finished(self, account: Account) -> datetime | None:
        """Since when every status has been a done one."""
        of, since = categories(self.world), None
        for at, status in account.statuses:
            since = (since or at) if of[status] == "done" else None
        return since

    def units(self, root: str | None = None) -> list[Account]:
        return [each for each in self.accounts if not each.is_dropped and root in (None, each.root)]


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    world = empty_site()
    world.team = [person for person in world.team if person.has_jira][:3]
    made = Site(world, request.param)
    with running(world, clock=Moving(NOW)) as sandbox:
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(_configuration(sandbox, tmp_path)))
        yield made


def _configuration(sandbox: Sandbox, folder: Path) -> Path:
    path = folder / "team.properties"
    text = "\n".join(line for line in sandbox.properties().splitlines() if not line.startswith("github."))
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "site", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))], indirect=True
)
def test_figures_are_the_sites_own(run: Run, site: Site, tmp_path: Path) -> None:
    clock = Moving(NOW)
    assert run("harvest", "-q", clock=clock) == Answer(0, "", "")

    def read(*command: str) -> Any:
        return json.loads(run(*command, "--json", clock=clock).out)

    _check_aging(site, read("aging"))
    _check_flow(site, read("flow", "--weeks", "20"), None)
    summary = read("summary")
    for root in {account.root for account in site.accounts}:
        _check_flow(site, read("flow", root, "--weeks", "20"), root)
        _check_forecast(site, read("forecast", root), root)
        _check_summary(site, next(row for row in summary["roots"] if row["issue_key"] == root), root)
        _check_pictures(site, tmp_path, root, read("forecast", root))
    _check_pictures(site, tmp_path, None, None)


def _days(site: Site, account: Account) -> int | None:
    started, finished = site.started(account), site.finished(account)
    if started is None or finished is None or finished < started:
        return None
    return (local(finished) - local(started)).days + 1


def _nearest_rank(values: list[int], percent: int) -> int | None:
    return sorted(values)[ceil(percent * len(values) / 100) - 1] if len(values) >= 10 else None


def _limits(site: Site) -> dict[str, int | None]:
    days: dict[str, list[int]] = {}
    for account in site.units():
        finished, taken = site.finished(account), _days(site, account)
        if finished and taken and local(finished) > local(NOW) - timedelta(days=180):
            days.setdefault(account.kind, []).append(taken)
    return {kind: _nearest_rank(each, 85) for kind, each in days.items()}


def _check_aging(site: Site, document: dict[str, Any]) -> None:
    limits = _limits(site)
    wanted = {}
    for account in site.units():
        started = site.started(account)
        if started and not site.finished(account):
            age = (local(NOW) - local(started)).days + 1
            here = (local(NOW) - local(account.statuses[-1][0])).days + 1
            limit = limits.get(account.kind)
            wanted[account.issue["key"]] = (age, here, limit, limit is not None and age > limit)
    names = ("age_days", "status_days", "limit_days", "past")
    assert {each["issue_key"]: tuple(each[name] for name in names) for each in document["items"]} == wanted
    ages = [each["age_days"] for each in document["items"]]
    assert ages == sorted(ages, reverse=True)
    assert document["without_start"] == 0


def _check_flow(site: Site, document: dict[str, Any], root: str | None) -> None:
    this_monday = local(NOW) - timedelta(days=local(NOW).weekday())
    first = this_monday - timedelta(weeks=19)
    finished = {each.issue["key"]: site.finished(each) for each in site.units(root)}
    days = [local(at) for at in finished.values() if at and local(at) >= first]
    weeks = Counter(day - timedelta(days=day.weekday()) for day in days)
    told = {date.fromisoformat(each["week"]): each["finished"] for each in document["weeks"]}
    assert told == {first + timedelta(weeks=n): weeks[first + timedelta(weeks=n)] for n in range(20)}
    taken: dict[str, list[int]] = {}
    for account in site.units(root):
        at, each = site.finished(account), _days(site, account)
        if at and local(at) >= first and each is not None:
            taken.setdefault(account.kind, []).append(each)
    assert document["cycle_days"] == {
        kind: {"n": len(each), **{f"p{p}": _nearest_rank(each, p) for p in (50, 85, 95)}}
        for kind, each in taken.items()
    }
    known = sum(map(len, taken.values()))
    assert document["known_start_percent"] == (round(100 * known / len(days)) if days else None)


def _check_forecast(site: Site, document: dict[str, Any], root: str) -> None:
    units, since = site.units(root), local(NOW) - timedelta(days=83)
    finished = [at for each in units if (at := site.finished(each)) and local(at) >= since]
    assert document["remaining"] == sum(site.finished(each) is None for each in units)
    assert document["total"] == len(units)
    assert document["finished"] == len(finished)
    assert document["finished_days"] == len(set(map(local, finished)))
    assert document["added"] == sum(local(each.created) >= since for each in units)
    assert (document["dates"] is None) == (document["finished_days"] < 5)


def _check_summary(site: Site, row: dict[str, Any], root: str) -> None:
    week = local(NOW) - timedelta(days=6)
    finished = [at for each in site.units(root) if (at := site.finished(each))]
    own = [each for each in site.accounts if each.root == root]
    assert row["finished_7d"] == sum(local(at) >= week for at in finished)
    assert row["done"] == len(finished) + sum(each.is_dropped for each in own)
    assert row["dropped"] == sum(each.is_dropped for each in own)
    assert row["total"] == len(own) + 3
    assert row["blocked"] == sum(each.status == "Blocked" for each in own)
    assert row["doing"] == sum(each.status in ("In Progress", "In Review") for each in own)
    assert row["todo"] == sum(each.status == "To Do" for each in own) + 3


def _check_pictures(site: Site, folder: Path, root: str | None, forecast: dict[str, Any] | None) -> None:
    document = answer(
        folder / "worksupport.db", lambda found: pictures_document(found, root, Filters(), NOW, 20)
    )
    days = [date.fromisoformat(each["day"]) for each in document["days"]]
    assert days[-1] == local(NOW)
    for day, each in zip(days, document["days"], strict=True):
        states = Counter(_state_then(site, account, day) for account in site.units(root))
        assert {name: each[name] for name in ("todo", "doing", "done")} == {
            name: states[name] for name in ("todo", "doing", "done")
        }, day
    wanted = [
        (account.issue["key"], local(at), taken)
        for account in site.units(root)
        if (at := site.finished(account)) and local(at) >= days[0]
        if (taken := _days(site, account)) is not None
    ]
    points = [
        (each["issue_key"], date.fromisoformat(each["day"]), each["days"]) for each in document["points"]
    ]
    assert sorted(points) == sorted(wanted)
    assert sum(week["n"] for week in document["points_by_week"]) == len(wanted)
    if forecast is None:
        assert document["fan"] == []
    elif forecast["dates"]:
        fan = document["fan"]
        assert fan[0] == {"left": forecast["remaining"], "by": dict.fromkeys(fan[0]["by"], str(local(NOW)))}
        last = {chance: dates["steady"] for chance, dates in forecast["dates"].items()}
        assert fan[-1] == {"left": 0, "by": last}
        assert [each["left"] for each in fan] == sorted((each["left"] for each in fan), reverse=True)


def _state_then(site: Site, account: Account, day: date) -> str | None:
    """At the end of a local day; None before it came."""
    there = [status for at, status in account.statuses if local(at) <= day]
    names = {"new": "todo", "indeterminate": "doing", "done": "done"}
    return names[categories(site.world)[there[-1]]] if there else None


@pytest.mark.parametrize("site", [3], indirect=True)
def test_what_was_recorded_keeps_its_category(run: Run, site: Site) -> None:
    """A status that counts as another category from today on changes no day of the past."""
    clock = Moving(NOW)
    assert run("harvest", "-q", clock=clock).exit_code == 0
    before = [json.loads(run(*each, "--json", clock=clock).out) for each in _OF_THE_PAST]
    clock.moment = NOW + timedelta(hours=2)
    site.world.statuses["In Progress"]["statusCategory"] = site.world.statuses["To Do"]["statusCategory"]
    assert run("harvest", "-q", clock=clock).exit_code == 0
    after = [json.loads(run(*each, "--json", clock=clock).out) for each in _OF_THE_PAST]
    assert after[0]["cycle_days"] == before[0]["cycle_days"] != {}
    assert after[0]["weeks"] == before[0]["weeks"]
    starts = [
        {each["issue_key"]: each["started_at"] for each in document["items"]}
        for _, document in (before, after)
    ]
    assert starts[0] == starts[1] != {}


_OF_THE_PAST = (("flow", "--weeks", "40"), ("aging",))
