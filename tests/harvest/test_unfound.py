"""A search index that forgets: what the service, asked by id, still has in scope is not lost."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.sandbox import exchange
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
Configured = Callable[..., Path]
MISSING = "SELECT count(*) FROM issues WHERE missing_since IS NOT NULL"


@pytest.fixture
def team(configured: Configured, run: Run) -> Iterator[Sandbox]:
    """Two people with six labelled issues each, on both services, harvested."""
    world = empty_site()
    world.team = [person for person in made_up_world().team if person.login and not person.by_email][:2]
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    for person in world.team * 6:
        world.add_jira_issue("DO", "Task", labels=[world.jira_label], assignee=person)
        add_github_issue(world, "acme/app", "Work", labels=[world.github_label], assignees=[person.login])
    with running(world) as sandbox:
        configured(sandbox)
        assert run("harvest", clock=FakeClock()).exit_code == 0
        yield sandbox


class _Forgetting:
    """A search that brings nothing that holds this text."""

    def __init__(self, path: str, *texts: str) -> None:
        self._path = path
        self._texts = texts

    def __call__(self, request: Request, answer: exchange.Answer) -> exchange.Answer:
        if self._path not in request.path or not isinstance(answer.document, dict):
            return answer
        kept = {
            name: [
                item
                for item in answer.document[name]
                if not any(each in json.dumps(item) for each in self._texts)
            ]
            for name in ("issues", "items")
            if name in answer.document
        }
        return replace(
            answer, document={**answer.document, **kept, "total_count": len(kept.get("items", []))}
        )


@pytest.mark.parametrize("command", ["harvest", "reload"])
@pytest.mark.parametrize("whose", ["one person's", "everybody's"])
@pytest.mark.parametrize("service", ["jira", "github"])
def test_what_is_still_there_by_id_is_kept(
    team: Sandbox, run: Run, rows: Rows, service: str, whose: str, command: str
) -> None:
    people = team.world.team[:1] if whose == "one person's" else team.world.team
    path, texts = {
        "jira": ("/search/jql", [person.account_id for person in people]),
        "github": ("/search/issues", [f'"{person.login}"' for person in people]),
    }[service]
    team.fault = _Forgetting(path, *texts)
    answer = run(command, clock=FakeClock())
    assert answer.exit_code == 6, answer.err
    assert "were not found, although " in answer.err
    assert rows(MISSING) == [(0,)]
    assert rows("SELECT count(*) FROM issues") == [(25,)]
    assert run("reload", "--max-delete", "100", clock=FakeClock()).exit_code == 0
    # What GitHub still has in scope stays; of Jira's, which no search shows though reconciled, nothing does.
    gone = 6 * len(people) if service == "jira" else 0
    assert rows("SELECT count(*) FROM issues") == [(25 - gone,)]


@pytest.mark.parametrize("command", ["harvest", "reload"])
def test_what_is_no_longer_in_scope_goes(team: Sandbox, run: Run, rows: Rows, command: str) -> None:
    """Six issues handed to another person are no fault of the index."""
    for issue in team.world.jira_issues.values():
        if issue["fields"]["labels"] == [team.world.jira_label]:
            issue["fields"]["labels"] = ["other"]
    for issue in team.world.github_issues:
        issue["assignees"], issue["assignee"] = [], None
    answer = run(command, "--json", clock=FakeClock())
    assert answer.exit_code == 0, answer.err
    missing = rows(MISSING)[0][0] if command == "harvest" else 25 - rows("SELECT count(*) FROM issues")[0][0]
    assert missing == 24


def test_of_a_few_that_are_lost_only_what_is_gone_is_marked(team: Sandbox, run: Run, rows: Rows) -> None:
    """Each is asked for by its address."""
    login = team.world.team[0].login
    kept = [issue for issue in team.world.github_issues if issue["assignee"]["login"] == login]
    for issue in kept[:1]:
        team.world.github_issues.remove(issue)
    assert run("harvest", clock=FakeClock()).exit_code == 0
    team.fault = _Forgetting("/search/issues", f'"{login}"')
    assert run("harvest", clock=FakeClock()).exit_code == 0
    assert rows(MISSING) == [(1,)]
