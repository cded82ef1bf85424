"""Reviews as people and scripts meet them: screens, exit codes, what is refused, what is not known."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, FakeClock, Moving
from tests.filled_database import fill, issue, result
from tests.server.conftest import served
from worksupport.clock import utc_text
from worksupport.commands.options import COMMANDS, Command
from worksupport.model.definitions import DEFINITIONS
from worksupport.model.tracked import NUMBERS
from worksupport.render import terminal
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import running
from worksupport.server.operations import ROUTES

Run = Callable[..., Answer]
NOW = FakeClock().now()
REVIEWS = [command for command in COMMANDS if command.heading == "Review"]
COUNTING = [command.name for command in REVIEWS if any(o.holds == "refused" for o in command.options)]


def days_ago(days: float) -> str:
    return utc_text(NOW - timedelta(days=days))


def unit(key: str, parent: str, days: list[float], **given: Any) -> dict[str, Any]:
    """A story that was created, started and finished so many days ago, as far as there are days."""
    status = ("Open", "In Progress", "Done")[len(days) - 1]
    row = issue(key, parent=parent, status=status, created_at=days_ago(days[0]), **given)
    return {**row, "updated_at": days_ago(days[-1]), "changes_through": days_ago(days[-1]), "days": days}


def filled(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A database with these rows and, of units, their past."""
    plain = [{name: value for name, value in row.items() if name != "days"} for row in rows]
    ends = {"ended_at": days_ago(0), "data_version": 1}
    runs = [result("r", "jira", scope="full", began_at=days_ago(300), **ends)]
    fill(path, plain, results=runs)
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [("1", "Open", "new"), ("2", "In Progress", "indeterminate"), ("3", "Done", "done")]
        connection.executemany("INSERT INTO names VALUES ('jira', 'status', ?, ?, ?)", names)
        for row in rows:
            (number,) = connection.execute(
                "SELECT id FROM issues WHERE issue_key = ?", [row["issue_key"]]
            ).fetchone()
            for place, days in enumerate(row.get("days", ())[1:], 1):
                values = (
                    number,
                    NUMBERS["status"],
                    f'"{place}"',
                    f'"{place + 1}"',
                    days_ago(days),
                    days_ago(0),
                )
                connection.execute(_CHANGE, values)
    return path


_CHANGE = "INSERT INTO changes (issue, field, old, new, at, seen_at, origin) VALUES (?, ?, ?, ?, ?, ?, 1)"
_MEMBER = "INSERT INTO team_members (member_id, name, jira_id, github_id, teams) VALUES (?, ?, '', '', ?)"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A-1 of which one unit a week was finished, B-1 of which nothing was."""
    finished = [unit(f"A-{n}", "A-1", [200.0, 7 * n + 5.0, 7.0 * n]) for n in range(13, 25)]
    finished += [unit(f"A-{n}", "A-1", [200.0, 7 * (n - 40) + 5.0, 7.0 * (n - 40)]) for n in range(40, 52)]
    still_open = [unit(f"A-{n}", "A-1", [100.0]) for n in range(60, 63)]
    started = [unit("A-70", "A-1", [100.0, 30.0], assignees=["Ann"])]
    others = [issue("B-1", "Product Version"), unit("B-2", "B-1", [20.0])]
    rows = [issue("A-1", "Product Version", status="In Progress"), *finished, *still_open, *started, *others]
    return filled(tmp_path / "w.db", rows)


def read(run: Run, path: Path, *command: str) -> Any:
    return json.loads(run(*command, "--json", "--db", path, clock=FakeClock()).out)


def test_a_forecast_is_the_chance_by_its_days(run: Run, release: Path) -> None:
    """One a week for twelve weeks, today included: four are left."""
    document = read(run, release, "forecast", "A-1")
    assert (document["remaining"], document["total"], document["finished"]) == (4, 28, 12)
    assert (document["finished_days"], document["added"], document["days"]) == (12, 0, 84)
    assert document["reason"] is None
    fifty = datetime.fromisoformat(document["dates"]["50"]["steady"]).date()
    assert (fifty - NOW.date()).days in range(24, 28)
    assert list(document["dates"]) == ["50", "70", "85", "95"]
    assert document["definitions"].items() <= DEFINITIONS.items()
    assert sum(week["finished"] for week in document["weeks"]) == 12
    shown = run("forecast", "A-1", "--db", release, clock=FakeClock()).out
    assert "4 of 28 units of work are left. They will be finished by" in shown
    assert "finished  ████████████  12 in the last 12 weeks, on 12 days" in shown
    row = next(r for r in read(run, release, "summary")["roots"] if r["issue_key"] == "A-1")
    assert row["date_85"] == document["dates"]["85"]["steady"]


def test_too_little_has_no_date_and_says_why(run: Run, release: Path) -> None:
    document = read(run, release, "forecast", "B-1")
    assert document["dates"] is None
    assert document["added"] == 0  # what was there on its first day has not been added to it
    assert document["days"] == 21
    assert document["reason"] == (
        "in the 21 days that the record knows something was finished on 0 days; 5 are needed"
    )
    shown = run("forecast", "B-1", "--db", release, clock=FakeClock()).out
    assert f"No date: {document['reason']}." in shown
    assert read(run, release, "forecast", "A-13")["reason"] == "there is no unit of work below it"
    done = read(run, release, "forecast", "A-1", "-t", "nosuch")
    assert done["reason"] == "there is no unit of work below it"


def test_growth_is_shown(run: Run, tmp_path: Path) -> None:
    """What grows as fast as it is finished has a date only if nothing is added."""
    rows = [unit(f"A-{n}", "A-1", [200.0, 90.0, 7.0 * n - 65]) for n in range(10, 20)]
    rows += [unit(f"A-{n}", "A-1", [8.0 * (n - 30) + 1]) for n in range(30, 40)]
    path = filled(tmp_path / "w.db", [issue("A-1", "Product Version"), *rows])
    document = read(run, path, "forecast", "A-1")
    assert (document["finished"], document["added"]) == (10, 10)
    assert all(each["steady"] and each["growing"] is None for each in document["dates"].values())
    assert "not at this growth" in run("forecast", "A-1", "--db", path, clock=FakeClock()).out


def test_flow_shows_no_week_before_the_record(run: Run, tmp_path: Path) -> None:
    rows = [unit(f"A-{n}", "A-1", [20.0, 9.0, 2.0]) for n in range(10, 21)]
    path = filled(tmp_path / "w.db", [issue("A-1", "Product Version"), *rows])
    document = read(run, path, "flow")
    assert [week["finished"] for week in document["weeks"]] == [0, 0, 11]
    assert document["cycle_days"] == {"Story": {"n": 11, "p50": 8, "p85": 8, "p95": 8}}
    assert document["known_start_percent"] == 100
    few = filled(tmp_path / "few.db", [issue("A-1", "Product Version"), *rows[:9]])
    assert read(run, few, "flow")["cycle_days"] == {"Story": {"n": 9, "p50": None, "p85": None, "p95": None}}


def test_aging_against_what_is_usual(run: Run, release: Path) -> None:
    """24 finished ones took 6 days each: 31 is long."""
    document = read(run, release, "aging")
    (item,) = document["items"]
    assert (item["issue_key"], item["age_days"], item["limit_days"], item["past"]) == ("A-70", 31, 6, True)
    assert document["limits"] == {"Story": {"days": 6, "n": 24}}
    answer = run("aging", "--past", "--db", release, clock=FakeClock())
    assert answer.exit_code == 8
    assert run("aging", "--past", "--exit-zero", "--db", release, clock=FakeClock()).exit_code == 0
    assert run("aging", "--db", release, clock=FakeClock()).exit_code == 0
    # Whoever is asked for, what is usual stays everybody's.
    assert read(run, release, "aging", "-a", "Nobody") == {**document, "items": []}


def test_show_tells_the_same_start_and_age(run: Run, release: Path) -> None:
    (item,) = read(run, release, "aging")["items"]
    shown = read(run, release, "show", "A-70")["issue"]
    assert (shown["started_at"], shown["age_days"]) == (item["started_at"], item["age_days"])


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda stream=None: True)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
def test_the_summary_of_forty_releases_fits_a_small_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = []
    for n in range(1, 61):
        is_over = n > 40
        status = "Done" if is_over else "In Progress"
        rows.append(issue(f"P-{n}", "Product Version", status=status, summary=f"A product with a name {n}.0"))
        state = "Done" if is_over else ("Blocked", "In Progress", "Open")[n % 3]
        category = None if is_over or n % 3 else "indeterminate"
        rows.append(
            issue(f"P-{n + 100}", parent=f"P-{n}", status=state, category=category, due_date="2026-11-01")
        )
        rows[-1] |= {"created_at": days_ago(n), "changes_through": days_ago(n), "updated_at": days_ago(n)}
    path = fill(tmp_path / "w.db", rows)
    answer = run("--db", path, clock=FakeClock())
    lines = answer.out.splitlines()
    assert answer.exit_code == 0
    assert len(lines) <= 22
    assert max(map(len, lines)) <= columns
    assert "30 more with something open" in " ".join(answer.out.split())
    assert [line for line in lines if line.startswith(("blocked", "in progress", "overdue"))]


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", ["aging", "flow", "lint --exit-zero", "forecast A-1", "summary A-1"])
def test_screens_keep_within_their_width(
    run: Run, release: Path, monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    answer = run(*command.split(), "--db", release, clock=FakeClock())
    assert (answer.exit_code, answer.err) == (0, "")
    assert max(map(len, answer.out.splitlines())) <= columns
    assert "harvested 12:00" in answer.out


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("command", ["aging", "flow", "lint --exit-zero", "forecast A-1", "summary"])
def test_a_terminal_without_our_marks_gets_plain_ones(
    run: Run, release: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    answer = run(*command.split(), "--db", release, clock=FakeClock())
    assert answer.out.isascii()
    assert max(map(len, answer.out.splitlines())) <= 100


class Page(HTMLParser):
    """What a browser would load or run, and the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "style")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_one_file_and_strangers_text_is_text(run: Run, tmp_path: Path) -> None:
    title = "<script>alert(1)</script>\x1b[2J&amp;"
    rows = [
        issue("A-1", "Product Version", summary=title),
        issue(
            "A-2", parent="A-1", summary=title, status="Blocked", category="indeterminate", assignees=[title]
        ),
        issue("A-3", parent="A-1", due_date="2026-11-01", url="javascript:alert(1)"),
    ]
    for row in rows:
        row |= {"created_at": days_ago(20), "changes_through": days_ago(20)}
    path = fill(tmp_path / "w.db", rows)
    page = Page()
    page.feed(run("summary", "--format", "html", "--db", path, clock=FakeClock()).out)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert set(page.addresses) == {"https://acme.example/browse/A-2", "https://acme.example/browse/A-1"}
    assert "<script>alert(1)</script>\\x1b[2J&amp;" in page.texts
    assert DEFINITIONS["forecast"] in page.texts


def test_the_page_has_pictures_and_under_each_its_numbers(run: Run, release: Path) -> None:
    page = Page()
    page.feed(run("summary", "--format", "html", "--db", release, clock=FakeClock()).out)
    weeks = json.loads(run("flow", "--json", "--db", release, clock=FakeClock()).out)["weeks"]
    # A burn-up of A-1, of which alone there is a forecast, and three of everything.
    assert page.tags.count("figure") == page.tags.count("details") == page.tags.count("figcaption") == 4
    at = page.texts.index("finished", page.texts.index("week from"))
    told = [text for text in page.texts[at + 1 :] if text.strip()]
    assert told[1 : 2 * len(weeks) : 2] == [str(week["finished"]) for week in weeks]
    named = [datetime.strptime(text, "%a %d %b %Y").date() for text in told[0 : 2 * len(weeks) : 2]]
    assert [str(day) for day in named] == [week["week"] for week in weeks]


@pytest.mark.parametrize("command", COUNTING)
@pytest.mark.parametrize("option", ["-a", "--assignee"])
def test_no_finished_work_is_counted_per_person(run: Run, release: Path, command: str, option: str) -> None:
    key = ["A-1"] if command == "forecast" else []
    answer = run(command, *key, option, "Ann", "--db", release)
    assert (answer.exit_code, answer.out) == (2, "")
    assert answer.err.startswith("worksupport: worksupport counts no finished work per person\n")


def test_nor_of_a_team_of_few(run: Run, release: Path) -> None:
    with closing(sqlite3.connect(release)) as connection, connection:
        for n in range(9):
            teams = json.dumps(["many", *(["few"] if n < 4 else [])])
            connection.execute(_MEMBER, [str(n), f"Person {n}", teams])
    for command in COUNTING:
        key = ["A-1"] if command == "forecast" else []
        refused = run(command, *key, "--team", "FEW", "--db", release)
        assert (refused.exit_code, refused.out) == (2, "")
        assert "the team 'FEW' has 4 people" in refused.err
        assert run(command, *key, "--team", "many", "--db", release).exit_code == 0
        assert run(command, *key, "--team", "nosuch", "--db", release).exit_code == 0


PEOPLE = ("Ann", "Bo Berg")
# A person stands beside one issue, or one change of it.
OWNED = ("issue_key", "field")


def numbers_of_people(document: Any) -> Iterator[str]:
    """Where a person stands beside a number that is not an issue's, or is the name of one."""
    if isinstance(document, list):
        for each in document:
            yield from numbers_of_people(each)
    elif isinstance(document, dict):
        yield from (name for name in document if name in PEOPLE)
        is_named = any(value in PEOPLE for value in document.values() if isinstance(value, str))
        if is_named and not any(name in document for name in OWNED):
            yield json.dumps(document)
        for value in document.values():
            yield from numbers_of_people(value)


def _key_of(command: Command) -> list[str]:
    return ["A-1"] if any(o.is_required and o.name == "key" for o in command.options) else []


def test_no_command_and_no_route_has_a_number_of_a_person(run: Run, tmp_path: Path) -> None:
    rows = [unit(f"A-{n}", "A-1", [200.0, 30.0, 2.0], assignees=[PEOPLE[n % 2]]) for n in range(10, 40)]
    rows += [unit(f"A-{n}", "A-1", [200.0, 30.0], assignees=[PEOPLE[n % 2]]) for n in range(50, 60)]
    path = filled(tmp_path / "w.db", [issue("A-1", "Product Version"), *rows])
    asked = 0
    for command in COMMANDS:
        if command.heading in ("Ask", "Review") and any(o.name == "as_json" for o in command.options):
            document = read(run, path, command.name, *_key_of(command))
            assert list(numbers_of_people(document)) == [], command.name
            asked += 1
    assert asked >= 10
    with served(path, clock=FakeClock()) as client:
        for address, operations in ROUTES.items():
            if "GET" in operations and "{" not in address and address != "/openapi.json":
                takes_key = {p.name for p in operations["GET"].parameters} >= {"key"}
                reply = client.ask(address + ("?key=A-1" if takes_key else ""))
                assert list(numbers_of_people(reply.document)) == [], address
        for name in COUNTING:
            reply = client.ask(f"/api/{name}?key=A-1&assignee=Ann")
            assert reply.status == 400
            assert "worksupport counts no finished work per person" in reply.document["detail"]


def test_it_is_found_where_there_is_one() -> None:
    assert list(numbers_of_people({"by_person": {"Ann": 3}})) == ["Ann"]
    assert list(numbers_of_people([{"assignee": "Ann", "finished": 3}])) == [
        '{"assignee": "Ann", "finished": 3}'
    ]


def test_definitions_are_told_in_full(run: Run) -> None:
    text = " ".join(run("help", "definitions").out.split())
    for name, meaning in DEFINITIONS.items():
        assert f"{name}: {meaning}" in text


def test_the_demo_has_a_release_that_slips_and_one_without_a_date(run: Run, tmp_path: Path) -> None:
    clock = Moving(NOW)
    with running(made_up_world(now=NOW)) as sandbox:
        path = tmp_path / "team.properties"
        path.write_text(sandbox.properties(), "utf-8")
        path.chmod(0o600)
        os.environ["WORKSUPPORT_CONFIG"] = str(path)
        try:
            assert run("harvest", "-q", clock=clock).exit_code == 0
        finally:
            del os.environ["WORKSUPPORT_CONFIG"]

    def forecast(title: str) -> Any:
        answer = run("forecast", title, "--json", "--config", path, clock=clock)
        return json.loads(answer.out)

    slips, lacks = forecast("Claims Portal 4.2"), forecast("Adjuster Desk 7.4")
    dates = slips["dates"]["85"]
    assert dates["growing"] is None or dates["growing"] > dates["steady"] > "2026-12-22"  # when it is due
    assert lacks["dates"] is None
    assert "on 2 days; 5 are needed" in lacks["reason"]
    assert forecast("Document Reader 2.8")["dates"]["85"]["steady"]
