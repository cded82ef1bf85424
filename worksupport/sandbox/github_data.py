"""Some 60 made-up GitHub issues over a few owners and repositories; the same for the same seed."""

import random
from datetime import datetime, timedelta
from typing import Any

from worksupport.sandbox import vocabulary
from worksupport.sandbox.exchange import GITHUB, GITHUB_ROOT, Raw
from worksupport.sandbox.jira_data import LATEST
from worksupport.sandbox.team import COLLEAGUES, TEAM, github_user
from worksupport.sandbox.world import World

# Titles as strangers write them.
_ODD_TITLES = (
    "- [x] first item of a list as the title",
    "[red]Colours[/red] leak into the \x1b[1mlog\x1b[0m",
    "حقول النموذج معكوسة",
    "🐛 Emoji in file names 🗂️ break the upload",
)
_REASONS = ("completed", "completed", "completed", "not_planned", "duplicate")


def add_github_issue(world: World, repository: str, title: str, **given: Any) -> Raw:
    """Store a new issue of `repository` ("owner/name"); `given` members replace plain defaults.

    `labels` are names, `assignees` logins, `user` a login or None; other members are stored as given.
    """
    number = next(world.numbers[repository])
    api, page = f"{GITHUB}{GITHUB_ROOT}/repos/{repository}", f"{GITHUB}/{repository}/issues/{number}"
    assignees = [github_user(login) for login in given.pop("assignees", ())]
    user = given.pop("user", "pholm")
    issue = {
        "url": f"{api}/issues/{number}",
        "repository_url": api,
        "labels_url": f"{api}/issues/{number}/labels{{/name}}",
        "comments_url": f"{api}/issues/{number}/comments",
        "events_url": f"{api}/issues/{number}/events",
        "html_url": page,
        "id": 2_000_000_000 + next(world.ids),
        "node_id": f"I_{repository}_{number}",
        "number": number,
        "title": title,
        "user": github_user(user) if user else None,
        "labels": [_label(api, name) for name in given.pop("labels", ())],
        "state": "open",
        "locked": False,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "comments": 0,
        "created_at": "2026-03-02T09:30:00Z",
        "updated_at": "2026-11-02T16:05:09Z",
        "closed_at": None,
        "author_association": "MEMBER",
        "body": None,
        "state_reason": None,
        **given,
    }
    world.github_issues.append(issue)
    return issue


def transfer_github_issue(world: World, issue: Raw, repository: str) -> Raw:
    """Move an issue to another repository: as on GitHub it is another one there, without its labels."""
    world.github_issues.remove(issue)
    logins = [user["login"] for user in issue["assignees"]]
    moved = add_github_issue(world, repository, issue["title"], assignees=logins)
    world.transferred[issue["url"]] = moved["url"]
    return moved


def fill_github(world: World, seed: int) -> None:
    """Add issues of every member with a login, and pull requests and strangers' issues beside them."""
    maker = random.Random(seed)
    topics = [topic for _, _, _, rows in vocabulary.PRODUCTS for row in rows for topic in row]
    titles = [maker.choice(vocabulary.GITHUB_TITLES).format(topic) for topic in topics]
    titles += [text.format("test bench") for text in vocabulary.GITHUB_TITLES]
    for title in (*titles, *_ODD_TITLES, *(f"Bump the base image, week {week}" for week in range(30, 44))):
        _made_up(world, maker, title)


def _made_up(world: World, maker: random.Random, title: str) -> None:
    team = [person.login for person in TEAM if person.login]
    labels = maker.sample(vocabulary.GITHUB_LABELS, maker.randint(0, 2))
    if maker.random() < 0.75:
        labels.append(world.github_label if maker.random() < 0.9 else world.github_label.upper())
    elif maker.random() < 0.3:
        labels.append(f"{world.github_label} (old)")
    assignees = maker.sample(team, maker.choice((1, 1, 1, 2, 3)))
    if maker.random() < 0.15:
        assignees[0] = "mwebb"  # a colleague who is no member
    created = datetime(2025, 11, 3, 8) + timedelta(seconds=maker.randrange(86_400 * 340))
    given: dict[str, Any] = {"labels": labels, "assignees": assignees, "created_at": _time(created)}
    given |= _state(maker, created) | _kind(title)
    given["user"] = maker.choice([*team, *(person.login for person in COLLEAGUES), "ghost", None])
    add_github_issue(world, maker.choice(vocabulary.REPOSITORIES), title, **given)


def _state(maker: random.Random, created: datetime) -> Raw:
    active = timedelta(seconds=maker.randrange(86_400 * 40))
    updated = created + active
    if maker.random() < 0.45:
        times = {"updated_at": _time(updated), "closed_at": _time(updated)}
        return {"state": "closed", "state_reason": maker.choice(_REASONS), **times}
    updated = max(created, LATEST - active)  # somebody has looked at open work lately
    return {"updated_at": _time(updated), "state_reason": "reopened" if maker.random() < 0.1 else None}


def _kind(title: str) -> Raw:
    """A robot's weekly chore is a pull request."""
    return {"pull_request": {"merged_at": None}, "draft": False} if title.startswith("Bump") else {}


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _label(api: str, name: str) -> Raw:
    return {
        "id": 3_000_000_000 + sum(map(ord, name)),
        "node_id": f"LA_{name}",
        "url": f"{api}/labels/{name}",
        "name": name,
        "color": "d73a4a",
        "default": False,
        "description": None,
    }
