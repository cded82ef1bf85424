"""What the teams did in the last months: one release goes well, one slips, of one nothing can be said."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from worksupport.sandbox import vocabulary
from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.jira_data import jira_time
from worksupport.sandbox.world import World


@dataclass(frozen=True)
class _Pace:
    """How many units of work were finished in the last twelve weeks, and how many came and are open."""

    finished: int
    came: int
    due_in_days: int
    ages: tuple[int, int] = (90, 200)  # since the finished ones were created, in days


_PACES = {
    "Document Reader 2.8": _Pace(20, 1, 60),
    "Model Platform 1.10": _Pace(14, 4, 45),
    # Nearly as much comes as is finished.
    "Claims Portal 4.2": _Pace(15, 13, 30, (95, 150)),
    # Two days with something finished tell nothing.
    "Adjuster Desk 7.4": _Pace(2, 3, 20),
}
_WEEKS = 12
_LATE_DAYS = 3


def add_recent_work(world: World, seed: int, now: datetime) -> None:
    """Stories and tasks of the versions under way, finished or come in the weeks before `now`."""
    chance = random.Random(seed)
    for name, pace in _PACES.items():
        version = next(i for i in world.jira_issues.values() if i["fields"].get("summary") == name)
        version["fields"]["duedate"] = f"{now + timedelta(days=pace.due_in_days):%Y-%m-%d}"
        work = _work(world, version, chance)
        for _ in range(pace.finished):
            ended = _workday(chance, now, 2, 7 * _WEEKS - 2)
            created = now - timedelta(days=chance.randint(*pace.ages))
            _add(world, next(work), chance, created, ended, "Done")
        came = [_workday(chance, now, 3, 7 * _WEEKS - 2) for _ in range(pace.came)]
        added = [_add(world, next(work), chance, each, each, "To Do") for each in came]
        if added:
            added[0]["fields"]["duedate"] = f"{now - timedelta(days=_LATE_DAYS):%Y-%m-%d}"


def _work(world: World, version: Raw, chance: random.Random) -> Iterator[tuple[Raw, str, str]]:
    """Feature, type and title of what there is not yet."""
    features = [
        issue
        for issue in world.jira_issues.values()
        if (issue["fields"].get("parent") or {}).get("id") == version["id"]
        and issue["fields"]["issuetype"]["name"] == "Feature"
    ]
    taken = {issue["fields"].get("summary") for issue in world.jira_issues.values()}
    texts = [("Story", each) for each in (*vocabulary.STORIES, *vocabulary.LATER_STORIES)]
    texts += [("Task", each) for each in vocabulary.TASKS]
    found = [(feature, kind, text.format(_topic(feature))) for feature in features for kind, text in texts]
    left = [each for each in found if each[2] not in taken]
    chance.shuffle(left)
    return iter(left)


def _topic(feature: Raw) -> str:
    title: str = feature["fields"]["summary"]
    return title if title[1:2].isupper() else title[0].lower() + title[1:]


def _add(
    world: World,
    work: tuple[Raw, str, str],
    chance: random.Random,
    created: datetime,
    updated: datetime,
    status: str,
) -> Raw:
    feature, kind, title = work
    if status == "Done" and feature["fields"]["status"] == world.statuses["To Do"]:
        feature["fields"]["status"] = world.statuses["In Progress"]
    return world.add_jira_issue(
        feature["key"].partition("-")[0],
        kind,
        summary=title,
        parent=feature,
        assignee=chance.choice([person for person in world.team if person.has_jira]),
        created=jira_time(created),
        updated=jira_time(updated),
        resolutiondate=jira_time(updated) if status == "Done" else None,
        status=status,
    )


def _workday(chance: random.Random, now: datetime, least: int, most: int) -> datetime:
    """In the working hours of a day so many days ago, not at a weekend."""
    while True:
        day = now - timedelta(days=chance.randint(least, most))
        if day.weekday() < 5:
            return day.replace(hour=chance.randint(9, 16), minute=chance.randint(0, 59), second=7)
