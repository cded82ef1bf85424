"""`worksupport keys` from the outside."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue

Run = Callable[..., Answer]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three issues, one of them hostile."""
    return fill(
        tmp_path / "issues.db",
        [
            issue("PAY-10", "Story", assignees=["Anna Berg"], labels=["backend"], parent="PAY-2"),
            issue("PAY-2", "Feature", assignees=["Bo \x1b[31mRed"], updated_at="2026-01-01T00:00:00.000Z"),
            issue("evil/\x1b[2Jrepo\n#1", None, source="github"),
        ],
    )


def test_one_key_per_line_and_safe_to_print(run: Run, database: Path) -> None:
    answer = run("keys", "--db", database)
    assert answer == Answer(0, "PAY-2\nPAY-10\nevil/\\x1b[2Jrepo #1\n", "")


def test_json_is_exact(run: Run, database: Path) -> None:
    assert run("keys", "--json", "--db", database).out == (
        '{"issue_keys":["PAY-2","PAY-10","evil/\\u001b[2Jrepo\\n#1"],"total_count":3,'
        '"harvested_at":null,"sources":{"jira":null,"github":null}}\n'
    )


def test_one_issue_a_line_is_exact(run: Run, database: Path) -> None:
    assert run("keys", "--ndjson", "--db", database).out == (
        '{"issue_key":"PAY-2","source":"jira"}\n{"issue_key":"PAY-10","source":"jira"}\n'
        '{"issue_key":"evil/\\u001b[2Jrepo\\n#1","source":"github"}\n'
    )
    assert run("keys", "--ndjson", "--label", "backend", "--source", "github", "--db", database) == Answer(
        0, "", ""
    )


def test_changed_since(run: Run, tmp_path: Path, clock: FakeClock) -> None:
    """The moment itself counts; an issue whose service does not tell never does."""
    times = {"A-1": "2026-11-20T12:00:00.000Z", "A-2": "2026-11-20T11:59:59.999Z", "A-3": None}
    path = fill(tmp_path / "times.db", [issue(key, updated_at=time) for key, time in times.items()])
    assert run("keys", "--changed-since", "2d", "--db", path, clock=clock).out == "A-1\n"
    assert run("keys", "--changed-since", "2026-11-20", "--db", path, clock=clock).out == "A-1\nA-2\n"


def test_every_filter_is_an_option(run: Run, database: Path) -> None:
    filters = ["--source", "jira", "--assignee", "anna berg", "--label", "BACKEND"]
    filters += ["--issue-type", "story", "--parent-key", "pay-2"]
    assert run("--db", database, "keys", *filters) == Answer(0, "PAY-10\n", "")
    assert run("--db", database, "keys", *filters, "--missing") == Answer(0, "", "")


def test_nothing_found_is_an_empty_answer(run: Run, database: Path) -> None:
    """An honest nothing is silent in a script; a name that nobody has is said, unless quiet."""
    said = "worksupport: no issue has the label 'nope'\n"
    assert run("keys", "--label", "backend", "--source", "github", "--db", database) == Answer(0, "", "")
    assert run("keys", "--label", "nope", "--db", database) == Answer(0, "", said)
    assert run("keys", "--label", "nope", "--json", "--db", database).err == said
    assert run("keys", "--label", "nope", "--db", database, "-q") == Answer(0, "", "")
    assert run("keys", "--label", "nope", "--json", "--db", database).out == (
        '{"issue_keys":[],"total_count":0,"harvested_at":null,"sources":{"jira":null,"github":null}}\n'
    )


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        (["--assignee", "ana berg"], "worksupport: no issue is assigned to 'ana berg'\n  near: Anna Berg\n"),
        (
            ["--assignee", "bo red"],
            "worksupport: no issue is assigned to 'bo red'\n  near: Bo \\x1b[31mRed\n",
        ),
        (["--assignee", "Anna"], "worksupport: no issue is assigned to 'Anna'\n  near: Anna Berg\n"),
        (
            ["--changed-since", "2026-11-01"],
            "worksupport: changed since Sun 1 Nov 00:00\n"
            "worksupport: nothing has changed since then\n  the newest change was Thu 1 Jan 00:00\n",
        ),
        (["--label", "zzz"], "worksupport: no issue has the label 'zzz'\n"),
        (["--parent-key", "PAY-3"], "worksupport: no issue has the parent 'PAY-3'\n  near: PAY-2, PAY-10\n"),
        (
            ["--assignee", "anna berg", "--source", "github"],
            "worksupport: no issue fits\n  never harvested\n",
        ),
    ],
)
def test_on_a_terminal_an_empty_answer_says_what_is_near(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch, filters: list[str], hint: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("keys", *filters, "--db", database) == Answer(0, "", hint)


def test_a_source_that_there_is_not_is_refused_before_the_database_is_opened(run: Run) -> None:
    answer = run("keys", "--source", "gitlab", "--db", "nowhere.db")
    assert answer == Answer(2, "", "worksupport: the source is 'gitlab'; it must be one of jira, github\n")


@pytest.mark.parametrize("command", ["keys", "tree"])
def test_a_filter_that_is_no_text_is_a_usage_error(run: Run, database: Path, command: str) -> None:
    """A byte that is not UTF-8, as Python hands it on from the command line."""
    assert run(command, "--label", "x\udcff", "--json", "--db", database) == Answer(
        2, "", "worksupport: 'x\\udcff' is not UTF-8 text: nothing in the database is called that\n"
    )


def test_no_database(run: Run, tmp_path: Path) -> None:
    assert run("keys", "--json", "--db", tmp_path / "no.db") == Answer(
        3,
        "",
        f"worksupport: there is no database at {tmp_path}/no.db\n"
        "  create it with `worksupport harvest`, or look around with `worksupport demo`\n",
    )


def test_lists_for_people_load_nothing_for_http_drawing_or_writing(database: Path) -> None:
    program = "import sys; from worksupport.cli import main; main(['keys', '--db', sys.argv[1]])"
    program += "; print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, str(database)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split()
    heavy = {"requests", "urllib3", "sqlite_utils", "tenacity", "rich", "jproperties", "pydantic", "asyncio"}
    assert {module.partition(".")[0] for module in loaded} & heavy == set()
