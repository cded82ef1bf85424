"""Whole runs over a site of which one query finds nearly all: shared by the workers, complete or failed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.conftest import Answer, Moving
from tests.harvest.conftest import Rows
from tests.harvest.truth import jira_truth
from worksupport.sandbox.exchange import Answer as RawAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import jira_text
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
PAGE, PAGES = 25, 16
# All in one moment, as an import makes them.
OLD = {"created": "2026-08-01T09:00:00.000+0000", "updated": "2026-08-01T09:00:00.000+0000"}
ROOT: dict[str, Any] = {"labels": ["SE_product_family"], **OLD}


@pytest.fixture
def clock() -> Moving:
    return Moving(datetime(2026, 9, 1, 8, 0, tzinfo=UTC))


@pytest.fixture
def site(clock: Moving, configured: Callable[[Sandbox, str], Path]) -> Iterator[Sandbox]:
    world = empty_site()
    world.page_size = PAGE
    for _ in range(PAGE * PAGES):
        world.add_jira_issue("IAIPORT", "Product Version", **ROOT)
    with running(world, clock=clock) as sandbox:
        configured(sandbox, "changes.from_services = false\n")
        yield sandbox


def _harvest(run: Run, clock: Moving, *options: str) -> Answer:
    return run("harvest", "-q", "--source", "jira", *options, clock=clock)


def _present(rows: Rows) -> dict[str, tuple[int, str | None]]:
    found = rows("SELECT issue_key, issue_type_id, parent_key FROM issues WHERE missing_since IS NULL")
    return {key: (type_id, parent) for key, type_id, parent in found}


def _is_as_on_the_site(rows: Rows, site: Sandbox) -> bool:
    return _present(rows) == {key: facts[:2] for key, facts in jira_truth(site.world).items()}


def _asked(site: Sandbox, jql: str) -> list[Any]:
    """The searches for a query, and all that was asked for by id."""
    bodies = [json.loads(request.body) for request in site.requests if request.body]
    return [each for each in bodies if "issueIdsOrKeys" in each or str(each.get("jql")).startswith(jql)]


def test_many_roots_of_one_moment_are_shared(run: Run, site: Sandbox, clock: Moving, rows: Rows) -> None:
    """Asked for by id they come by the hundred, else each page would be a request."""
    assert _harvest(run, clock).exit_code == 0
    asked = _asked(site, "project IN")
    by_id = [body for body in asked if "issueIdsOrKeys" in body]
    assert by_id
    assert [body["fields"] for body in asked].count(["id"]) == 1
    assert len(asked) <= 1.05 * PAGES + 2
    ids = [each for body in by_id for each in body["issueIdsOrKeys"]]
    assert len(ids) == len(set(ids))
    assert _is_as_on_the_site(rows, site)


def test_so_is_the_root_query_of_a_quick_run(run: Run, site: Sandbox, clock: Moving, rows: Rows) -> None:
    assert _harvest(run, clock).exit_code == 0
    clock.sleep(3600)
    added = site.world.add_jira_issue("AIMP", "Product Version", labels=["SE_product_family"])
    site.requests.clear()
    assert _harvest(run, clock, "--quick").exit_code == 0
    assert site.asked("/issue/bulkfetch")
    assert added["key"] in _present(rows)
    assert _is_as_on_the_site(rows, site)


def test_children_of_one_parent_are_shared(run: Run, site: Sandbox, clock: Moving, rows: Rows) -> None:
    first, *others = list(site.world.jira_issues.values())
    for other in others:
        other["fields"] |= {"issuetype": site.world.type_named("Feature", "IAIPORT"), "labels": []}
        other["fields"]["parent"] = {"id": first["id"], "key": first["key"]}
    assert _harvest(run, clock).exit_code == 0
    assert site.asked("/issue/bulkfetch")
    assert len(_asked(site, f'parent IN ("{first["key"]}")')) <= 1.05 * PAGES + 2
    assert _is_as_on_the_site(rows, site)


def _once(site: Sandbox, change: Callable[[], object]) -> None:
    """Have something happen when the ids are asked for; until then the walk is at its third page."""
    waiting, walked, has_happened = [change], count(1), Event()

    def fault(request: Request, answer: RawAnswer) -> RawAnswer:
        if "search/jql" in request.path and b'"id"]' in request.body:
            if waiting:
                waiting.pop()()
            has_happened.set()
        elif b"nextPageToken" in request.body and next(walked) == 2:
            assert has_happened.wait(10)
        return answer

    site.fault = fault


def test_what_comes_goes_and_moves_meanwhile_does_no_harm(
    run: Run, site: Sandbox, clock: Moving, rows: Rows
) -> None:
    """Between the list of ids and the issues one is deleted, one moves, and one is new."""
    world = site.world

    def change() -> None:
        world.delete_jira_issue("IAIPORT-390")
        world.move_jira_issue("IAIPORT-380", "AIMP")
        world.add_jira_issue("AIMP", "Product Version", **ROOT)

    _once(site, change)
    assert _harvest(run, clock).exit_code == 0
    found, truth = set(_present(rows)), set(jira_truth(world))
    assert "AIMP-1" in found
    assert "IAIPORT-390" not in found
    assert truth - {"AIMP-2"} <= found <= truth


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_a_site_that_gives_nothing_by_id_is_walked_through(
    run: Run, site: Sandbox, clock: Moving, rows: Rows, status: int
) -> None:
    def fault(request: Request, answer: RawAnswer) -> RawAnswer:
        return replace(answer, status=status) if "issue/bulkfetch" in request.path else answer

    site.fault = fault
    assert _harvest(run, clock).exit_code == 0
    assert _is_as_on_the_site(rows, site)


def test_where_the_walk_fails_the_source_keeps_what_it_had(
    run: Run, site: Sandbox, clock: Moving, rows: Rows
) -> None:
    assert _harvest(run, clock).exit_code == 0
    before = _present(rows)

    def fault(request: Request, answer: RawAnswer) -> RawAnswer:
        return replace(answer, status=400) if b"nextPageToken" in request.body else answer

    site.fault = fault
    site.world.delete_jira_issue("IAIPORT-3")
    failed = _harvest(run, clock)
    assert failed.exit_code != 0
    assert "completely" in failed.err
    assert _present(rows) == before


def test_a_site_that_answers_one_walk_of_a_query_at_a_time_is_walked_through(
    run: Run, site: Sandbox, clock: Moving, rows: Rows
) -> None:
    """Beside the list of ids the tokens of the walk are refused, and the other way round."""
    latest: dict[str, Any] = {}

    def fault(request: Request, answer: RawAnswer) -> RawAnswer:
        if "search/jql" not in request.path:
            return answer
        body = json.loads(request.body)
        if "nextPageToken" not in body:
            latest[body["jql"]] = body["fields"]
        return answer if latest[body["jql"]] == body["fields"] else replace(answer, status=400)

    site.fault = fault
    assert _harvest(run, clock).exit_code == 0
    assert _is_as_on_the_site(rows, site)


@pytest.mark.parametrize("options", [(), ("--quick",)])
def test_what_leaves_the_scope_after_the_list_is_gone_with_the_next_run(
    run: Run, site: Sandbox, clock: Moving, rows: Rows, options: tuple[str, ...]
) -> None:
    leaving = list(site.world.jira_issues.values())[-3:]

    def change() -> None:
        for issue in leaving:
            issue["fields"] |= {"labels": [], "updated": jira_text(clock.now())}

    _once(site, change)
    assert _harvest(run, clock).exit_code == 0
    assert {issue["key"] for issue in leaving} <= set(_present(rows))
    clock.moment += timedelta(minutes=10)
    assert _harvest(run, clock, *options).exit_code == 0
    assert _is_as_on_the_site(rows, site)


@pytest.mark.parametrize("shown", [50, 10])
@pytest.mark.parametrize("command", ["harvest", "reload"])
def test_answers_by_id_that_are_cut_short_or_hold_others_lose_and_add_nothing(
    run: Run, site: Sandbox, clock: Moving, rows: Rows, command: str, shown: int
) -> None:
    stranger = site.world.add_jira_issue("IACU", "Story", **OLD)

    def fault(request: Request, answer: RawAnswer) -> RawAnswer:
        if "issue/bulkfetch" not in request.path:
            return answer
        return replace(answer, document={"issues": [stranger, *answer.document["issues"][:shown]]})

    site.fault = fault
    assert run(command, "-q", clock=clock).exit_code == 0
    assert site.asked("/issue/bulkfetch")
    assert _is_as_on_the_site(rows, site)
