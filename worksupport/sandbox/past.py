"""The past of both sites: changes that alter an issue as the services do, and tell of it in its history."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from worksupport.sandbox.exchange import Answer, Raw, Request
from worksupport.sandbox.team import Person, github_user
from worksupport.sandbox.world import World, moment, parent_stub

# What a real site does: a page of changelogs has the histories of so many issues, whatever was asked for.
_ISSUES_A_PAGE = 50
# An entry is stamped a little after the `updated` that it moves.
_AFTER = timedelta(milliseconds=7)


def jira_text(at: datetime) -> str:
    """A time as the site writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"


def change_jira(
    world: World,
    issue: Raw,
    field: str,
    value: Any,
    at: datetime,
    by: Person | None = None,
    *,
    is_told: bool = True,
) -> None:
    """Give a field of an issue another value at a time: `updated` moves, and a history tells of it.

    `value`: a status name, a Person or None (assignee), a list of labels or version names, an issue (parent),
    or text. Not `is_told`: neither moves `updated` nor is in the changelog, as if a version was deleted.
    """
    fields, before = issue["fields"], issue["fields"].get(field)
    fields[field] = _jira_value(world, field, value)
    if not is_told:
        return
    fields["updated"] = jira_text(at)
    if field == "status":
        is_done = fields["status"]["statusCategory"]["key"] == "done"
        fields["resolutiondate"] = jira_text(at) if is_done else None
    items = list(_items(field, before, fields[field]))
    author = (by or world.team[0]).jira_user()
    history = {"id": str(next(world.ids)), "author": author, "created": at + _AFTER, "items": items}
    world.histories.setdefault(issue["id"], []).append(history)


def _jira_value(world: World, field: str, value: Any) -> Any:
    if field == "status":
        return world.statuses[value]
    if isinstance(value, Person):
        return value.jira_user()
    if field == "parent" and value is not None:
        return parent_stub(value)
    if field == "fixVersions":
        return [{"id": str(crc32(name.encode())), "name": name} for name in value]
    return value


_NOBODY: tuple[Any, Any] = (None, None)


def _items(field: str, before: Any, after: Any) -> Iterator[Raw]:
    """The items of a history, with the traps of real ones: names without ids, one item a version."""
    if field == "fixVersions":
        was, is_now = ({each["id"]: each["name"] for each in sent or ()} for sent in (before, after))
        for gone in was.keys() - is_now.keys():
            yield _item("Fix Version", (gone, was[gone]), _NOBODY, field)
        for come in is_now.keys() - was.keys():
            yield _item("Fix Version", _NOBODY, (come, is_now[come]), field)
    elif field == "labels":
        yield _item("labels", ("", " ".join(before or ())), ("", " ".join(after or ())), field)
    elif field == "parent":
        old, new = ((each["id"], each["key"]) if each else _NOBODY for each in (before, after))
        yield _item("IssueParentAssociation", old, new, None)
    elif field == "assignee":
        people = [
            (each["accountId"], each["displayName"]) if each else (None, None) for each in (before, after)
        ]
        yield _item(field, people[0], people[1], field)
    elif isinstance(after, dict) or isinstance(before, dict):
        old, new = ((each["id"], each["name"]) if each else _NOBODY for each in (before, after))
        yield _item(field, old, new, field)
    else:
        yield _item(field, (None, before), (None, after), field)


def _item(name: str, before: tuple[Any, Any], after: tuple[Any, Any], field_id: str | None) -> Raw:
    ends = {"from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]}
    return {"field": name, "fieldtype": "jira", **({"fieldId": field_id} if field_id else {}), **ends}


def change_github(
    world: World, issue: Raw, event: str, at: datetime, by: str = "grace-m", **given: Any
) -> None:
    """One event of an issue: the issue and its timeline change, and `updated_at` moves.

    labeled, unlabeled (`label`), assigned, unassigned (`login`), renamed (`title`), closed or reopened.
    """
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told: Raw = {"id": next(world.ids), "event": event, "actor": github_user(by), "created_at": text}
    if event in ("labeled", "unlabeled"):
        issue["labels"] = [each for each in issue["labels"] if each["name"] != given["label"]]
        if event == "labeled":
            issue["labels"].append({"id": 1, "name": given["label"]})
        told["label"] = {"name": given["label"], "color": "d73a4a"}
    elif event in ("assigned", "unassigned"):
        user = github_user(given["login"])
        issue["assignees"] = [each for each in issue["assignees"] if each["login"] != user["login"]]
        if event == "assigned":
            issue["assignees"].append(user)
        told["assignee"] = user
    elif event == "renamed":
        told["rename"] = {"from": issue["title"], "to": given["title"]}
        issue["title"] = given["title"]
    else:
        is_closed = event == "closed"
        issue["state"] = "closed" if is_closed else "open"
        issue["state_reason"] = "completed" if is_closed else "reopened"
        issue["closed_at"] = text if is_closed else None
    issue["updated_at"] = text
    world.events.setdefault(issue["url"], []).append(told)


def bulk_changelogs(world: World, request: Request) -> Answer:
    """`POST changelog/bulkfetch`: about 50 issues a page, the last of a page again on the next one."""
    body = request.document
    there = {issue["id"] for issue in world.jira_issues.values()}
    with_past = [
        each for each in body.get("issueIdsOrKeys", ()) if each in there and world.histories.get(each)
    ]
    start = int(body.get("nextPageToken") or 0)
    shown = with_past[max(0, start - 1) : start + _ISSUES_A_PAGE]
    logs = [{"issueId": each, "changeHistories": [*map(_bulk, world.histories[each])]} for each in shown]
    more = {"nextPageToken": str(start + _ISSUES_A_PAGE)} if start + _ISSUES_A_PAGE < len(with_past) else {}
    return Answer({"issueChangeLogs": logs, **more})


def _bulk(history: Raw) -> Raw:
    """Here a time is a number: milliseconds since 1970."""
    return {**history, "created": int(history["created"].timestamp() * 1000)}


def timeline(world: World, issue: Raw) -> list[Raw]:
    """An issue's events, oldest first, with one that has no id between."""
    events = world.events.get(issue["url"], [])
    mention = {"event": "cross-referenced", "created_at": issue["created_at"], "source": {"type": "issue"}}
    return [mention, *events]


def live_on(world: World, seed: int, now: datetime, most: int = 3) -> None:
    """A few things that happen at a site in an hour: open issues move on, change hands, get a label."""
    chance = random.Random(seed)
    is_open = [issue for issue in world.jira_issues.values() if not _is_done(issue)]
    for number in range(chance.randint(1, most)):
        issue, at = chance.choice(is_open), now - timedelta(seconds=30 * (most - number))
        status = issue["fields"]["status"]["name"]
        by = chance.choice([person for person in world.team if person.has_jira])
        if chance.random() < 0.6:
            following = {"To Do": "In Progress", "In Progress": "In Review", "Blocked": "In Progress"}
            change_jira(world, issue, "status", following.get(status, "Done"), at, by)
        else:
            change_jira(world, issue, "assignee", by, at, by)


def _is_done(issue: Raw) -> bool:
    return bool(issue["fields"]["status"]["statusCategory"]["key"] == "done")


def give_lives(world: World, seed: int) -> None:
    """A past for every issue of Jira that adds up to what it is now: started, handed over, finished."""
    chance = random.Random(seed)
    for issue in world.jira_issues.values():
        _give_life(world, issue, chance)


def _give_life(world: World, issue: Raw, chance: random.Random) -> None:
    fields = issue["fields"]
    created, updated = moment(fields["created"]), moment(fields["updated"])
    now = {name: fields.get(name) for name in ("status", "assignee", "updated", "resolutiondate")}
    path = _path_to(fields["status"], world)
    if updated <= created or len(path) < 2:
        return
    times = sorted(created + (updated - created) * chance.random() for _ in path[1:-1])
    fields["status"], fields["assignee"] = path[0], None
    by = chance.choice([person for person in world.team if person.has_jira])
    if now["assignee"]:
        owner = next((p for p in world.people if p.account_id == now["assignee"]["accountId"]), None)
        if owner and owner.has_jira:
            change_jira(world, issue, "assignee", owner, created + (updated - created) / 10, by)
    for status, at in zip(path[1:], [*times, updated - _AFTER], strict=True):
        change_jira(world, issue, "status", status["name"], at, by)
    fields.update(now)


def _path_to(status: Raw, world: World) -> list[Raw]:
    """The statuses that an issue has had on its way to this one."""
    name, category = status["name"], status["statusCategory"]["key"]
    names = {"new": ["To Do"], "indeterminate": ["To Do", "In Progress"], "done": ["To Do", "In Progress"]}
    before = [each for each in names.get(category, ["To Do"]) if each != name and each in world.statuses]
    return [*(world.statuses[each] for each in before), status]
