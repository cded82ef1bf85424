"""`--as-of` of `tree`, `list` and `keys`, and `as_of=` of their routes: the same past at every door."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result
from tests.server.conftest import served
from worksupport import fast
from worksupport.model.tracked import NUMBERS, tracked_text
from worksupport.render import terminal
from worksupport.store.changes import forget_old
from worksupport.store.database import Store

Run = Callable[..., Answer]
BEGAN = "2026-11-10T08:00:00.000Z"  # the first run with the record
CREATED = "2026-11-01T09:00:00.000Z"
GONE = issue("OLD-9", summary="Gone", created_at=CREATED, tracked=tracked_text({"key": "OLD-9"}))
# (issue, field, old, new, at); what is observed has no `at` but was seen then.
CHANGES: list[tuple[int, str, Any, Any, str]] = [
    (2, "key", "ST-2", "PAY-2", "2026-11-12T10:00:00.000Z"),
    (2, "status", "10", "20", "2026-11-15T10:00:00.000Z"),
    (2, "assignees", ["a1"], [], "2026-11-15T10:00:00.000Z"),
    (3, "status", "open", "closed", "2026-11-14T10:00:00.000Z"),
    (3, "state_reason", None, "not_planned", "2026-11-14T10:00:00.000Z"),
    (9, "gone", None, None, "2026-11-16T10:00:00.000Z"),
    (4, "new", None, None, "2026-11-18T10:00:00.000Z"),
]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A version with a story that was moved and done, an issue of GitHub's, one that is new and one gone."""
    own = {"created_at": CREATED, "updated_at": "2026-11-20T10:00:00.000Z"}
    issues = [
        issue("PV-1", "Product Version", summary="Portal", **own),
        issue("PAY-2", parent="PV-1", summary="Pay", status="Done", **own, id=2),
        issue("acme/portal#7", None, source="github", status="closed", category="done", id=3)
        | {**own, "state": "dropped", "state_reason": "not_planned"},
        issue("PAY-4", parent="PV-1", summary="New", **own, id=4),
    ]
    runs = [{"run_id": "h", "status": "completed", "completed_at": "2026-11-22T11:48:00.000Z"}]
    results = [
        result("h", name, ended_at="2026-11-22T11:48:00.000Z", scope="full", began_at=BEGAN)
        for name in ("jira", "github")
    ]
    path = fill(tmp_path / "w.db", issues, harvests=runs, results=results)
    with sqlite3.connect(path) as connection:
        for number, (issue_id, name, old, new, moment) in enumerate(CHANGES):
            connection.execute(
                """INSERT INTO changes (id, issue, field, old, new, seen_at, origin)
                VALUES (?, ?, ?, ?, ?, ?, 0)""",
                [number + 1, issue_id, NUMBERS[name], json.dumps(old), json.dumps(new), moment],
            )
        names = [("status", "10", "In Progress", "indeterminate"), ("status", "20", "Done", "done")]
        for kind, each, name, category in (*names, ("account", "a1", "Ann Lee", None)):
            connection.execute("INSERT INTO names VALUES ('jira', ?, ?, ?, ?)", [kind, each, name, category])
        gone = "INSERT INTO gone_issues VALUES (9, 'jira', '9', '2026-11-16T10:00:00.000Z', NULL, ?)"
        connection.execute(gone, [json.dumps(GONE)])
    monkeypatch.setenv("WORKSUPPORT_DB", str(path))
    monkeypatch.setenv("TZ", "UTC")
    return path


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("time", "keys"),
    [
        ("2026-11-12T09:59", "OLD-9 PV-1 ST-2 acme/portal#7"),
        ("2026-11-12T10:00", "OLD-9 PAY-2 PV-1 acme/portal#7"),  # its own moment is as of it
        ("2026-11-17", "PAY-2 PV-1 acme/portal#7"),
        ("5d", "PAY-2 PV-1 acme/portal#7"),
        ("3d", "PAY-2 PAY-4 PV-1 acme/portal#7"),
        ("2026-10-31", ""),
    ],
)
def test_who_was_there(run: Run, time: str, keys: str) -> None:
    answer = run("keys", "--as-of", time, clock=FakeClock())
    assert (answer.exit_code, answer.out.split()) == (0, keys.split())


@pytest.mark.usefixtures("database")
def test_every_form_tells_the_past(run: Run) -> None:
    """Values, filters, and the moment in a document."""
    time = "2026-11-13T12:00:00.000Z"

    def ask(*arguments: str) -> str:
        answer = run(*arguments, "--as-of", time, clock=FakeClock())
        assert (answer.exit_code, answer.err) == (0, "")
        return answer.out

    assert ask("keys", "--json").startswith('{"issue_keys":["OLD-9","PAY-2","PV-1","acme/portal#7"],')
    assert ask("keys", "--json").endswith(f',"github":"2026-11-22T11:48:00.000Z"}},"as_of":"{time}"}}\n')
    assert '"as_of"' not in ask("keys", "--ndjson")
    assert ask("keys", "--assignee", "ann lee") == ask("keys", "--state", "doing") == "PAY-2\n"
    assert ask("keys", "--under", "PV-1", "--format", "lines") == "PAY-2\nPV-1\n"
    moved = "2026-11-12T10:00:00.000Z"
    assert f"PAY-2\tPay\tStory\tIn Progress\tAnn Lee\t{moved}\n" in ask("list")
    assert "PAY-2,In Progress,Ann Lee" in ask("list", "--format", "csv", "--fields", "key,status,who")
    assert "| Gone | Open |" in ask("list", "--format", "markdown")
    listed = json.loads(ask("list", "--json"))
    assert listed["as_of"] == time
    portal = next(each for each in listed["issues"] if each["source"] == "github")
    assert [portal[name] for name in ("status", "state", "updated_at", "closed_at")] == [
        "open",
        "todo",
        None,
        None,
    ]
    tree = json.loads(ask("tree", "--json"))
    assert [(node["done"], node["total"]) for node in tree["hierarchy"]] == [(0, 1)]
    assert tree["as_of"] == time
    assert "PAY-2  Pay" in ask("tree", "PV-1")
    assert "PAY-4" not in ask("tree", "--ndjson")
    assert "Pay" in ask("tree", "--format", "markdown")


@pytest.mark.usefixtures("database")
def test_a_screen_says_as_of_when(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda stream=None: True)
    for command in (["list"], ["tree", "--no-pager"]):
        answer = run(*command, "--as-of", "2026-11-13", clock=FakeClock())
        assert "as of Fri 13 Nov 00:00" in answer.out
        assert "harvested" not in answer.out
        assert "as of Fri 13 Nov 00:00" in answer.err


@pytest.mark.usefixtures("database")
def test_before_the_record_it_says_by_what_it_goes(run: Run) -> None:
    answer = run("keys", "--as-of", "2026-11-02", clock=FakeClock())
    assert answer.out.split() == ["OLD-9", "PAY-4", "PV-1", "ST-2", "acme/portal#7"]
    told = "changes are recorded since Tue 10 Nov 08:00; before that its issues count from when they were"
    told += " created\n"
    assert answer.err == f"worksupport: Jira's {told}worksupport: GitHub's {told}"
    assert run("-q", "keys", "--as-of", "2026-11-02", clock=FakeClock()).err == ""


def test_it_says_what_is_forgotten(run: Run, database: Path) -> None:
    with closing(Store(database, FakeClock())) as store, store.transaction() as connection:
        forget_old(connection, "2026-11-17T00:00:00.000Z")
    answer = run("keys", "--as-of", "2026-11-13", clock=FakeClock())
    assert "OLD-9" not in answer.out
    assert answer.err == "worksupport: what was done or gone before Tue 17 Nov 00:00 is forgotten\n"
    assert run("keys", "--as-of", "2026-11-18", clock=FakeClock()).err == ""


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("list pay", "of the past nothing is known by words"),
        ("keys --stale --missing", "of the past nothing is known by stale, missing"),
        ("tree --changed-since 2d", "of the past nothing is known by changed-since"),
        ("tree PAY-2 --changed-before 2d --json", "of the past nothing is known by changed-before"),
        ("keys --as-of 2999-01-01", "--as-of is '2999-01-01': that lies in the future"),
        ("keys --as-of soon", "--as-of is 'soon'; it must be an age"),
    ],
)
def test_what_cannot_be_asked(run: Run, arguments: str, words: str) -> None:
    answer = run(
        *arguments.split(), *([] if "--as-of" in arguments else ["--as-of", "1d"]), clock=FakeClock()
    )
    assert (answer.exit_code, answer.out) == (2, "")
    assert words in answer.err


def test_without_a_record_there_is_no_past(run: Run, tmp_path: Path) -> None:
    fill(tmp_path / "new.db", [issue("PAY-1")], results=[result("h", "jira", scope="full")])
    with sqlite3.connect(tmp_path / "old.db") as connection:
        old = Path(__file__).parents[1] / "data" / "schema-1.sql"
        connection.executescript(old.read_text("utf-8"))
    for name in ("new.db", "old.db"):
        answer = run("--db", tmp_path / name, "keys", "--as-of", "1d", clock=FakeClock())
        assert (answer.exit_code, answer.out) == (2, "")
        assert "no change is recorded here yet" in answer.err


def test_routes_answer_what_the_commands_print(run: Run, database: Path) -> None:
    time = "2026-11-13"
    with served(database, clock=FakeClock()) as client:
        for route, command in (("issues/keys", "keys"), ("issues", "list"), ("issues/hierarchy", "tree")):
            past = client.ask(f"/api/{route}?as_of={time}")
            printed = run(command, "--json", "--as-of", time, clock=FakeClock()).out
            assert (past.status, past.body.decode()) == (200, printed)
            tags = [client.ask(f"/api/{route}{query}").headers["ETag"] for query in ("", f"?as_of={time}")]
            assert tags[1] == past.headers["ETag"] != tags[0]
            assert "as_of" not in client.ask(f"/api/{route}").document
            status, detail = client.refusal(f"/api/{route}?as_of={time}&stale=true")
            assert (status, detail[:44]) == (400, "of the past nothing is known by stale")
        assert client.refusal("/api/issues?q=pay&as_of=1d")[0] == 400
        assert "Ann Lee" in client.ask(f"/api/issues?format=csv&as_of={time}").body.decode()
        assert (
            client.refusal("/api/issues?as_of=2999-01-01")[1]
            == "as_of is '2999-01-01': that lies in the future"
        )


@pytest.mark.usefixtures("database")
def test_the_fast_way_leaves_the_past_alone() -> None:
    assert not fast.answered(["keys", "--as-of", "1d"], {})
    assert not fast.answered(["tree", "--json", "--as-of=1d"], {})
