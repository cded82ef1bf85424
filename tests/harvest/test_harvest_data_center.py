"""A whole run against Jira Data Center: parents in plugin fields, offsets, a bearer token, user names."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import responses

BASE = "https://jira.acme.org/jira"
TYPES = [
    (10004, "Product Version"),
    (10000, "Feature"),
    (10101, "Story"),
    (10104, "Task"),
    (11140, "Customer Adoption"),
]
FIELDS = [
    {"id": "customfield_7", "name": "Epos", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
    {
        "id": "customfield_8",
        "name": "Parent Link",
        "schema": {"custom": "com.atlassian.jpo:jpo-custom-field-parent"},
    },
    {
        "id": "customfield_9",
        "name": "Flagged",
        "schema": {"custom": "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"},
    },
]
# Key, type id, and the field that holds the parent.
ISSUES: list[tuple[str, int, dict[str, Any]]] = [
    ("IACU-1", 10004, {}),
    *((f"FEAT-{number}", 10000, {"customfield_8": "IACU-1"}) for number in range(1, 6)),
    ("DO-1", 10101, {"customfield_7": "FEAT-2", "assignee": {"name": "Ann", "displayName": "Ann A."}}),
    ("DO-2", 10104, {"parent": {"key": "FEAT-3"}, "customfield_9": [{"value": "Impediment"}]}),
]


class DataCenter:
    """Answers by offset, two issues a page, whatever is asked for."""

    def __init__(self, web: responses.RequestsMock, fields: list[Any]) -> None:
        api = f"{BASE}/rest/api/2"
        self.changed: dict[str, dict[str, Any]] = {}  # fields as they are now, by key
        self.queries: list[str] = []
        site = {"baseUrl": BASE, "deploymentType": "Server"}
        web.get(f"{api}/serverInfo", json=site, headers={"Date": formatdate(usegmt=True)})
        web.get(f"{api}/field", json=fields)
        web.get(f"{api}/configuration", json={"subTasksEnabled": True})
        web.get(f"{api}/myself", json={"name": "me", "displayName": "Me"})
        web.get(f"{api}/issuetype", json=[{"id": str(number), "name": name} for number, name in TYPES])
        web.add_callback("POST", f"{api}/search", self.search, content_type="application/json")

    def search(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body)
        self.queries.append(asked["jql"])
        if "updated >=" in asked["jql"]:
            page = [{**shown(place), **self._now(place)} for place in self._changed()]
            return 200, {}, json.dumps({"startAt": 0, "total": len(page), "issues": page})
        found = [issue for issue in ISSUES if matches(asked["jql"], issue)]
        start = asked["startAt"]
        page = [shown(ISSUES.index(issue)) for issue in found[start : start + 2]]
        return 200, {}, json.dumps({"startAt": start, "maxResults": 2, "total": len(found), "issues": page})

    def _changed(self) -> list[int]:
        return [place for place, (key, _, _) in enumerate(ISSUES) if key in self.changed]

    def _now(self, place: int) -> dict[str, Any]:
        return {"fields": {**shown(place)["fields"], **self.changed[ISSUES[place][0]]}}


def matches(jql: str, issue: tuple[str, int, dict[str, Any]]) -> bool:
    """Whether the issue is what the query asks for."""
    key, type_id, fields = issue
    types = re.findall(r"\d+", re.findall(r"type IN \((.*?)\)", jql)[0])
    if "SE_product_family" in jql:
        return str(type_id) in types
    clauses = dict(re.findall(r'("?[\w ]+"?) IN \(("[^)]*)\)', jql))
    held = {
        "parent": fields.get("parent", {}).get("key"),
        '"Epos"': fields.get("customfield_7"),
        '"Parent Link"': fields.get("customfield_8"),
    }
    by_link = any(parent and f'"{parent}"' in clauses[name.strip()] for name, parent in held.items())
    return str(type_id) in types and by_link and key != "IACU-1"


def shown(place: int) -> dict[str, Any]:
    """An issue as a search answers it."""
    key, type_id, fields = ISSUES[place]
    issue_type = {"id": str(type_id), "name": dict(TYPES)[type_id]}
    return {"id": str(100 + place), "key": key, "fields": {"summary": key, "issuetype": issue_type, **fields}}


@pytest.fixture
def harvest(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """harvest() runs the command against the Data Center of the test."""
    path = tmp_path / "team.properties"
    member = "team.member.ann.name=Annie\nteam.member.ann.jira_id=ann\n"
    path.write_text(
        f"{member}jira.base_url={BASE}\njira.api_token=p4t\ndatabase.path=w.db\n", encoding="utf-8"
    )
    path.chmod(0o600)
    monkeypatch.setenv("WORKSUPPORT_CONFIG", str(path))
    return lambda *options: run("harvest", *options)


def test_the_whole_tree_comes(harvest: Callable[..., Any], tmp_path: Path) -> None:
    with responses.RequestsMock() as web:
        DataCenter(web, FIELDS)
        answer = harvest()
    assert (answer.exit_code, answer.out) == (0, "")
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        rows = connection.execute(
            "SELECT issue_key, parent_key, assignee, url FROM issues ORDER BY source_id"
        )
        blocked = connection.execute("SELECT issue_key FROM issues WHERE state = 'blocked'")
        assert list(blocked) == [("DO-2",)]
        assert list(rows) == [
            ("IACU-1", None, None, f"{BASE}/browse/IACU-1"),
            *((f"FEAT-{n}", "IACU-1", None, f"{BASE}/browse/FEAT-{n}") for n in range(1, 6)),
            ("DO-1", "FEAT-2", "Annie", f"{BASE}/browse/DO-1"),
            ("DO-2", "FEAT-3", None, f"{BASE}/browse/DO-2"),
        ]


def test_a_quick_run_asks_in_minutes_back_from_now(harvest: Callable[..., Any], run: Any) -> None:
    """Any other moment is read in the time zone of the account; parents are known by their keys here."""
    with responses.RequestsMock() as web:
        server = DataCenter(web, FIELDS)
        assert harvest("-q").exit_code == 0
        server.changed = {"DO-1": {"customfield_7": None}, "DO-2": {"parent": {"key": "FEAT-4"}}}
        server.queries.clear()
        assert harvest("-q", "--quick").exit_code == 0
    changed = [query for query in server.queries if "updated" in query]
    assert len(server.queries) == 2
    assert re.search(r'project IN \("DO", "FEAT", "IACU"\) AND updated >= "-(6[01]|36[01])m"', changed[0])
    assert run("keys", "--missing").out == "DO-1\n"
    assert '"parent_key":"FEAT-4"' in run("show", "DO-2", "--json").out


def test_a_user_name_that_nobody_has_is_left_out(harvest: Callable[..., Any], tmp_path: Path) -> None:
    """Some versions answer a query that names a stranger with 200 and nothing but a warning."""
    config = tmp_path / "team.properties"
    config.write_text(config.read_text() + "team.member.bo.name=Bo\nteam.member.bo.jira_id=b.o\n")
    people = {"me", "ann"}

    def user(request: Any) -> tuple[int, dict[str, str], str]:
        name = request.params["username"]
        return (200, {}, json.dumps({"name": name})) if name in people else (404, {}, "{}")

    with responses.RequestsMock() as web:
        DataCenter(web, FIELDS)
        web.add_callback("GET", f"{BASE}/rest/api/2/user", user, content_type="application/json")
        answer = harvest()
    assert answer.exit_code == 0
    assert "account b.o left out: nobody on the site has this" in answer.err
    assert "account ann" not in answer.err


def test_a_site_without_link_fields_is_no_empty_tree(harvest: Callable[..., Any]) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        DataCenter(web, [])
        answer = harvest()
    assert answer.exit_code == 3
    assert "neither an Epic Link nor a Parent Link" in answer.err
