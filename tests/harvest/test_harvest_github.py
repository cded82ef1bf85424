"""A harvest of GitHub, beside Jira and alone, from the command line to the rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from worksupport.sandbox import exchange
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.faults import FAULTS, Faults
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox

Run = Callable[..., Answer]
Configured = Callable[..., Path]


def _harvest(run: Run, *options: str) -> Answer:
    return run("harvest", *options, clock=FakeClock())


@pytest.fixture
def hub(site: Sandbox) -> Sandbox:
    """Three members with GitHub logins: issues by one, by two of them, and by a stranger."""
    world = site.world
    mine, other, _ = (person.login for person in world.team)
    label = world.github_label
    add_github_issue(world, "acme/app", "Mine", labels=[label], assignees=[mine])
    add_github_issue(
        world, "beta/app", "Same name, other owner", labels=[label], assignees=["mwebb", mine, other]
    )
    add_github_issue(world, "acme/app", "Not labelled", labels=["other"], assignees=[mine])
    add_github_issue(world, "acme/app", "A stranger's", labels=[label], assignees=["mwebb"])
    return site


def test_both_services_land_in_one_database(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(hub)
    document = json.loads(_harvest(run, "--json").out)
    assert {name: source["issues"] for name, source in document["sources"].items()} == {
        "jira": 7,
        "github": 2,
    }
    assert rows("SELECT issue_key FROM issues WHERE source = 'github' ORDER BY 1") == [
        ("acme/app#1",),
        ("beta/app#1",),
    ]
    sources = json.loads(run("keys", "--json").out)["sources"]
    assert None not in sources.values()


def test_the_first_assignee_who_is_a_member_gives_the_name(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(hub)
    _harvest(run)
    mine, other = (person.name for person in hub.world.team[:2])
    assert rows("SELECT assignee, assignees FROM issues WHERE issue_key = 'beta/app#1'") == [
        (mine, json.dumps(["mwebb", mine, other], ensure_ascii=False))
    ]


def test_a_login_that_is_hidden_is_left_out_and_its_rows_protected(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """A private profile: dropped silently from a group, 422 alone."""
    configured(hub)
    _harvest(run)
    hidden = hub.world.team[0].login
    assert hidden
    hub.world.hidden_logins.add(hidden)
    hub.world.github_issues[:] = [
        issue for issue in hub.world.github_issues if hidden not in [a["login"] for a in issue["assignees"]]
    ]
    answer = _harvest(run)
    assert answer.exit_code == 0
    assert f"login {hidden} left out" in answer.err
    assert rows("SELECT count(*) FROM issues WHERE source = 'github' AND missing_since IS NULL") == [(2,)]


def test_what_is_newly_left_out_is_said_once_even_when_quiet(
    hub: Sandbox, configured: Configured, run: Run
) -> None:
    configured(hub)
    hub.world.hidden_logins.add(hub.world.team[0].login or "")
    assert "left out" in _harvest(run, "-q").err
    assert _harvest(run, "-q").err == ""


def test_a_server_that_knows_no_or_is_asked_one_login_a_query(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    hub.world.github_version = "3.15.2"
    configured(hub)
    assert _harvest(run, "--source", "github").exit_code == 0
    assert rows("SELECT count(*) FROM issues") == [(2,)]
    assert not any(" OR " in asked or "+OR+" in asked for asked in hub.asked("/search/issues"))


def test_more_than_a_thousand_issues_all_arrive(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(hub)
    login = hub.world.team[0].login
    for number in range(1_200):
        created = f"2026-01-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:00Z"
        add_github_issue(
            hub.world,
            "acme/big",
            f"Number {number}",
            labels=[hub.world.github_label],
            assignees=[login],
            created_at=created,
        )
    answer = _harvest(run, "--source", "github")
    assert answer.exit_code == 0
    assert rows("SELECT count(*) FROM issues WHERE issue_key LIKE 'acme/big#%'") == [(1_200,)]


def test_an_organisation_that_withholds_its_issues_is_a_warning_and_nothing_is_marked(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """Every member of it gets that header until the token is authorised: what came is stored."""
    configured(hub)
    _harvest(run)
    hub.world.github_issues.clear()
    add_github_issue(
        hub.world, "acme/new", "New", labels=[hub.world.github_label], assignees=[hub.world.team[0].login]
    )
    hub.fault = Faults("sso")
    for command in ("harvest", "reload"):
        document = json.loads(run(command, "--json", clock=FakeClock()).out)
        assert document["status"] == "completed"
        (warning,) = [text for text in document["warnings"] if text.startswith("github:")]
        assert "organisation 21955855 left out" in warning
        assert "Configure SSO" in warning
    assert rows("SELECT count(*) FROM issues WHERE source = 'github' AND missing_since IS NULL") == [(3,)]
    assert "organisation 21955855" in run("check", "--source", "github").out


def test_a_recreated_repository_takes_its_keys_over(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(hub)
    _harvest(run)
    issue = hub.world.github_issues[0]
    old_id, issue["id"] = issue["id"], issue["id"] + 500_000
    assert _harvest(run).exit_code == 0
    assert rows("SELECT source_id, issue_key FROM issues WHERE issue_key LIKE 'acme/app#1%' ORDER BY 2") == [
        (str(issue["id"]), "acme/app#1"),
        (str(old_id), f"acme/app#1~{old_id}"),
    ]


def test_a_row_whose_key_was_taken_is_missing_only_when_its_source_has_ended(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """Hidden at once; a source that fails marks nothing, and the next that completes marks and counts it."""
    configured(hub)
    _harvest(run)
    issue = hub.world.github_issues[0]
    old_id, issue["id"] = issue["id"], issue["id"] + 500_000
    stored = "SELECT missing_since FROM issues WHERE source_id = ?"
    hub.fault = _FailingAfter(1)
    assert _harvest(run, "--source", "github").exit_code != 0
    assert rows(stored, str(old_id)) == [("",)]
    assert run("keys", "--missing").out == ""
    assert f"~{old_id}" not in run("keys").out + run("tree", "--json").out
    hub.fault = None
    document = json.loads(_harvest(run, "--source", "github", "--json").out)
    assert document["sources"]["github"]["missing"] == 1
    assert rows(stored, str(old_id)) != [("",)]
    assert run("keys", "--missing").out == f"acme/app#1~{old_id}\n"


class _FailingAfter:
    """GitHub, whose searches fail after the first few."""

    def __init__(self, searches: int) -> None:
        self._left = searches

    def __call__(self, request: Request, answer: exchange.Answer) -> exchange.Answer:
        if "/search/issues" not in request.path:
            return answer
        self._left -= 1
        return answer if self._left >= 0 else replace(answer, status=405, document={"message": "No."})


def test_one_failed_source_keeps_the_other_and_its_age(
    hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(hub)
    _harvest(run)
    before = json.loads(run("keys", "--json").out)
    hub.world.github_token = "another"
    answer = _harvest(run, "--json")
    assert answer.exit_code == 4
    document = json.loads(answer.out)
    assert {name: source["status"] for name, source in document["sources"].items()} == {
        "jira": "completed",
        "github": "failed",
    }
    after = json.loads(run("keys", "--json").out)
    assert after["issue_keys"] == before["issue_keys"]
    assert after["sources"]["github"] == before["sources"]["github"]


def test_a_source_without_credentials_is_off_and_still_answered(
    hub: Sandbox, configured: Configured, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(hub)
    _harvest(run)
    monkeypatch.setenv("WORKSUPPORT_GITHUB_API_TOKEN", "")
    assert _harvest(run).exit_code == 0
    assert "acme/app#1" in run("keys").out


def test_one_source_alone_does_not_make_all_data_new(hub: Sandbox, configured: Configured, run: Run) -> None:
    configured(hub)
    _harvest(run, "--source", "github")
    document = json.loads(run("keys", "--json").out)
    assert document["harvested_at"] is None
    assert document["sources"]["github"] is not None
    assert document["sources"]["jira"] is None


_SLOW = {"drip": pytest.mark.long}


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=_SLOW.get(fault, ())) for fault in sorted(FAULTS)]
)
def test_a_fault_ends_complete_or_failed_and_removes_nothing(
    fault: str, hub: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """The same rows as without the fault, or a failed run that keeps them."""
    configured(hub, "\nhttp.timeout_seconds = 1\n")
    assert _harvest(run).exit_code == 0
    before = rows("SELECT source_id, issue_key, missing_since FROM issues ORDER BY id")
    hub.fault = Faults(fault)
    answer = _harvest(run)
    assert answer.exit_code in (0, 1, 3, 4, 5)
    assert "Traceback" not in answer.err
    assert rows("SELECT source_id, issue_key, missing_since FROM issues ORDER BY id") == before
