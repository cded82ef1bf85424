"""One bad item never hides the rest: a refused batch is halved down to the one that is left out by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.sandbox import exchange
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]


class Refusing:
    """Answers 400 to every search whose JQL `is_bad`, in a language that nobody here reads."""

    def __init__(self, is_bad: Callable[[str], bool]) -> None:
        self.is_bad = is_bad
        self.refused = 0

    def __call__(self, request: Request, answer: exchange.Answer) -> exchange.Answer:
        if "/search/jql" not in request.path or not self.is_bad(request.text):
            return answer
        self.refused += 1
        return replace(answer, status=400, document={"errorMessages": ["課題が存在しません。"], "errors": {}})


def _harvest(run: Run) -> Answer:
    return run("harvest", "--source", "jira", "--json", clock=FakeClock())


def _present(rows: Rows) -> set[str]:
    return {key for (key,) in rows("SELECT issue_key FROM issues WHERE missing_since IS NULL")}


@pytest.fixture
def harvested(site: Sandbox, configured: Configured, run: Run) -> Sandbox:
    """The small site after a good harvest; then it gains a task, which must not be hidden by anything."""
    site.world.add_jira_issue("IAIPORT", "Feature", parent=site.world.jira_issues["IAIPORT-6"])
    configured(site)
    assert _harvest(run).exit_code == 0
    site.world.add_jira_issue("IAIPORT", "Task", parent=site.world.jira_issues["IAIPORT-8"], summary="New")
    return site


def test_a_parent_that_is_refused_keeps_its_children_and_hides_no_others(
    harvested: Sandbox, run: Run, rows: Rows
) -> None:
    before = _present(rows)
    harvested.fault = Refusing(lambda jql: "parent IN" in jql and '"IAIPORT-2"' in jql)
    answer = _harvest(run)
    assert answer.exit_code == 0
    (warning,) = json.loads(answer.out)["warnings"]
    assert warning.startswith("jira: parent IAIPORT-2 left out")
    assert _present(rows) == before | {"IAIPORT-9"}


def test_a_type_that_is_refused_is_found_out_and_left_out(harvested: Sandbox, run: Run, rows: Rows) -> None:
    """Its issues stay; those of the other type arrive. The parents are innocent."""
    before = _present(rows)
    site_id = harvested.world.type_named("Story", "IAIPORT")["id"]
    harvested.fault = Refusing(lambda jql: "type IN" in jql and site_id in jql)
    answer = _harvest(run)
    assert answer.exit_code == 0
    (warning,) = json.loads(answer.out)["warnings"]
    assert warning.startswith("jira: type 10101 left out")
    assert _present(rows) == before | {"IAIPORT-9"}


def test_one_of_several_ids_of_a_type_that_is_refused_hides_none_of_the_others(
    harvested: Sandbox, run: Run, rows: Rows
) -> None:
    """A team-managed project has ids of its own for types of the same name."""
    world, before = harvested.world, _present(rows)
    world.add_jira_issue("IAIPORT", "Story", parent=world.jira_issues["IAIPORT-2"])
    refused = world.type_named("Story", "IACU")["id"]
    assert refused != world.type_named("Story", "IAIPORT")["id"]
    harvested.fault = Refusing(lambda jql: "type IN" in jql and refused in jql)
    answer = _harvest(run)
    assert answer.exit_code == 0
    (warning,) = json.loads(answer.out)["warnings"]
    assert warning.startswith("jira: type 10101 left out")
    assert f"by its id {refused}" in warning
    assert _present(rows) == before | {"IAIPORT-9", "IAIPORT-10"}


def test_an_answer_that_has_one_issue_under_two_keys_is_told(
    harvested: Sandbox, run: Run, rows: Rows
) -> None:
    def twice(request: Request, answer: exchange.Answer) -> exchange.Answer:
        if "Product Version" not in str(answer.document) or "/search/jql" not in request.path:
            return answer
        issues = answer.document["issues"]
        doubled = {**issues[0], "key": "IAIPORT-77"}
        return replace(answer, document={**answer.document, "issues": [*issues, doubled]})

    harvested.fault = twice
    answer = _harvest(run)
    assert answer.exit_code == 0
    source_id = harvested.world.jira_issues["IAIPORT-1"]["id"]
    assert f"one answer has issue {source_id} twice, as IAIPORT-1 and IAIPORT-77" in answer.out
    assert rows("SELECT count(*) FROM issues WHERE source_id = ?", source_id) == [(1,)]


def test_what_only_tells_parent_from_type_is_not_stored(harvested: Sandbox, run: Run, rows: Rows) -> None:
    """A refused parent is asked alone for children of any type; a bug below it stays out all the same."""
    world = harvested.world
    bug = world.add_jira_issue("IAIPORT", "Bug", parent=world.jira_issues["IAIPORT-8"])
    site_id = world.type_named("Story", "IAIPORT")["id"]
    harvested.fault = Refusing(lambda jql: "type IN" in jql and site_id in jql)
    assert _harvest(run).exit_code == 0
    assert bug["key"] not in _present(rows)


def test_an_account_that_is_refused_keeps_its_issues(harvested: Sandbox, run: Run, rows: Rows) -> None:
    before = _present(rows)
    account = harvested.world.team[0].account_id
    harvested.fault = Refusing(lambda jql: "assignee IN" in jql and account in jql)
    answer = _harvest(run)
    assert answer.exit_code == 0
    assert f"account {account} left out" in answer.out
    assert _present(rows) == before | {"IAIPORT-9"}


def test_what_is_refused_once_for_a_passing_reason_is_asked_again(
    harvested: Sandbox, run: Run, rows: Rows
) -> None:
    bad = Refusing(lambda jql: "parent IN" in jql and bad.refused == 0)
    harvested.fault = bad
    answer = _harvest(run)
    assert (answer.exit_code, json.loads(answer.out)["warnings"]) == (0, [])
    assert bad.refused == 1


def test_a_refused_root_query_is_exit_3_naming_the_key_to_set(
    harvested: Sandbox, run: Run, rows: Rows
) -> None:
    before = _present(rows)
    harvested.fault = Refusing(lambda jql: "project IN" in jql)
    answer = _harvest(run)
    assert answer.exit_code == 3
    assert "jira.root_jql" in answer.err
    assert _present(rows) == before


@pytest.fixture
def wide(site: Sandbox, configured: Configured) -> Sandbox:
    """A site with two hundred parents on one level."""
    version = site.world.jira_issues["IAIPORT-1"]
    for _ in range(200):
        site.world.add_jira_issue("IAIPORT", "Feature", parent=version)
    configured(site)
    return site


def test_a_refusal_that_passes_leaves_nothing_out(wide: Sandbox, run: Run) -> None:
    """Sixty queries are refused, down to single parents; these are asked again when all else is done."""
    bad = Refusing(lambda jql: "parent IN" in jql and '"IAIPORT-1"' not in jql and bad.refused < 60)
    wide.fault = bad
    answer = _harvest(run)
    assert (answer.exit_code, json.loads(answer.out)["warnings"]) == (0, [])
    assert bad.refused == 60


def test_a_site_that_refuses_everything_fails_instead_of_being_asked_for_ever(
    wide: Sandbox, run: Run
) -> None:
    wide.fault = Refusing(lambda jql: "parent IN" in jql and '"IAIPORT-1"' not in jql)
    answer = _harvest(run)
    assert answer.exit_code == 1
    assert "refused more than 50 queries" in answer.err
    assert len(wide.asked("/search/jql")) < 600
