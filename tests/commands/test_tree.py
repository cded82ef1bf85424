"""`worksupport tree` from the outside: in a pipe, on a terminal, with hostile text."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.commands.hostile import TITLES, is_clean
from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result

Run = Callable[..., Answer]
PV = "Product Version"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One product version with two levels below it; Jira harvested 20 minutes ago, GitHub never."""
    end = "2026-11-22T11:40:00.000Z"
    return fill(
        tmp_path / "issues.db",
        [
            issue("PV-1", PV, summary="Payments 4.0", status="In Progress", assignees=["Anna Berg"]),
            issue("PAY-2", "Feature", parent="PV-1", summary="Refunds", assignees=["Bo"]),
            issue(
                "PAY-10", "Story", parent="PAY-2", summary="Refund a card", status="Done", assignees=["Bo"]
            ),
            issue("PAY-11", "Task", parent="PAY-2", summary="Wording"),
            issue("PAY-3", "Customer Adoption", parent="PV-1", summary="Acme goes live", status="Waiting"),
            issue("LOST-1", "Story"),
        ],
        results=[result("h", "jira", ended_at=end)],
    )


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout and stderr as a terminal of 100 columns without colours."""
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")


def test_plain_in_a_pipe(run: Run, database: Path) -> None:
    assert run("tree", "--db", database) == Answer(
        0,
        "PV-1  Payments 4.0           Product Version    In Progress  Anna Berg   1/4\n"
        "├─ PAY-2  Refunds            Feature            Open         Bo          1/2\n"
        "│  ├─ PAY-10  Refund a card  Story              Done         Bo\n"
        "│  └─ PAY-11  Wording        Task               Open         unassigned\n"
        "└─ PAY-3  Acme goes live     Customer Adoption  Waiting      unassigned\n",
        "",
    )


def test_on_a_terminal_with_footer(run: Run, database: Path, terminal: None, clock: FakeClock) -> None:
    answer = run("tree", "--max-depth", "2", "--db", database, clock=clock)
    assert [line.rstrip() for line in plain(answer.out).splitlines()] == [
        "PV-1  Payments 4.0        Product Version    In Progress  Anna Berg   1/4",
        "├─ PAY-2  Refunds         Feature            Open         Bo          1/2 +2",
        "└─ PAY-3  Acme goes live  Customer Adoption  Waiting      unassigned",
        "",
        "harvested  Jira: 20 minutes ago · GitHub: never",
        "1 issue has no place in this tree; `worksupport keys` lists all",
        "+n: so many children are not shown (--max-depth, filters)",
    ]
    assert answer.err == ""


def plain(text: str) -> str:
    """`text` without the sequences that set bold, dim and colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_status_is_coloured_by_category(
    run: Run, database: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    out = run("tree", "--db", database).out
    assert "\x1b[33mIn Progress\x1b[0m" in out
    assert "\x1b[34mOpen       \x1b[0m" in out
    assert "\x1b[32mDone       \x1b[0m" in out
    assert "  Waiting      " in out


def test_no_colours_when_they_are_not_wanted(
    run: Run, database: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not re.search(r"\x1b\[3\d", run("tree", "--db", database).out)
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in run("tree", "--db", database).out


@pytest.mark.parametrize("columns", [8, 20, 40, 60, 80, 200])
def test_cut_to_the_width(
    run: Run, tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No line of the tree is wider than the terminal, and its columns stand below each other."""
    monkeypatch.setenv("COLUMNS", str(columns))
    path = hostile_database(tmp_path)
    lines = [line for line in plain(run("tree", "--db", path).out).splitlines() if re.match("[PX├└]", line)]
    assert len(lines) == len(TITLES) + 1
    assert max(map(cell_len, lines)) <= columns
    if columns >= 60:
        assert {cell_len(line.partition("Open")[0]) for line in lines if "Open" in line} == {
            cell_len(lines[0].partition("Open")[0])
        }


def hostile_database(folder: Path) -> Path:
    """A product version with one child for each hostile title."""
    children = [
        issue(f"X-{n}", parent="PV-1", summary=title, assignees=[title[:300]])
        for n, title in enumerate(TITLES.values())
    ]
    return fill(folder / "hostile.db", [issue("PV-1", PV), *children])


def test_hostile_titles_in_a_pipe(run: Run, tmp_path: Path) -> None:
    """One line each, nothing but printable text, whole, and aligned as long as titles have a sane length."""
    out = run("tree", "--db", hostile_database(tmp_path)).out
    lines = out.splitlines()
    assert is_clean(out)
    assert len(lines) == len(TITLES) + 1
    assert "red \\x1b[31malert\\x1b[0m \\x9b5m" in out
    assert "[bold]loud[/bold] [link=http://evil]x[/link] :smile:" in out
    assert "one two  three four five" in out
    assert "ab\\u202e\\u2066cba\\u2069 \\u200bzero\\u200dwidth" in out
    assert "x" * 10_000 in out
    columns = {cell_len(line.partition("Story")[0]) for line in lines[1:] if "xxx" not in line}
    assert len(columns) == 1


def test_hostile_titles_in_json_are_exact(run: Run, tmp_path: Path) -> None:
    document = json.loads(run("tree", "--json", "--db", hostile_database(tmp_path)).out)
    assert [child["summary"] for child in document["hierarchy"][0]["children"]] == list(TITLES.values())


def test_hostile_titles_on_a_terminal(
    run: Run, tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert is_clean(plain(run("tree", "--db", hostile_database(tmp_path)).out))


def test_100_levels_on_a_narrow_terminal(
    run: Run, tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the guides would fill the line, the level's number stands."""
    rows = [issue(f"P-{n}", PV if n == 1 else "Story", parent=f"P-{n - 1}") for n in range(1, 600)]
    monkeypatch.setenv("COLUMNS", "60")
    lines = plain(
        run("tree", "--max-depth", "100", "--db", fill(tmp_path / "deep.db", rows)).out
    ).splitlines()
    assert lines[1].startswith("└─ P-2  Title of P-2")
    assert lines[99].startswith("…100 P-100  Title of P-100")


def test_json_of_part_of_the_tree(run: Run, database: Path) -> None:
    document = json.loads(run("tree", "pay-2", "--json", "--status", "DONE", "--db", database).out)
    (node,) = document["hierarchy"]
    assert [child["issue_key"] for child in node["children"]] == ["PAY-10"]
    assert (node["done"], node["total"], node["children_omitted"], document["outside"]) == (1, 2, 1, 3)


def test_nothing_to_show(run: Run, database: Path) -> None:
    assert run("tree", "--root-type", "Featur", "--db", database) == Answer(0, "", "")


def test_nothing_to_show_on_a_terminal(run: Run, database: Path, terminal: None) -> None:
    assert run("tree", "--root-type", "Featur", "--db", database) == Answer(
        0, "", "no issue is of the type 'Featur'; near: Feature\n"
    )


def test_a_key_that_is_not_there(run: Run, database: Path) -> None:
    assert run("tree", "PAY-99\x1b[2J", "--db", database) == Answer(
        1,
        "",
        "worksupport: there is no issue 'PAY-99\\x1b[2J' here\n  `worksupport keys` prints those there are\n",
    )


@pytest.mark.parametrize("depth", ["0", "101", "many"])
def test_a_depth_that_is_not_allowed(run: Run, depth: str) -> None:
    answer = run("tree", "--max-depth", depth, "--db", "nowhere.db")
    assert (answer.exit_code, answer.out) == (2, "")
    assert depth in answer.err
