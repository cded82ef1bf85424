"""The obvious program: one query per parent with urllib, one login a query, nothing stored.

`python -m tests.benchmarks.one_query_per_parent URL`
"""

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.benchmarks.script_queries import CHILDREN, FIELDS, ROOTS
from tests.benchmarks.site import LABEL, MEMBERS, account_id, login


def jira(url: str, jql: str) -> Iterator[dict[str, Any]]:
    """All issues of one query."""
    asked = {"jql": jql, "fields": FIELDS.split(","), "maxResults": 100}
    while True:
        headers = {"Content-Type": "application/json"}
        request = Request(f"{url}/rest/api/3/search/jql", json.dumps(asked).encode(), headers)
        with urlopen(request) as answer:
            page = json.load(answer)
        yield from page["issues"]
        if "nextPageToken" not in page:
            return
        asked["nextPageToken"] = page["nextPageToken"]


def walk(url: str, issue: dict[str, Any]) -> int:
    """How many issues stand below this one."""
    children = CHILDREN.get(issue["fields"]["issuetype"]["name"])
    if not children:
        return 0
    return sum(
        1 + walk(url, child) for child in jira(url, f'parent IN ("{issue["key"]}") AND type IN {children}')
    )


def github(url: str, name: str) -> int:
    """How many labelled issues a login has."""
    query = {"q": f'is:issue label:"{LABEL}" assignee:{name}', "per_page": 100}
    with urlopen(f"{url}/api/v3/search/issues?{urlencode(query)}") as answer:
        return len(json.load(answer)["items"])


def main(url: str) -> None:
    """Print how many issues there are."""
    accounts = ", ".join(f'"{account_id(n)}"' for n in range(MEMBERS))
    found = sum(1 + walk(url, root) for root in jira(url, ROOTS))
    found += sum(1 for _ in jira(url, f'labels = "{LABEL}" AND assignee IN ({accounts})'))
    print(found + sum(github(url, login(n)) for n in range(MEMBERS)))


if __name__ == "__main__":
    main(*sys.argv[1:])
