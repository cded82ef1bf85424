"""What a harvest of the made-up world asks, to the last request: nothing twice, and only stored fields."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The demo's world, served and configured; one worker, so that the order is always the same."""
    with running(made_up_world()) as sandbox:
        path = tmp_path / "team.properties"
        path.write_text(f"{sandbox.properties()}\nharvest.concurrency = 1\n", encoding="utf-8")
        path.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(path))
        yield sandbox


def _harvest(run: Run, sandbox: Sandbox) -> Counter[str]:
    """One harvest's requests by path."""
    sandbox.requests.clear()
    assert run("harvest", "-q", clock=FakeClock()).exit_code == 0
    return Counter(request.path for request in sandbox.requests)


_SECOND_HARVEST = {
    "/rest/api/2/serverInfo": 1,
    "/rest/api/3/myself": 1,
    "/rest/api/3/issuetype": 1,
    "/rest/api/3/field": 1,
    # Roots, the labelled, what is below the versions, below the features (two pages) and the adoptions.
    "/rest/api/3/search/jql": 6,
    "/api/v3/user": 1,
    "/api/v3/meta": 1,
    "/api/v3/search/issues": 2,  # eleven logins in two groups, each proven by an issue of its own
}


def test_a_harvest_sends_just_these_requests(made_up: Sandbox, run: Run) -> None:
    """At first three addresses are resolved and the past is read, which later runs know."""
    first = _harvest(run, made_up)
    timelines = {path: count for path, count in first.items() if path.endswith("/timeline")}
    assert len(timelines) == 30
    assert set(timelines.values()) == {1}
    past = {"/rest/api/3/changelog/bulkfetch": 4, "/rest/api/3/status": 1, **timelines}
    assert first == Counter(_SECOND_HARVEST | {"/rest/api/3/user/search": 3} | past)
    assert _harvest(run, made_up) == Counter(_SECOND_HARVEST)


def test_nothing_is_asked_twice(made_up: Sandbox, run: Run) -> None:
    """No two requests are alike, and no parent stands in two queries."""
    _harvest(run, made_up)
    alike = Counter((request.path, request.body, str(request.query)) for request in made_up.requests)
    assert set(alike.values()) == {1}
    queries = {text for text in made_up.asked("/search/jql") if text.startswith("parent IN")}
    parents = [key for text in queries for key in re.findall(r'"([^"]+)"', text)]
    assert len(parents) == len(set(parents)) > 50


def test_only_what_is_stored_is_asked_for(made_up: Sandbox, run: Run) -> None:
    _harvest(run, made_up)
    bodies = [json.loads(request.body) for request in made_up.requests if "/search/jql" in request.path]
    stored = (
        "assignee created customfield_10021 description duedate fixVersions issuetype labels parent priority"
        " reporter resolution resolutiondate status summary updated"
    )
    assert {(" ".join(sorted(body["fields"])), body["maxResults"]) for body in bodies} == {(stored, 100)}


def test_descriptions_that_are_not_wanted_are_not_asked_for(
    made_up: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSUPPORT_HARVEST_DESCRIPTIONS", "false")
    _harvest(run, made_up)
    bodies = [json.loads(request.body) for request in made_up.requests if "/search/jql" in request.path]
    assert not [body for body in bodies if "description" in body["fields"]]


def test_reload_sends_the_same(made_up: Sandbox, run: Run) -> None:
    _harvest(run, made_up)
    made_up.requests.clear()
    assert run("reload", "-q", clock=FakeClock()).exit_code == 0
    assert Counter(request.path for request in made_up.requests) == Counter(_SECOND_HARVEST)
