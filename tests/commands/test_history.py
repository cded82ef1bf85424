"""`worksupport history` from the outside."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, result
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A completed reload, one that failed with a hostile message, one still running, and a harvest job."""
    start = {"triggered_by": "anna", "reload_started": "2026-11-22T10:00:00.000Z"}
    ended = {**start, "completed_at": "2026-11-22T10:12:05.000Z", "duration_seconds": 725}
    return fill(
        tmp_path / "issues.db",
        reloads=[
            {**ended, "status": "completed", "records_processed": 1500, "issues_deleted": 3},
            {**ended, "status": "failed", "error_message": "bad\x1b[31m [bold]\nthing"},
            {**start, "status": "running", "source": "scheduled", "triggered_by": "system"},
        ],
        harvests=[
            {
                "run_id": "h",
                "started_at": "2026-11-22T11:59:00.000Z",
                "completed_at": "2026-11-22T11:59:30.400Z",
                "status": "completed",
                "records_processed": 12,
                "requests": 9,
                "warnings": '["left out: login ghost"]',
            }
        ],
        results=[result("h", "jira", issues=12)],
    )


def test_reloads_in_a_pipe(run: Run, database: Path, clock: FakeClock) -> None:
    assert run("history", "--db", database, clock=clock) == Answer(
        0,
        "ID  STARTED                   AGE          STATUS       TOOK        ISSUES  DELETED  "
        "SOURCE     BY      ERROR\n"
        "3   2026-11-22T10:00:00.000Z  2 hours ago  interrupted              0       0        "
        "scheduled  system\n"
        "2   2026-11-22T10:00:00.000Z  2 hours ago  failed       12 min 5 s  0       0        "
        "manual     anna    bad\\x1b[31m [bold] thing\n"
        "1   2026-11-22T10:00:00.000Z  2 hours ago  completed    12 min 5 s  1500    3        "
        "manual     anna\n",
        "",
    )


def test_running_while_a_run_holds_the_lock(run: Run, database: Path, clock: FakeClock) -> None:
    with exclusive_lock(database, clock, command="reload", run_id="r"):
        assert "  running  " in run("history", "--limit", "1", "--db", database, clock=clock).out
    stored = json.loads(run("history", "--limit", "1", "--json", "--db", database).out)
    assert stored[0]["status"] == "running"


def test_harvest_jobs(run: Run, database: Path, clock: FakeClock) -> None:
    assert run("history", "--harvests", "--db", database, clock=clock).out == (
        "ID  STARTED                   AGE           STATUS     TOOK  ISSUES  REQUESTS  WARNINGS  ERROR\n"
        "1   2026-11-22T11:59:00.000Z  1 minute ago  completed  30 s  12      9         1\n"
    )


def test_one_record(run: Run, database: Path) -> None:
    assert run("history", "1", "--harvests", "--db", database).out == (
        "job_id              1\n"
        "status              completed\n"
        "started_at          2026-11-22T11:59:00.000Z\n"
        "completed_at        2026-11-22T11:59:30.400Z\n"
        "records_processed   12\n"
        "requests            9\n"
        "retries             0\n"
        "warnings            left out: login ghost\n"
        "error_message\n"
        "jira.status         completed\n"
        "jira.issues         12\n"
        "jira.new            0\n"
        "jira.changed        0\n"
        "jira.missing        0\n"
        "jira.requests       0\n"
        "jira.error_message\n"
    )


def test_json(run: Run, database: Path) -> None:
    assert run("history", "--status", "completed", "--json", "--db", database).out == (
        '[{"reload_id":1,"reload_started":"2026-11-22T10:00:00.000Z","status":"completed",'
        '"completed_at":"2026-11-22T10:12:05.000Z","records_processed":1500,"issues_deleted":3,'
        '"duration_seconds":725,"source":"manual","triggered_by":"anna","error_message":null}]\n'
    )
    assert json.loads(run("history", "2", "--json", "--db", database).out)["reload_id"] == 2


def test_on_a_terminal(run: Run, database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The age instead of the time, markup as text, no control byte."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    out = run("history", "--db", database, clock=clock).out
    assert out.split()[:6] == ["id", "age", "status", "took", "issues", "error"]
    assert "completed" in out
    assert "[bold]" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(("flag", "command"), [(None, "reload"), ("--harvests", "harvest")])
def test_nothing_on_record(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str | None, command: str
) -> None:
    arguments = ["history", "--db", str(fill(tmp_path / "empty.db")), *([flag] if flag else [])]
    assert run(*arguments) == Answer(0, "", "")
    assert run(*arguments, "--json") == Answer(0, "[]\n", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(*arguments).err == f"no {command} is on record; `worksupport {command}` makes one\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["9"], 1, "there is no reload 9"),
        (["9", "--harvests"], 1, "there is no harvest job 9"),
        (["1", "--status", "failed"], 2, "history 1 shows that one record: leave --status out"),
        (["--limit", "0"], 2, "the limit is 0; it must be 1 to 100"),
        (["--status", "done"], 2, "the status is 'done'; it must be one of running, completed, failed"),
        (["latest"], 2, "latest"),
    ],
)
def test_refusals(run: Run, database: Path, arguments: list[str], exit_code: int, message: str) -> None:
    answer = run("history", *arguments, "--db", database)
    assert (answer.exit_code, answer.out) == (exit_code, "")
    assert message in answer.err
