"""The whole made-up world, the same for the same seed."""

from datetime import datetime, timedelta

from worksupport.sandbox.github_data import fill_github
from worksupport.sandbox.jira_data import LATEST, JiraMaker
from worksupport.sandbox.jira_oddities import add_oddities
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import give_lives
from worksupport.sandbox.releases import add_recent_work
from worksupport.sandbox.world import World

_JIRA_TIMES = ("created", "updated", "resolutiondate")
_GITHUB_TIMES = ("created_at", "updated_at", "closed_at")


def made_up_world(seed: int = 7, now: datetime | None = None) -> World:
    """A team of twelve with some 300 Jira and some 60 GitHub issues, awkward ones among them.

    The newest of it happened the day before `now`, with much in the weeks before that; without, on one day of
    November 2026.
    """
    world = empty_site()
    JiraMaker(world, seed).fill()
    add_oddities(world)
    fill_github(world, seed)
    if now is not None:
        _shift(world, now.replace(tzinfo=None) - LATEST)
        add_recent_work(world, seed, now.replace(tzinfo=None))
    give_lives(world, seed)
    return world


def _shift(world: World, since: timedelta) -> None:
    """Move every time by whole days, so that the hours of the day and their zones stay."""
    days = timedelta(days=since.days)
    for issue in world.jira_issues.values():
        fields = issue["fields"]
        fields |= {name: _later(fields[name], days) for name in _JIRA_TIMES if fields.get(name)}
    for issue in world.github_issues:
        issue |= {name: _later(issue[name], days) for name in _GITHUB_TIMES if issue.get(name)}


def _later(time: str, days: timedelta) -> str:
    """A time of either service: its date stands before the T."""
    date, rest = time[:10], time[10:]
    return f"{datetime.fromisoformat(date) + days:%Y-%m-%d}{rest}"
