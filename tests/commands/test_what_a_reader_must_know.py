"""What stands on stderr beside an answer: never silence about data that is not there, or old."""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result
from worksupport.sandbox.faults import Faults
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import running

Run = Callable[..., Answer]
NAME_NFC, NAME_NFD = "Zoë Łukasz", "Zoe\u0308 Łukasz"


@pytest.mark.parametrize("line", ["tree", "tree --json", "keys", "keys --json", "keys --ndjson"])
def test_data_that_is_too_old_is_said(run: Run, tmp_path: Path, clock: FakeClock, line: str) -> None:
    """Five hours with the interval of two that is the default; what `check` calls too old."""
    results = [
        result("r1", "jira", ended_at="2026-11-18T11:00:00.000Z"),
        result("r1", "github", ended_at="2026-11-22T08:00:00.000Z"),
    ]
    path = fill(tmp_path / "w.db", [issue("PAY-1", "Product Version")], results=results)
    answer = run(*line.split(), "--db", path, clock=clock)
    assert answer.exit_code == 0
    said = "worksupport: Jira's issues are from Wed 18 Nov 11:00, 4 days ago\n  worksupport check\n"
    assert answer.err == said
    assert run(*line.split(), "--db", path, "-q", clock=clock).err == ""


@pytest.mark.parametrize(
    "line",
    [
        *("tree", "tree --json", "list --json", "keys", "changes", "changes --raw --json"),
        *("summary", "summary --json", "aging", "lint", "flow", "forecast P-1", "notify --dry-run"),
    ],
)
def test_a_name_that_nobody_has_is_told_to_scripts_too(
    run: Run, tmp_path: Path, clock: FakeClock, line: str
) -> None:
    """Also where issues without a place are left out."""
    path = fill(
        tmp_path / "w.db", [issue("P-1", "Product Version"), issue("P-2"), issue("P-3", labels=["ui"])]
    )
    config = tmp_path / "team.properties"
    config.write_text("jira.base_url = https://a.example\njira.email = a@a.example\njira.api_token = token\n")
    config.chmod(0o600)
    answer = run(*line.split(), "--label", "uii", "--db", path, "--config", config, clock=clock)
    assert answer.exit_code == 0
    assert "worksupport: no issue has the label 'uii'\n  near: ui\n" in answer.err


def test_the_moment_that_a_time_means_is_told_to_people(
    run: Run, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = "2026-11-20T00:00:00.000Z"
    path = fill(tmp_path / "w.db", [issue("PV-1", "Product Version", updated_at=changed)])
    for line in ("keys", "list --json", "tree"):
        words = (*line.split(), "--changed-since", "2026-11-19", "--db", path)
        assert run(*words, clock=clock).err == ""
        with monkeypatch.context() as patch:
            patch.setattr(type(sys.stderr), "isatty", lambda stream: stream is sys.stderr)
            assert run(*words, clock=clock).err == "worksupport: changed since Thu 19 Nov 00:00\n"


def test_the_last_workday_goes_by_the_weekend_that_the_last_run_was_told(
    run: Run, tmp_path: Path, clock: FakeClock
) -> None:
    """The clock shows a Sunday."""
    days = {"PV-4": "2026-11-21T01:00:00.000Z", "PV-3": "2026-11-20T01:00:00.000Z"}
    days |= {"PV-2": "2026-11-19T01:00:00.000Z", "PV-1": "2026-11-18T01:00:00.000Z"}
    path = fill(tmp_path / "w.db", [issue(key, updated_at=day) for key, day in days.items()])
    words = ("keys", "--changed-since", "last-workday", "--db", path)
    for stored, expected in [
        (None, "PV-3\nPV-4\n"),
        ("[[],[]]", "PV-3\nPV-4\n"),
        ('[[],[],["friday","saturday"]]', "PV-2\nPV-3\nPV-4\n"),
    ]:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE data_state SET state_rules = ?", [stored])
        assert run(*words, clock=clock) == Answer(0, expected, "")


def test_interval_and_weekend_of_the_newest_run_count(
    run: Run, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = empty_site()
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    with running(world) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(
            sandbox.properties() + "harvest.interval_hours = 24\nweekend = Friday, saturday\n", "utf-8"
        )
        config.chmod(0o600)
        assert run("harvest", "-q", "--config", config, clock=clock).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(type(sys.stderr), "isatty", lambda stream: stream is sys.stderr)
        words = ("list", "--changed-before", "last-workday", "--config", config)
        assert run(*words, clock=clock).err.startswith("worksupport: changed before Thu 19 Nov 00:00\n")
    clock.elapsed += 40 * 3600
    assert run("keys", "--config", config, clock=clock).err == ""
    clock.elapsed += 10 * 3600
    assert ", 2 days ago\n  worksupport check" in run("keys", "--config", config, clock=clock).err


def test_a_source_that_never_came_is_said_with_the_reason(run: Run, tmp_path: Path, clock: FakeClock) -> None:
    with running(empty_site()) as sandbox:
        sandbox.fault = Faults("401")
        sandbox.world.jira_token = "another"
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        sandbox.world.jira_token = "no longer"
        assert run("harvest", "--source", "jira", "--config", config, clock=clock).exit_code == 4
    for line in ("tree", "keys", "tree --json"):
        answer = run(*line.split(), "--config", config, clock=clock)
        assert answer.exit_code == 0
        assert answer.err.startswith("worksupport: Jira has never been harvested: Jira refused ")
        assert "no issue fits" not in answer.err


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """One issue of somebody whose name has accents, and of a type that is not configured."""
    row = issue("PAY-1", "Story", assignees=[NAME_NFC], labels=["café"], status="Übergeben")
    bug = issue("PAY-2", None, issue_type_id=-1, vendor_type=json.dumps({"id": "9", "name": "Fehler"}))
    return fill(tmp_path / "w.db", [row, bug])


@pytest.mark.parametrize("form", [["keys"], ["keys", "--json"], ["keys", "-v"]])
@pytest.mark.parametrize(
    "filters",
    [
        ["--assignee", NAME_NFD],
        ["--assignee", NAME_NFD.upper()],
        ["--label", "cafe\u0301"],
        ["--issue-type", "Story", "--assignee", NAME_NFC],
    ],
)
def test_both_forms_of_an_accent_find_the_same(
    run: Run, named: Path, form: list[str], filters: list[str]
) -> None:
    answer = run(*form, *filters, "--db", named)
    assert ("PAY-1" in answer.out, "PAY-2" in answer.out, answer.err) == (True, False, "")


def test_a_status_is_found_in_both_forms(run: Run, tmp_path: Path) -> None:
    path = fill(tmp_path / "w.db", [issue("PV-1", "Product Version", status="Übergeben")])
    assert "PV-1" in run("tree", "--status", "U\u0308bergeben", "--db", path).out


def test_a_type_is_found_by_the_service_s_name(run: Run, named: Path) -> None:
    assert run("keys", "--issue-type", "fehler", "--db", named) == Answer(0, "PAY-2\n", "")
    assert run("keys", "--issue-type", "error-type not known", "--db", named).out == "PAY-2\n"
    assert "near: Fehler" in run("keys", "--issue-type", "fehlr", "--db", named).err


@pytest.mark.parametrize("form", [[], ["--json"], ["--ndjson"]])
def test_a_repeated_filter_is_or(run: Run, tmp_path: Path, form: list[str]) -> None:
    rows = [issue(f"P-{n}", assignees=[name]) for n, name in enumerate(["Ann", "Bo", "Cy"], 1)]
    path = fill(tmp_path / "w.db", rows)
    found = run("keys", "--assignee", "ann", "--assignee=Cy", *form, "--db", path).out
    assert [key for key in ("P-1", "P-2", "P-3") if key in found] == ["P-1", "P-3"]
    tree = run("tree", "--root-type", "Story", "--label", "a", "--label", "b", "--json", "--db", path)
    assert tree.exit_code == 0


def test_both_sources_may_be_named(run: Run, tmp_path: Path) -> None:
    path = fill(tmp_path / "w.db", [issue("P-1"), issue("a/b#2", None, source="github")])
    assert run("keys", "--source", "jira", "--source", "GitHub", "--db", path).out == "P-1\na/b#2\n"
    answer = run("keys", "--source", "jira", "--source", "gitlab", "--db", path)
    assert (answer.exit_code, "'gitlab'" in answer.err) == (2, True)
