"""What a careful engineer would write today with PyPI's `jira`, PyGithub and sqlite-utils.

`python -m tests.benchmarks.script_to_beat URL DATABASE`: 100 parents a query, six logins a query, PyGithub's
pause off.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import sqlite_utils
from github import Auth, Github
from jira import JIRA

from tests.benchmarks.script_queries import CHILDREN, FIELDS, ROOTS
from tests.benchmarks.site import LABEL, MEMBERS, account_id, login


def jira_issues(client: JIRA) -> Iterator[Any]:
    """The tree, level by level, then the members' labelled issues."""
    level = list(_search(client, ROOTS))
    while level:
        yield from level
        below = []
        for type_name, children in CHILDREN.items():
            parents = [issue.key for issue in level if issue.fields.issuetype.name == type_name]
            for start in range(0, len(parents), 100):
                keys = ", ".join(f'"{key}"' for key in parents[start : start + 100])
                below += _search(client, f"parent IN ({keys}) AND type IN {children}")
        level = below
    accounts = ", ".join(f'"{account_id(n)}"' for n in range(MEMBERS))
    yield from _search(client, f'labels = "{LABEL}" AND assignee IN ({accounts})')


def _search(client: JIRA, jql: str) -> Any:
    return client.enhanced_search_issues(jql, maxResults=0, fields=FIELDS, use_post=True)


def github_issues(client: Github) -> Iterator[Any]:
    """Groups of six, then alone each login that no hit of its group shows."""
    logins = [login(n) for n in range(MEMBERS)]
    groups = [logins[start : start + 6] for start in range(0, MEMBERS, 6)]
    while groups:
        group = groups.pop(0)
        people = " OR ".join(f"assignee:{name}" for name in group)
        found = list(client.search_issues(f'is:issue label:"{LABEL}" ({people})'))
        yield from found
        if len(group) > 1:
            seen = {user.login for issue in found for user in issue.assignees}
            groups += [[name] for name in group if name not in seen]


def jira_row(issue: Any) -> dict[str, Any]:
    """One row of the table."""
    fields = issue.fields
    return {
        "source": "jira",
        "key": issue.key,
        "summary": fields.summary,
        "assignee": fields.assignee.displayName if fields.assignee else None,
        "status": fields.status.name,
        "labels": json.dumps(fields.labels),
        "type": fields.issuetype.name,
        "parent": fields.parent.key if getattr(fields, "parent", None) else None,
        "created": fields.created,
        "updated": fields.updated,
    }


def github_row(issue: Any) -> dict[str, Any]:
    """One row of the table."""
    return {
        "source": "github",
        "key": f"{'/'.join(issue.repository_url.split('/')[-2:])}#{issue.number}",
        "summary": issue.title,
        "assignee": issue.assignees[0].login if issue.assignees else None,
        "status": issue.state,
        "labels": json.dumps([label.name for label in issue.labels]),
        "type": None,
        "parent": None,
        "created": issue.created_at.isoformat(),
        "updated": issue.updated_at.isoformat(),
    }


def main(url: str, database: str) -> None:
    """Harvest everything into the table `issues`."""
    jira = JIRA(
        url, basic_auth=("bot@acme.example", "made-up"), max_retries=0, options={"check_update": False}
    )
    github = Github(
        base_url=f"{url}/api/v3",
        auth=Auth.Token("made-up"),
        per_page=100,
        seconds_between_requests=0,
        retry=None,
    )
    table = sqlite_utils.Database(database).table("issues")
    table.upsert_all((jira_row(issue) for issue in jira_issues(jira)), pk=("source", "key"))
    table.upsert_all((github_row(issue) for issue in github_issues(github)), pk=("source", "key"))


if __name__ == "__main__":
    main(*sys.argv[1:])
