"""After an interrupted run: every run repairs, `recover` says so, and reloads if that is due."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.harvest.conftest import Rows
from tests.harvest.program import Program, ended
from worksupport.sandbox.server import Sandbox
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]
Configured = Callable[..., Path]


_CUT_OFF = """
INSERT INTO reload_tracking (reload_started, status, run_id)
    VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'running', 'gone');
INSERT INTO staged_issues (source, source_id, issue_key, summary)
    SELECT source, source_id, issue_key, 'half a reload' FROM issues WHERE id < 4;
"""


@pytest.fixture
def cut_off(site: Sandbox, configured: Configured, run: Run) -> Path:
    """A harvested database as a kill leaves it in the middle of a reload."""
    database = configured(site)
    run("harvest")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(_CUT_OFF)
    return database


@pytest.mark.parametrize("command", ["harvest", "reload", "recover"])
def test_every_run_repairs_what_it_finds(cut_off: Path, run: Run, rows: Rows, command: str) -> None:
    before = rows("SELECT issue_key, id FROM issues")
    assert rows("SELECT status FROM reload_tracking") == [("running",)]
    answer = run(command)
    assert answer.exit_code == 0
    assert "an interrupted run was repaired table=reload_tracking id=1" in answer.err
    assert rows("SELECT status, error_message FROM reload_tracking WHERE id = 1") == [
        ("failed", "interrupted")
    ]
    assert rows("SELECT issue_key, id FROM issues") == before
    assert rows("SELECT count(*) FROM staged_issues") == [(0,)]


def test_a_cut_off_record_is_not_shown_as_running(cut_off: Path, run: Run) -> None:
    """Its status as stored is the JSON's; people see it live only while somebody holds the lock."""
    assert json.loads(run("history", "--json").out)[0]["status"] == "running"
    assert "interrupted" in run("history").out
    with exclusive_lock(cut_off, FakeClock(), command="reload", run_id="abc"):
        assert "running" in run("history").out
        assert "interrupted" not in run("history", "1").out


def test_recover_tells_what_it_repaired_and_reloads_only_if_due(cut_off: Path, run: Run) -> None:
    """The reload that was cut off just now counts as the last one."""
    document = json.loads(run("recover", "--json").out)
    assert [record["reload_id"] for record in document["recovered"]] == [1]
    assert document["recovered"][0]["status"] == "failed"
    assert document["reload"] is None
    assert json.loads(run("recover", "--json").out) == {"recovered": [], "reload": None}


def test_a_harvest_that_was_cut_off_is_told_as_a_harvest(program: Program, run: Run) -> None:
    process = program.start_until_asked("harvest", "-q")
    process.kill()
    ended(process)
    program.release()
    document = json.loads(run("recover", "--json", "--no-reload", "--config", program.config).out)
    assert [record["job_id"] for record in document["recovered"]] == [1]
    assert document["recovered"][0]["error_message"] == "interrupted"


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (None, "there was none yet"),
        (1.9, None),
        (2.1, "the last one began at 2026-11-22T12:00:00.000Z"),
        (-1, "lies in the future"),
    ],
)
def test_an_automatic_reload_is_due_when_the_last_is_old_or_in_the_future(
    site: Sandbox, configured: Configured, run: Run, rows: Rows, hours: float | None, reason: str | None
) -> None:
    configured(site)
    clock = FakeClock()
    if hours is not None:
        run("reload", clock=clock)
        clock.start += timedelta(hours=hours)
    answer = run("recover", "-v", clock=clock)
    assert answer.exit_code == 0
    automatic = rows("SELECT status, triggered_by FROM reload_tracking WHERE source = 'automatic'")
    assert automatic == ([("completed", "system")] if reason else [])
    assert ("automatic reload begins" in answer.err) == bool(reason)
    assert (reason or "") in answer.err


def test_no_reload_only_repairs(site: Sandbox, configured: Configured, run: Run, rows: Rows) -> None:
    configured(site)
    assert run("recover", "--no-reload", "-q", clock=FakeClock()) == Answer(0, "", "")
    assert rows("SELECT count(*) FROM reload_tracking") == [(0,)]


def test_a_reload_that_fails_gives_its_exit_code(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    site.world.jira_token = "another"
    answer = run("recover", "--json", clock=FakeClock())
    assert answer.exit_code == 4
    assert json.loads(answer.out)["reload"]["status"] == "failed"


def test_a_superseded_record_is_told_in_json(site: Sandbox, configured: Configured, run: Run) -> None:
    """The reload is asked to give way while it waits for the service, and prints how it ended."""
    from worksupport.store.lock import ask_to_give_way

    database = configured(site)
    run("harvest", clock=FakeClock())

    def fault(request: object, answer: object) -> object:
        ask_to_give_way(database)
        return answer

    site.fault = fault  # type: ignore[assignment]
    answer = run("reload", "--json", clock=FakeClock())
    assert answer.exit_code == 11
    document = json.loads(answer.out)
    assert (document["status"], document["error_message"]) == ("failed", "superseded")


def test_asking_to_give_way_disturbs_nothing_else(tmp_path: Path) -> None:
    """No lock file yet, and one that names no run."""
    from worksupport.store.lock import ask_to_give_way

    ask_to_give_way(tmp_path / "none.db")
    diary = tmp_path / "notes.db.lock"
    diary.write_text("Dear diary,\n" * 400, encoding="utf-8")
    ask_to_give_way(tmp_path / "notes.db")
    assert diary.read_text(encoding="utf-8") == "Dear diary,\n" * 400
    assert {path.name for path in tmp_path.iterdir()} <= {diary.name, "home"}


def test_recover_says_that_there_was_nothing_to_do(site: Sandbox, configured: Configured, run: Run) -> None:
    configured(site)
    clock = FakeClock()
    run("reload", clock=clock)
    answer = run("recover", clock=clock)
    assert (answer.exit_code, answer.out) == (0, "")
    assert "nothing to recover: no run was interrupted, and no reload is due" in answer.err
    assert "nothing to recover: no run was interrupted run=" in run("recover", "--no-reload", clock=clock).err
    assert run("recover", "-q", clock=clock).err == ""
