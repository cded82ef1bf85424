"""GitHub issues stand below the Jira issue that their text names; links are never changes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.model.links import named_keys
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]
SITE = "https://acme.atlassian.net"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Fix it", None, {}),
        ("PAY-12: fix it", "see PAY-13, PAY-12", {"title": ["PAY-12"], "body": ["PAY-13", "PAY-12"]}),
        ("x", f"{SITE}/browse/PAY-1?a=b", {"address": ["PAY-1"], "body": ["PAY-1"]}),
        ("x", "https://other.example/browse/PAY-1", {"body": ["PAY-1"]}),
        ("SHA-256 and xPAY-1, PAY-1x, PAY-0, pay-1, A-PAY-1", "", {"title": ["SHA-256"]}),
    ],
)
def test_what_a_text_names(title: str, body: str | None, expected: dict[str, list[str]]) -> None:
    assert named_keys(SITE, title, body) == expected


@pytest.fixture
def linked(site: Sandbox, configured: Configured, run: Run) -> Sandbox:
    """GitHub issues that name one Jira issue, two, none that there is, and one by two places."""
    world = site.world
    titles = ["IAIPORT-4: focus", "IAIPORT-4 and IAIPORT-5", "SHA-256 is old", "IAIPORT-5, not IAIPORT-77"]
    for title in titles:
        add_github_issue(
            world, "acme/app", title, labels=[world.github_label], assignees=[world.team[0].login]
        )
    configured(site)
    assert run("harvest", clock=FakeClock()).exit_code == 0
    return site


def _links(rows: Rows) -> dict[str, tuple[str | None, str | None]]:
    found = rows("SELECT issue_key, parent_key, parent_by FROM issues WHERE source = 'github'")
    return {key.rpartition("#")[2]: (parent, by) for key, parent, by in found}


def test_it_stands_below_what_it_names(linked: Sandbox, run: Run, rows: Rows) -> None:
    assert sorted(_links(rows).values(), key=str) == [
        ("IAIPORT-4", "title"),
        ("IAIPORT-5", "title"),
        (None, None),
        (None, None),
    ]
    tree = json.loads(run("tree", "IAIPORT-4", "--json").out)["hierarchy"][0]
    assert [child["source"] for child in tree["children"]] == ["github"]


def test_a_link_is_no_change_and_follows_what_it_names(linked: Sandbox, run: Run, rows: Rows) -> None:
    document = json.loads(run("harvest", "--json", clock=FakeClock()).out)
    assert {name: each["changed"] for name, each in document["sources"].items()} == {"jira": 0, "github": 0}
    before = _links(rows)
    linked.world.delete_jira_issue("IAIPORT-5")
    run("harvest", clock=FakeClock())
    assert [link for link in _links(rows).values() if link[0]] == [("IAIPORT-4", "title")] * 2
    run("reload", clock=FakeClock())
    assert sum(link == ("IAIPORT-4", "title") for link in _links(rows).values()) == 2
    assert before != _links(rows)
