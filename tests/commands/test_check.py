"""`worksupport check` from the outside: against the sandbox, with everything well and each thing wrong."""

import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.commands.hostile import TITLES, is_clean
from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result
from worksupport.clock import Clock, utc_text
from worksupport.sandbox.faults import Faults
from worksupport.sandbox.github_data import add_github_issue
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]
Checks = Callable[..., dict[str, dict[str, Any]]]


class ShiftedClock(Clock):
    """This machine's clock, wrong by some seconds; waits take no time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.check()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A product version and a member, served and configured; its folder belongs to this account alone."""
    world = empty_site()
    world.team = world.team[1:2]
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    world.add_jira_issue("IAIPORT", "Bug", labels=[world.jira_label], assignee=world.team[0])
    add_github_issue(world, "acme/app", "Work", labels=[world.github_label], assignees=[world.team[0].login])
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    with running(world) as sandbox:
        config = folder / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        yield sandbox


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the configuration of `site` has its database."""
    return tmp_path / "private" / "worksupport.db"


@pytest.fixture
def checks(run: Run) -> Checks:
    """checks(*arguments, exit_code=0) is what `check --json` found, by name."""

    def ask(*arguments: object, exit_code: int = 0, clock: Clock | None = None) -> dict[str, dict[str, Any]]:
        answer = run("check", "--json", *arguments, clock=clock or ShiftedClock(0))
        assert answer.exit_code == exit_code, answer.out
        document = json.loads(answer.out)
        assert document["ok"] == all(check["ok"] for check in document["checks"]) == (exit_code == 0)
        assert all(check["fix"] for check in document["checks"] if not check["ok"])
        return {check["name"]: check for check in document["checks"]}

    return ask


def failed(found: dict[str, dict[str, Any]]) -> set[str]:
    """The names of the checks that failed."""
    return {name for name, check in found.items() if not check["ok"]}


def test_all_is_well_after_a_harvest(run: Run, site: Sandbox, checks: Checks) -> None:
    run("harvest")
    found = checks()
    assert list(found) == [
        *("configuration", "files", "database", "disk", "lock", "words", "runs", "jira data", "github data"),
        *("full run", "newest run", "left out", "harvests", "reloads", "jira", "github", "clock"),
    ]
    assert "(Cloud), as Work Support (" in found["jira"]["detail"]
    assert "time zone Europe/Oslo" in found["jira"]["detail"]
    assert "root query: 1 issue on its first page" in found["jira"]["detail"]
    assert "of 350 requests left" in found["jira"]["detail"]
    assert "of 5000 search requests left" in found["github"]["detail"]
    assert "1 of 1 completed in 30 days (100%)" in found["harvests"]["detail"]


def test_one_line_for_each_check_and_the_verdict_last(run: Run, site: Sandbox) -> None:
    run("harvest")
    answer = run("check")
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0].startswith("ok      configuration  ")
    assert len({line.index(line[8:].split("  ")[-1].lstrip()) for line in lines[:6]}) == 1
    assert lines[-1] == "fit to run: 17 checks"


def test_asks_each_service_a_handful_of_questions(site: Sandbox, checks: Checks) -> None:
    checks(exit_code=3)
    assert len(site.requests) <= 9
    assert any("project IN" in asked for asked in site.asked("search/jql"))


def test_before_the_first_harvest_it_says_what_creates_the_database(
    site: Sandbox, checks: Checks, database: Path
) -> None:
    found = checks(exit_code=3)
    assert failed(found) == {"database"}
    assert "worksupport harvest" in found["database"]["fix"]
    assert [path.name for path in database.parent.iterdir()] == ["team.properties"]


def test_without_a_configuration_the_rest_is_looked_at(run: Run, checks: Checks, tmp_path: Path) -> None:
    found = checks(exit_code=3)
    assert failed(found) == {"configuration", "database", "jira", "github"}
    assert "worksupport init" in found["configuration"]["fix"]
    assert found["disk"]["ok"]
    assert list((tmp_path / "home").iterdir()) == []


def test_all_problems_of_the_configuration_and_the_database_all_the_same(
    run: Run, site: Sandbox, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("harvest")
    monkeypatch.setenv("WORKSUPPORT_HARVEST_CONCURRENCY", "many")
    monkeypatch.setenv("WORKSUPPORT_SERVE_PORT", "many")
    found = checks(exit_code=3)
    assert "harvest.concurrency" in found["configuration"]["detail"]
    assert "serve.port" in found["configuration"]["detail"]
    assert found["jira data"]["ok"]
    assert failed(found) == {"configuration", "jira", "github"}


def test_warnings_and_notes_of_the_configuration(
    run: Run, site: Sandbox, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("harvest")
    monkeypatch.setenv("WORKSUPPORT_GITHUB_API_TOKEN", "")
    monkeypatch.setenv("WORKSUPPORT_JIRA_LABEL", "typo")
    found = checks()
    assert "WORKSUPPORT_JIRA_LABEL" in found["configuration"]["detail"]
    assert "github" in found["configuration"]["detail"]
    assert found["configuration"]["fix"]
    assert "github" not in found
    assert "github data" not in found


def test_files_that_others_can_use(run: Run, site: Sandbox, checks: Checks, database: Path) -> None:
    """Told once, as one command that mends it."""
    run("harvest")
    config = database.parent / "team.properties"
    database.parent.chmod(0o777)
    for path in (config, database):
        path.chmod(0o644)
    found = checks(exit_code=1)
    assert failed(found) == {"files"}
    assert found["files"]["fix"] == f"chmod go-rwx {config} {database} && chmod go-w {database.parent}"
    assert "chmod" not in found["configuration"]["detail"]
    assert os.system(found["files"]["fix"]) == 0
    checks()


def test_a_configuration_without_secrets_may_be_read(
    site: Sandbox, checks: Checks, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = database.parent / "team.properties"
    lines = [line for line in config.read_text("utf-8").splitlines() if "api_token" not in line]
    config.write_text("\n".join(lines), "utf-8")
    config.chmod(0o644)
    monkeypatch.setenv("WORKSUPPORT_JIRA_API_TOKEN", site.world.jira_token)
    assert checks("--source", "jira", exit_code=3)["files"]["ok"]


def test_one_run_with_the_clock_ahead_is_seen_and_forgotten(run: Run, site: Sandbox, checks: Checks) -> None:
    """Its time lies in the future until a later run brings data; the newest is told by its number."""
    ahead = ShiftedClock(365 * 86_400)
    assert run("harvest", clock=ahead).exit_code == 0
    token, site.world.jira_token = site.world.jira_token, "another"
    assert run("harvest").exit_code == 4
    found = checks(exit_code=4)
    assert found["jira data"]["detail"].startswith("harvested in the future, at ")
    assert "worksupport harvest" in found["jira data"]["fix"]
    assert "failed" in found["newest run"]["detail"]
    assert ", in the future: " in run("keys").err
    site.world.jira_token = token
    assert run("harvest").exit_code == 0
    assert checks()["jira data"]["ok"]
    answer = run("keys", "--json")
    assert json.loads(answer.out)["harvested_at"] < ahead.now_text()[:4]
    assert answer.err == ""


@pytest.mark.parametrize(
    ("content", "exit_code", "fix"), [(b"not a database", 3, "--db"), (None, 1, "worksupport reload")]
)
def test_a_database_that_cannot_be_read(
    run: Run, site: Sandbox, checks: Checks, database: Path, content: bytes | None, exit_code: int, fix: str
) -> None:
    """A file of something else, and one of ours with pages overwritten."""
    run("harvest")
    data = database.read_bytes()
    database.write_bytes(content * 1000 if content else data[:8192] + b"\xff" * 65536 + data[73728:])
    found = checks("--offline", exit_code=exit_code)
    assert failed(found) == {"database"}
    assert fix in found["database"]["fix"]


def test_a_newer_schema(run: Run, site: Sandbox, checks: Checks, database: Path) -> None:
    run("harvest")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer" in checks("--offline", exit_code=3)["database"]["fix"]


def test_a_living_run_is_named_and_not_waited_for(
    run: Run, site: Sandbox, checks: Checks, database: Path
) -> None:
    run("harvest")
    clock = Clock()
    with exclusive_lock(database, clock, command="reload", run_id="abc123"):
        found = checks("--offline")
    assert "held by reload, pid" in found["lock"]["detail"]


def test_a_run_that_was_cut_off(tmp_path: Path, checks: Checks, clock: FakeClock) -> None:
    tmp_path.chmod(0o700)
    now = clock.now_text()
    path = fill(
        tmp_path / "a.db",
        harvests=[{"run_id": "h", "status": "running", "started_at": now}],
        results=[result("r", "jira", ended_at=now), result("r", "github", ended_at=now)],
    )
    path.chmod(0o600)
    found = checks("--db", path, "--offline", exit_code=3, clock=clock)
    assert failed(found) == {"configuration", "runs"}
    assert (found["runs"]["fix"], "harvest 1 of" in found["runs"]["detail"]) == ("worksupport recover", True)


@pytest.mark.parametrize(
    ("minutes", "arguments", "fresh"),
    [
        (299, [], True),
        (301, [], False),
        (301, ["--max-age", "2d"], True),
        (91, ["--max-age", "90m"], False),
        (89, ["--max-age", "90m"], True),
        (-5, [], False),
    ],
)
def test_age_of_the_data(
    run: Run, site: Sandbox, checks: Checks, minutes: int, arguments: list[str], fresh: bool
) -> None:
    """Two intervals and an hour by default; data from the future tells of a wrong clock."""
    run("harvest")
    clock = ShiftedClock(minutes * 60)
    found = checks("--offline", *arguments, exit_code=0 if fresh else 1, clock=clock)
    assert found["jira data"]["ok"] is fresh


def test_one_source_is_older_than_the_other(run: Run, site: Sandbox, checks: Checks, database: Path) -> None:
    run("harvest", "--source", "jira")
    found = checks("--offline", exit_code=1)
    assert failed(found) == {"github data"}
    assert "never" in found["github data"]["detail"]


def test_a_wrong_age_is_a_usage_error(run: Run, site: Sandbox) -> None:
    answer = run("check", "--max-age", "soon")
    assert (answer.exit_code, answer.out) == (2, "")
    assert "--max-age is 'soon'" in answer.err


def test_what_was_left_out_and_how_harvests_fared(run: Run, site: Sandbox, checks: Checks) -> None:
    """Shown, but no failure: a colleague's hidden profile must not make every check fail."""
    site.world.hidden_logins = {"tdvorak"}
    run("harvest")
    site.fault = Faults("410")
    run("harvest")
    site.fault = None
    run("harvest")
    assert run("check", clock=ShiftedClock(0)).out.endswith("\nfit to run: 17 checks, 3 worth a look\n")
    found = checks()
    assert "tdvorak" in found["github"]["fix"]
    assert "login tdvorak left out" in found["left out"]["detail"]
    assert found["left out"]["fix"]
    assert "2 of 3 completed in 30 days (67%)" in found["harvests"]["detail"]
    assert found["harvests"]["fix"] == "worksupport history --harvests --status failed"


def test_the_newest_run_failed(run: Run, site: Sandbox, checks: Checks) -> None:
    run("harvest")
    site.fault = Faults("410")
    run("reload")
    site.fault = None
    found = checks(exit_code=1)
    assert failed(found) == {"newest run"}
    assert found["newest run"]["fix"].startswith("is jira.base_url right? ")
    assert "last failed" in found["reloads"]["detail"]


def test_last_and_next_reload(run: Run, site: Sandbox, checks: Checks) -> None:
    run("reload")
    assert "last completed, just now; next by recover or serve from 20" in checks()["reloads"]["detail"]


@pytest.mark.parametrize("service", ["jira", "github"])
def test_refused_credentials(run: Run, site: Sandbox, checks: Checks, service: str) -> None:
    run("harvest")
    setattr(site.world, f"{service}_token", "another")
    found = checks(exit_code=4)
    assert failed(found) == {service}
    assert "make a new token" in found[service]["fix"]


def test_unreachable_services_are_told_soon(run: Run, site: Sandbox, checks: Checks) -> None:
    """Two tries each, and the advice is not to run what was just run."""
    run("harvest")
    asked_before = len(site.requests)
    site.fault = Faults("down")
    found = checks(exit_code=5)
    assert failed(found) == {"jira", "github"}
    assert "curl -sSI http://127.0.0.1" in found["jira"]["fix"]
    assert len(site.requests) - asked_before == 4


def test_the_gravest_cause_decides(run: Run, site: Sandbox, checks: Checks, database: Path) -> None:
    """3 configuration, then 4 credentials, 5 unreachable, 1 others."""
    run("harvest")
    database.chmod(0o644)
    assert failed(checks(exit_code=1)) == {"files"}
    site.fault = Faults("down")
    checks(exit_code=5)
    site.fault = None
    site.world.jira_token = "another"
    checks(exit_code=4)
    database.unlink()
    checks(exit_code=3)


def test_a_root_query_that_finds_nothing_is_worth_a_look(run: Run, site: Sandbox, checks: Checks) -> None:
    site.world.jira_issues.clear()
    run("harvest")
    found = checks()
    assert "0 issues on its first page" in found["jira"]["detail"]
    assert "jira.root_jql" in found["jira"]["fix"]


def test_a_root_query_that_is_refused(
    run: Run, site: Sandbox, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("harvest")
    monkeypatch.setenv("WORKSUPPORT_JIRA_ROOT_JQL", "nonsense")
    assert "jira.root_jql" in checks(exit_code=3)["jira"]["fix"]


def test_a_site_without_the_root_type(run: Run, site: Sandbox, checks: Checks) -> None:
    run("harvest")
    site.world.types = [one for one in site.world.types if one["name"] != "Product Version"]
    assert "no issue type 'Product Version'" in checks(exit_code=3)["jira"]["detail"]


@pytest.mark.parametrize(("seconds", "side"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_wrong_clock(site: Sandbox, checks: Checks, seconds: int, side: str) -> None:
    found = checks(exit_code=3, clock=ShiftedClock(seconds))
    assert side in found["clock"]["detail"]
    assert abs(int(found["clock"]["detail"].split()[0]) - 3600) < 30


def test_one_source_or_none_is_asked(run: Run, site: Sandbox, checks: Checks) -> None:
    run("harvest")
    asked = len(site.requests)
    assert "jira" not in checks("--offline")
    assert len(site.requests) == asked
    assert {"github", "jira"} & set(checks("--source", "github")) == {"github"}


def test_a_read_command_of_the_check_creates_no_file(run: Run, site: Sandbox, database: Path) -> None:
    run("harvest")
    before = sorted(path.name for path in database.parent.iterdir())
    run("check")
    assert sorted(path.name for path in database.parent.iterdir()) == before


def test_hostile_text_of_a_warning(
    tmp_path: Path, run: Run, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pipe, on a terminal and in JSON."""
    end = utc_text(clock.now())
    warnings = json.dumps(list(TITLES.values()))
    harvest = {
        "run_id": "h",
        "status": "failed",
        "completed_at": end,
        "started_at": end,
        "warnings": warnings,
    }
    path = fill(tmp_path / "a.db", [issue("A-1")], harvests=[{**harvest, "error_message": TITLES["markup"]}])
    piped = run("check", "--offline", "--db", path, clock=clock)
    document = json.loads(run("check", "--offline", "--db", path, "--json", clock=clock).out)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    drawn = run("check", "--offline", "--db", path, clock=clock)
    assert is_clean(piped.out)
    shown = re.sub(r"\x1b\[\d*m", "", drawn.out)  # bold, which NO_COLOR leaves
    assert is_clean(shown)
    assert max(map(cell_len, shown.splitlines())) <= 100
    assert TITLES["markup"] in piped.out
    (left_out,) = [check for check in document["checks"] if check["name"] == "left out"]
    assert left_out["detail"] == "\n".join(TITLES.values())
