"""The least a program can do: the same pages with requests and json, one executemany at the end.

`python -m tests.benchmarks.plain_fetch URL DATABASE`
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

import requests

from tests.benchmarks.script_queries import CHILDREN, FIELDS, ROOTS
from tests.benchmarks.site import LABEL, MEMBERS, account_id, login

Raw = dict[str, Any]


def jira(session: requests.Session, url: str, jql: str) -> Iterator[Raw]:
    """All issues of one query."""
    asked: Raw = {"jql": jql, "fields": FIELDS.split(","), "maxResults": 100}
    while True:
        page = session.post(f"{url}/rest/api/3/search/jql", json=asked).json()
        yield from page["issues"]
        if page.get("isLast", True):
            return
        asked["nextPageToken"] = page["nextPageToken"]


def tree(session: requests.Session, url: str) -> Iterator[Raw]:
    """The tree, 100 parents a query."""
    level = list(jira(session, url, ROOTS))
    while level:
        yield from level
        below: list[Raw] = []
        for type_name, children in CHILDREN.items():
            parents = [issue["key"] for issue in level if issue["fields"]["issuetype"]["name"] == type_name]
            for start in range(0, len(parents), 100):
                keys = ", ".join(f'"{key}"' for key in parents[start : start + 100])
                below += jira(session, url, f"parent IN ({keys}) AND type IN {children}")
        level = below


def github(session: requests.Session, url: str) -> Iterator[Raw]:
    """The members' labelled issues, six logins a query."""
    for start in range(0, MEMBERS, 6):
        people = " OR ".join(f"assignee:{login(n)}" for n in range(start, min(start + 6, MEMBERS)))
        query = {"q": f'is:issue label:"{LABEL}" ({people})', "per_page": "100"}
        answer = session.get(f"{url}/api/v3/search/issues", params=query)
        yield from answer.json()["items"]
        while "next" in answer.links:
            answer = session.get(answer.links["next"]["url"])
            yield from answer.json()["items"]


def jira_row(issue: Raw) -> tuple[Any, ...]:
    """What a row needs, taken as it comes."""
    fields = issue["fields"]
    return (
        *("jira", issue["key"], fields["summary"], (fields["assignee"] or {}).get("displayName")),
        *(fields["status"]["name"], json.dumps(fields["labels"]), fields["issuetype"]["name"]),
        *((fields.get("parent") or {}).get("key"), fields["created"], fields["updated"]),
    )


def github_row(issue: Raw) -> tuple[Any, ...]:
    """The same from GitHub."""
    labels = json.dumps([label["name"] for label in issue["labels"]])
    return (
        *("github", issue["html_url"], issue["title"], (issue["assignee"] or {}).get("login")),
        *(issue["state"], labels, None, None, issue["created_at"], issue["updated_at"]),
    )


def main(url: str, database: str) -> None:
    """Fill the table `issues`."""
    with requests.Session() as session, sqlite3.connect(database) as connection:
        accounts = ", ".join(f'"{account_id(n)}"' for n in range(MEMBERS))
        labelled = f'labels = "{LABEL}" AND assignee IN ({accounts})'
        rows = [jira_row(issue) for issue in tree(session, url)]
        rows += [jira_row(issue) for issue in jira(session, url, labelled)]
        rows += [github_row(issue) for issue in github(session, url)]
        connection.execute(
            "CREATE TABLE issues "
            "(source, key, summary, assignee, status, labels, type, parent, created, updated)"
        )
        connection.executemany(f"INSERT INTO issues VALUES ({','.join('?' * 10)})", rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
