"""A full reload from the command line: all or nothing, whatever the service or the keys do."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from tests.harvest.program import Program, ended
from tests.harvest.shaken_world import grown_world, swap_keys
from worksupport.sandbox.exchange import GITHUB_ROOT, Raw, Request
from worksupport.sandbox.exchange import Answer as HTTPAnswer
from worksupport.sandbox.faults import FAULTS
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.server import Sandbox, running
from worksupport.sandbox.world import World

Run = Callable[..., Answer]
Configured = Callable[..., Path]
IDS = "SELECT source_id, id FROM issues WHERE missing_since IS NULL"


def _reload(run: Run, *options: str) -> Answer:
    return run("reload", *options, clock=FakeClock())


def test_everything_is_replaced_and_the_record_says_how(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    run("harvest", clock=FakeClock())
    site.world.delete_jira_issue("IAIPORT-5")
    site.world.jira_issues["IAIPORT-4"]["fields"]["summary"] = "Better"
    document = json.loads(_reload(run, "--json").out)
    assert document["reload_id"] == 1
    assert (document["status"], document["error_message"]) == ("completed", None)
    assert (document["records_processed"], document["issues_deleted"]) == (6, 1)
    assert (document["source"], document["duration_seconds"]) == ("manual", 0)
    jira = document["sources"]["jira"]
    assert (jira["new"], jira["changed"], jira["removed"]) == (0, 1, 1)
    # Deleted, not marked: a reload ends retention at once.
    assert rows("SELECT count(*) FROM issues") == [(6,)]


def test_progress_shows_while_it_runs(site: Sandbox, configured: Configured, run: Run, rows: Rows) -> None:
    """And the issues stay as they were until the end."""
    configured(site)
    seen: list[tuple[int, int]] = []

    def fault(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if "/search/" in request.path and not request.path.startswith(GITHUB_ROOT):
            # The children are asked for when the roots are on their way to the writer, who may be busy.
            for _ in range(500 if "parent IN" in request.text else 1):
                ((processed,),) = rows("SELECT records_processed FROM reload_tracking")
                if processed >= 2:
                    break
                threading.Event().wait(0.01)
            ((issues,),) = rows("SELECT count(*) FROM issues")
            seen.append((processed, issues))
        return answer

    site.fault = fault
    assert _reload(run).exit_code == 0
    assert max(processed for processed, _ in seen) >= 2
    assert {issues for _, issues in seen} == {0}


@pytest.mark.parametrize(
    ("options", "source", "triggered_by"),
    [
        (["--scheduled"], "scheduled", "system"),
        (["--scheduled", "--triggered-by", "cron"], "scheduled", "cron"),
        (["--triggered-by", "Zoë"], "manual", "Zoë"),
    ],
)
def test_who_asked_for_it_is_recorded(
    site: Sandbox,
    configured: Configured,
    run: Run,
    rows: Rows,
    options: list[str],
    source: str,
    triggered_by: str,
) -> None:
    configured(site)
    _reload(run, *options)
    assert rows("SELECT source, triggered_by FROM reload_tracking") == [(source, triggered_by)]


@pytest.mark.parametrize("broken", ["jira", "github"])
def test_if_one_source_fails_nothing_is_merged(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows, broken: str
) -> None:
    configured(made_up)
    run("harvest", clock=FakeClock())
    before = rows("SELECT * FROM issues")
    for issue in made_up.world.jira_issues.values():
        issue["fields"]["summary"] = "Changed"
    setattr(made_up.world, f"{broken}_token", "another")
    answer = _reload(run, "--json")
    assert answer.exit_code == 4
    document = json.loads(answer.out)
    statuses = {name: source["status"] for name, source in document["sources"].items()}
    assert statuses == {"jira": "completed", "github": "completed", broken: "failed"}
    assert document["status"] == "failed"
    assert document["issues_deleted"] == 0
    assert rows("SELECT * FROM issues") == before
    assert rows("SELECT count(*) FROM staged_issues") == [(0,)]
    # What was not merged does not make the answers younger.
    assert rows("SELECT count(*) FROM source_results WHERE stored = 1") == [(2,)]


def test_the_brake_is_told_recorded_and_released_once(
    made_up: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(made_up)
    run("harvest", clock=FakeClock())
    before = rows("SELECT * FROM issues")
    kept = list(made_up.world.jira_issues.items())[:40]
    made_up.world.jira_issues.clear()
    made_up.world.jira_issues.update(kept)
    made_up.world.github_issues.pop()
    answer = _reload(run, "--json", "-q")
    assert answer.exit_code == 6
    assert "worksupport reload --max-delete 100" in answer.err
    assert rows("SELECT * FROM issues") == before
    document = json.loads(answer.out)
    assert document["issues_deleted"] == 0
    assert document["error_message"].count("would disappear") == 1
    assert [source["status"] for source in document["sources"].values()] == ["failed", "completed"]
    assert [source["removed"] for source in document["sources"].values()] == [0, 0]
    assert _reload(run, "--max-delete", "100", "-q") == Answer(0, "", "")
    assert rows("SELECT count(*) FROM issues WHERE source = 'jira'") < [(41,)]
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NOT NULL") == [(0,)]


def test_keys_that_change_hands_keep_their_rows(run: Run, configured: Configured, rows: Rows) -> None:
    """A swap, a move, and a repository made anew under its old name, in one reload."""
    world = grown_world(versions=1, features=2, stories=2)
    _add_repository(world, first_id=1)
    with running(world) as sandbox:
        configured(sandbox)
        assert _reload(run).exit_code == 0
        before: dict[str, int] = dict(rows(IDS))
        github = {key: source_id for key, source_id in _keys(rows) if "#" in key}
        assert len(github) == 6
        stories = [key for key, issue in world.jira_issues.items() if _is(issue, "Story")]
        swap_keys(world, stories[0], stories[1])
        features = [key for key, issue in world.jira_issues.items() if _is(issue, "Feature")]
        swap_keys(world, features[-1], features[-2])
        world.move_jira_issue(stories[2], "IAIPORT")
        world.github_issues.clear()
        _add_repository(world, first_id=900)
        answer = _reload(run)
    assert answer.exit_code == 0, answer.err
    after: dict[str, int] = dict(rows(IDS))
    jira = before.keys() - set(github.values())
    assert {source_id: after[source_id] for source_id in jira} == {one: before[one] for one in jira}
    assert {key for key, _ in _keys(rows) if "#" in key} == github.keys()
    assert {(key, source_id) for key, source_id in _keys(rows) if "#" not in key} == {
        (key, issue["id"]) for key, issue in world.jira_issues.items()
    }
    assert rows("SELECT count(*) FROM issues WHERE issue_key LIKE '%~%'") == [(0,)]


def _is(issue: Raw, type_name: str) -> bool:
    name: str = issue["fields"]["issuetype"]["name"]
    return name == type_name


def _keys(rows: Rows) -> list[tuple[str, str]]:
    return rows("SELECT issue_key, source_id FROM issues WHERE missing_since IS NULL")


def _add_repository(world: World, first_id: int) -> None:
    """Six issues of one repository, with ids from `first_id`."""
    world.numbers.pop("acme/portal", None)
    for number in range(6):
        labels = [world.github_label]
        issue = add_github_issue(
            world, "acme/portal", f"Issue {number}", labels=labels, assignees=[world.team[0].login]
        )
        issue["id"] = first_id + number


@pytest.mark.parametrize("command", ["harvest", "reload"])
def test_a_type_that_the_site_lost_keeps_its_issues_and_what_is_below(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, command: str
) -> None:
    configured(site)
    run("harvest", clock=FakeClock())
    for issue_type in site.world.types:
        if issue_type["name"] == "Feature":
            issue_type["name"] = issue_type["untranslatedName"] = "Capability"
    site.world.delete_jira_issue("IAIPORT-7")
    answer = run(command, clock=FakeClock())
    assert answer.exit_code == 0
    assert "'Feature'" in answer.err
    assert [key for key, _ in _keys(rows)] == [f"IAIPORT-{number}" for number in range(1, 7)]


@pytest.mark.parametrize("command", ["harvest", "reload"])
def test_an_issue_that_cannot_be_shaped_is_left_as_it_is(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, command: str
) -> None:
    """A record with neither key nor id: nothing of its source is marked or deleted in this run."""
    configured(site)
    run("harvest", clock=FakeClock())
    site.world.delete_jira_issue("IAIPORT-5")
    fault, turns = FAULTS["null-issue"], iter(range(1, 1000))

    def null_issue(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if fault.applies(request, answer) and fault.turns(next(turns)):
            return fault.change(request, answer)
        return answer

    site.fault = null_issue
    answer = run(command, "--json", clock=FakeClock())
    assert answer.exit_code == 0, answer.err
    assert "left out" in json.loads(answer.out)["warnings"][0]
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]


def test_a_clock_set_back_in_the_middle_deletes_nothing(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    """Not what the run has just brought, nor what an earlier one, an hour ahead, had brought."""
    configured(site)
    clock = FakeClock()
    run("harvest", clock=clock)
    versions = rows("SELECT data_version FROM data_state")

    def fault(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        clock.start -= timedelta(hours=1) if len(site.requests) % 3 == 0 else timedelta()
        return answer

    site.fault = fault
    for command in ("reload", "harvest", "reload"):
        assert run(command, clock=clock).exit_code == 0
    assert rows("SELECT count(*) FROM issues WHERE missing_since IS NULL") == [(7,)]
    assert rows("SELECT data_version FROM data_state") > versions


def test_members_and_types_follow_the_configuration(
    site: Sandbox, configured: Configured, run: Run, rows: Rows
) -> None:
    configured(site)
    run("harvest", clock=FakeClock())
    assert rows("SELECT count(*) FROM team_members") == [(3,)]
    site.world.team.pop()
    configured(
        site,
        "issue_type.10004.name = Product Version\nissue_type.10004.child_type_ids = 10000\n"
        "issue_type.10000.name = Feature\n",
    )
    assert _reload(run).exit_code == 0
    assert rows("SELECT count(*) FROM team_members") == [(2,)]
    assert rows("SELECT id, name FROM issue_types ORDER BY id") == [
        (-1, "Error-Type Not Known"),
        (10000, "Feature"),
        (10004, "Product Version"),
    ]
    assert rows("SELECT issue_type_id FROM issues WHERE issue_key = 'IAIPORT-7'") == [(-1,)]
    assert rows("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize(
    "meddle",
    [
        "UPDATE reload_tracking SET status = 'failed'",
        "DELETE FROM staged_issues",
        "UPDATE staged_issues SET run_id = 'another' WHERE rowid = 1",
    ],
)
def test_what_another_run_has_repaired_is_not_swapped_in(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, meddle: str
) -> None:
    """As if both had the lock: the swap would delete what it no longer has aside."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    before = rows(f"{IDS} ORDER BY 1")
    searches: list[str] = []

    def fault(request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if "/search" in request.path and not request.path.startswith(GITHUB_ROOT):
            searches.append(request.text)
            if "parent IN" in request.text and len(searches) >= 3:
                with closing(sqlite3.connect(database, isolation_level=None)) as other:
                    # What came before is written by a thread of its own.
                    while not other.execute("SELECT 1 FROM staged_issues").fetchone():
                        pass
                    other.execute(meddle)
        return answer

    site.fault = fault
    answer = _reload(run)
    assert answer.exit_code == 1
    assert "another run" in answer.err
    assert rows(f"{IDS} ORDER BY 1") == before


def test_a_lock_file_removed_under_a_reload_loses_nothing(
    site: Sandbox, configured: Configured, program: Program, run: Run, rows: Rows
) -> None:
    """A second run "repairs" the living one; that one must then write nothing more."""
    database = configured(site)
    run("harvest", clock=FakeClock())
    before = rows(f"{IDS} ORDER BY 1")
    reload = program.start_until_asked("reload")
    database.with_name("worksupport.db.lock").unlink()
    assert program.run("recover", "--no-reload").exit_code == 0
    program.release()
    answer = ended(reload)
    assert answer.exit_code == 1
    assert "lock" in answer.err
    assert rows(f"{IDS} ORDER BY 1") == before
    assert rows("SELECT status, error_message FROM reload_tracking") == [("failed", "interrupted")]
    assert program.run("reload").exit_code == 0
