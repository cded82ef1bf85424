"""A database in which something stands that we never wrote: sentences at both doors."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.server.conftest import fill_with_everything, served

Run = Callable[..., Answer]
DAMAGES = {
    "no row of the data's state": "DELETE FROM data_state",
    "odd state of the data": "UPDATE data_state SET interval_hours = 'soon', data_version = 'x'",
    "times of issues": "UPDATE issues SET updated_at = 'yesterday', created_at = x'ff', closed_at = 7",
    "lists of issues": "UPDATE issues SET labels = '{', assignees = '[1,', assignee_accounts = 'x'",
    "types of issues": "UPDATE issues SET vendor_type = '{bad'",
    "bytes in issues": "UPDATE issues SET summary = x'fffe00', assignee = x'80', status = x'ff'",
    "numbers in issues": "UPDATE issues SET summary = 5, assignee = 6, status = 7, url = 8",
    "bytes in keys": "UPDATE issues SET issue_key = x'ff' || id",
    "text that is not UTF-8": "UPDATE issues SET summary = CAST(x'ff41' AS TEXT)",
    "jobs": "UPDATE harvest_jobs SET started_at = 'x', completed_at = 'y', warnings = '{', status = 'odd'",
    "jobs without anything": "UPDATE harvest_jobs SET completed_at = NULL, warnings = NULL, run_id = NULL",
    "reloads": "UPDATE reload_tracking SET reload_started = 'z', duration_seconds = 'long'",
    "reloads without anything": "UPDATE reload_tracking SET reload_started = NULL, status = NULL",
    "times of sources": "UPDATE source_results SET ended_at = 'x'",
    "bytes of sources": "UPDATE source_results SET ended_at = x'ff', error_message = x'ff'",
    "types": "UPDATE issue_types SET child_type_ids = '{', name = x'ff'",
    "members": "UPDATE team_members SET name = x'ff'",
}
COMMANDS = [
    *("tree --no-pager", "tree --json", "tree PV-2", "keys", "keys --json", "keys --label x"),
    *("history", "history --json", "history --harvests", "history --reloads --json", "history 1"),
    *("summary", "summary --json", "summary PV-2", "aging", "flow", "forecast PV-2", "lint --exit-zero"),
]
ROUTES = [
    *("/api/issues/keys", "/api/issues/hierarchy", "/api/issues/keys?label=x"),
    *("/api/harvest/reload", "/api/harvest/reload/1", "/health"),
    *("/api/summary", "/api/aging", "/api/flow", "/api/lint"),
]


@pytest.fixture(params=DAMAGES)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A filled database, and then this done to it."""
    path = fill_with_everything(tmp_path / "team.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO harvest_jobs (started_at, completed_at, status, run_id)"
            " VALUES ('2026-11-22T09:00:00.000Z', '2026-11-22T10:00:00.000Z', 'completed', 'r2')"
        )
        connection.execute("UPDATE reload_tracking SET duration_seconds = 7")
        connection.execute(DAMAGES[request.param])
    return path


def test_every_reading_command_has_an_answer_or_a_sentence(damaged: Path, run: Run) -> None:
    for command in COMMANDS:
        answer = run(*command.split(), "--db", damaged, clock=FakeClock())
        assert answer.exit_code in (0, 1)
        told = str(damaged) in answer.err or "there is no issue" in answer.err
        assert answer.exit_code == 0 or told, (command, answer.err)
    assert "Traceback" not in run("check", "--offline", "--db", damaged, clock=FakeClock()).out


def test_every_route_has_an_answer_or_a_sentence(damaged: Path) -> None:
    with served(damaged) as client:
        for route in ROUTES:
            reply = client.ask(route)
            assert reply.status in (200, 503), (route, reply.body)
            assert isinstance(reply.document, (dict, list))


@pytest.mark.parametrize("number", ["99999999999999999999", "9223372036854775808"])
def test_a_run_of_a_number_that_no_database_holds_is_not_there(number: str, run: Run, tmp_path: Path) -> None:
    path = fill_with_everything(tmp_path / "team.db")
    for more in ([], ["--harvests"]):
        answer = run("history", number, *more, "--db", path)
        assert (answer.exit_code, answer.out) == (1, "")
        assert f"there is no {'harvest h' if more else 'reload r'}{number}" in answer.err
    with served(path) as client:
        assert client.ask(f"/api/harvest/reload/{number}").status == 404
