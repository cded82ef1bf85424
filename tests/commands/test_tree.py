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
    monkeypatch.setenv("WORKSUPPORT_PAGER", "")


def test_plain_in_a_pipe(run: Run, database: Path, clock: FakeClock) -> None:
    assert run("tree", "--db", database, clock=clock) == Answer(
        0,
        "PV-1  Payments 4.0           1/4  Product Version    In Progress  Anna Berg\n"
        "├─ PAY-2  Refunds            1/2  Feature            Open         Bo\n"
        "│  ├─ PAY-10  Refund a card       Story              Done         Bo\n"
        "│  └─ PAY-11  Wording             Task               Open         unassigned\n"
        "└─ PAY-3  Acme goes live          Customer Adoption  Waiting      unassigned\n"
        "outside the hierarchy        0/1\n"
        "└─ LOST-1  Title of LOST-1        Story              Open         unassigned\n",
        "",
    )


def test_on_a_terminal(run: Run, database: Path, terminal: None, clock: FakeClock) -> None:
    """The age and the heads first; what is blocked has a mark, what is not shown another."""
    answer = run("tree", "--max-depth", "2", "--db", database, clock=clock)
    assert plain(answer.out).splitlines() == [
        "Jira harvested 11:40, 20 min ago",
        "                              done    type                 status       who",
        "PV-1  Payments 4.0       ▰▱▱▱▱ 1/4    Product Version      In Progress  Anna Berg",
        "├─ PAY-2  Refunds        ▰▰▱▱▱ 1/2 ▸  Feature              Open         Bo",
        "└─ PAY-3  Acme goes live              Customer Adoption  ! Waiting      unassigned",
        "outside the hierarchy    ▱▱▱▱▱ 0/1",
        "└─ LOST-1  Title of LOST-1            Story                Open         unassigned",
    ]
    assert answer.err == ""


def test_on_a_narrower_terminal(
    run: Run, database: Path, terminal: None, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither bars nor types, and short names; where there are no other letters, marks of ASCII."""
    monkeypatch.setenv("COLUMNS", "64")
    monkeypatch.setenv("LC_ALL", "C")
    answer = run("tree", "PV-1", "--max-depth", "2", "--db", database, clock=clock)
    assert plain(answer.out).splitlines() == [
        "Jira harvested 11:40, 20 min ago",
        "                    done      status       who",
        "PV-1  Payments 4.0   1/4      In Progress  Anna B.",
        "|- PAY-2  Refunds    1/2 >    Open         Bo",
        "`- PAY-3  Acme goes live    ! Waiting      unassigned",
    ]


def plain(text: str) -> str:
    """`text` without the sequences that set bold, dim and colours, and without addresses behind texts."""
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", text)


def test_what_colours_say(run: Run, database: Path, terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    out = run("tree", "--all", "--db", database).out
    assert "\x1b[33mJira harvested" in out  # older than check allows
    assert "\x1b[1m  Payments 4.0" in out
    assert "\x1b[36m  In Progress\x1b[0m" in out
    assert "\x1b[32m  Done       \x1b[0m" in out
    assert "\x1b[31m! Waiting    \x1b[0m" in out
    assert "  Open         " in out
    assert "\x1b[2munassigned\x1b[0m" in out


def test_keys_are_links_where_the_terminal_knows_them(
    run: Run, tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    hostile = issue("A-2", parent="PV-1", url="https://x.example/\x1b\\\x07]0;owned")
    path = fill(tmp_path / "links.db", [issue("PV-1", PV), hostile])
    out = run("tree", "--db", path).out
    assert re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b", out) == ["https://acme.example/browse/PV-1", ""]
    monkeypatch.setenv("TERM", "linux")
    assert "\x1b]8" not in run("tree", "--db", path).out


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """Issues left alone for long, lately changed, done, and of a type that only the service knows."""
    now = "2026-11-22T11:00:00.000Z"
    return fill(
        tmp_path / "marked.db",
        [
            issue("PV-1", PV, status="In Progress", assignees=["Bo"], updated_at="2026-08-01T00:00:00.000Z"),
            issue("PAY-1", "Feature", parent="PV-1", updated_at="2026-10-23T12:00:00.000Z"),
            issue("PAY-2", "Feature", parent="PV-1", updated_at="2026-10-23T12:00:00.001Z"),
            issue("PAY-3", parent="PAY-2", status="Done", updated_at="2025-01-01T00:00:00.000Z"),
            issue("PAY-4", parent="PAY-2", updated_at=now)
            | {"issue_type_id": -1, "vendor_type": '{"id": "1", "name": "Bug"}'},
            issue("PAY-5", None, parent="PAY-2", updated_at=None) | {"issue_type_id": -1},
        ],
    )


def test_the_last_change_and_foreign_types_are_named(run: Run, marked: Path, clock: FakeClock) -> None:
    """Of a parent that of anything below it, of what is done none; a type we do not know as its service."""
    assert run("tree", "--db", marked, clock=clock).out == (
        "PV-1  Title of PV-1          1/5  Product Version       In Progress  Bo           1h\n"
        "├─ PAY-1  Title of PAY-1          Feature               Open         unassigned  30d\n"
        "└─ PAY-2  Title of PAY-2     1/3  Feature               Open         unassigned   1h\n"
        "   ├─ PAY-3  Title of PAY-3       Story                 Done         unassigned\n"
        "   ├─ PAY-4  Title of PAY-4       Bug                   Open         unassigned   1h\n"
        "   └─ PAY-5  Title of PAY-5       Error-Type Not Known  Open         unassigned\n"
    )


@pytest.mark.parametrize("since", ["2h", "90m", "2026-11-22", "2026-11-22T10:00", "2026-11-22t12:00+02:00"])
def test_changed_since_keeps_the_path(run: Run, marked: Path, clock: FakeClock, since: str) -> None:
    out = run("tree", "--changed-since", since, "--db", marked, clock=clock).out
    assert re.findall(r"(\S+)  Title", out) == ["PV-1", "PAY-2", "PAY-4"]


@pytest.mark.parametrize("command", ["tree", "keys"])
@pytest.mark.parametrize("since", ["soon", "2", "-2d", "999999w", ""])
def test_a_time_that_there_is_not(run: Run, marked: Path, command: str, since: str) -> None:
    answer = run(command, f"--changed-since={since}", "--db", marked)
    assert (answer.exit_code, answer.out) == (2, "")
    assert "such as 2d or 5h" in answer.err


def test_one_line_a_root(run: Run, marked: Path, terminal: None, clock: FakeClock) -> None:
    """With only the top shown nothing says that there is more below: the counts do."""
    lines = plain(run("tree", "--max-depth", "1", "--db", marked, clock=clock).out).splitlines()
    assert lines[-1] == "PV-1  Title of PV-1  ▰▱▱▱▱ 1/5  Product Version  In Progress  Bo        1h"
    assert "▸" not in "".join(lines)


def test_one_node_a_line(run: Run, database: Path) -> None:
    """The nodes of the document, from top to bottom, with their place instead of their children."""
    rows = [json.loads(line) for line in run("tree", "--ndjson", "--db", database).out.splitlines()]
    waiting = json.loads(run("tree", "--json", "--db", database).out)["hierarchy"]
    places = {"PV-1": (1, None), "PAY-2": (2, "PV-1"), "PAY-3": (2, "PV-1")}
    places |= {"PAY-10": (3, "PAY-2"), "PAY-11": (3, "PAY-2")}
    for row in rows:
        node = waiting.pop(0)
        waiting = node.pop("children") + waiting
        depth, parent_key = places[row["issue_key"]]
        assert row == {**node, "depth": depth, "parent_key": parent_key}
    assert len(rows) == len(places)


@pytest.mark.parametrize("command", ["tree", "keys"])
def test_two_forms_at_once_are_refused(run: Run, database: Path, command: str) -> None:
    assert run(command, "--json", "--ndjson", "--db", database).exit_code == 2


def test_a_part_says_nothing_about_the_rest(run: Run, database: Path, terminal: None) -> None:
    assert "no place" not in run("tree", "PAY-2", "--db", database).out


def test_titles_whole_on_a_terminal(
    run: Run, tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    path = fill(tmp_path / "wide.db", [issue("PV-1", PV, summary="long " * 30 + "end")])
    assert "end  Product Version" in plain(run("tree", "--wide", "--db", path).out)
    assert "end" not in run("tree", "--db", path).out


@pytest.fixture
def long_tree(tmp_path: Path, terminal: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More lines than the screen has, and a pager that keeps what it gets."""
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("PAGER", "cat > paged.txt; echo $LESS > less.txt")
    monkeypatch.delenv("WORKSUPPORT_PAGER")
    rows = [issue(f"S-{number}", parent="PV-1") for number in range(20)]
    return fill(tmp_path / "long.db", [issue("PV-1", PV), *rows])


def test_longer_than_the_screen_goes_through_the_pager(run: Run, tmp_path: Path, long_tree: Path) -> None:
    assert run("tree", "--db", long_tree) == Answer(0, "", "")
    assert (tmp_path / "paged.txt").read_text().count("Title of") == 21
    assert (tmp_path / "less.txt").read_text() == "FRX\n"


def test_a_pager_that_fails_or_ends_early_is_no_error(
    run: Run, long_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSUPPORT_PAGER", "exit 1")
    assert run("tree", "--db", long_tree) == Answer(0, "", "")
    monkeypatch.setenv("WORKSUPPORT_PAGER", "no-such-pager 2>/dev/null")
    assert run("tree", "--db", long_tree).out.count("Title of") == 21


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({}, ["--no-pager"]),
        ({}, ["--max-depth", "1"]),
        ({"WORKSUPPORT_PAGER": ""}, []),
        ({"WORKSUPPORT_PAGER": "cat"}, []),
        ({"TERM": "dumb"}, []),
    ],
)
def test_no_pager_where_none_is_wanted(
    run: Run,
    long_tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: list[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "PV-1" in run("tree", *arguments, "--db", long_tree).out


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
    lines = [line for line in plain(run("tree", "--db", path).out).splitlines() if re.match("[PX├└…]", line)]
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
    assert lines[2].startswith("└─ P-2  Title of P-2")
    assert lines[100].startswith("…100 P-100  Title of P-100")


def test_json_of_part_of_the_tree(run: Run, database: Path) -> None:
    document = json.loads(run("tree", "pay-2", "--json", "--status", "DONE", "--db", database).out)
    (node,) = document["hierarchy"]
    assert [child["issue_key"] for child in node["children"]] == ["PAY-10"]
    assert (node["done"], node["total"], node["children_omitted"], document["outside"]) == (1, 2, 1, 3)


def test_nothing_to_show(run: Run, database: Path, clock: FakeClock) -> None:
    assert run("tree", "--root-type", "Featur", "--db", database, clock=clock) == Answer(
        0, "", "worksupport: no issue is of the type 'Featur'\n  near: Feature\n"
    )
    assert run("tree", "--root-type", "Bug", "--db", database, "-q", clock=clock) == Answer(0, "", "")


def test_nothing_to_show_on_a_terminal(run: Run, database: Path, terminal: None, clock: FakeClock) -> None:
    assert run("tree", "--root-type", "Featur", "--db", database, clock=clock) == Answer(
        0, "", "worksupport: no issue is of the type 'Featur'\n  near: Feature\n"
    )


def test_a_key_that_is_not_there(run: Run, database: Path) -> None:
    assert run("tree", "PAY-99\x1b[2J", "--db", database) == Answer(
        1,
        "",
        "worksupport: there is no issue 'PAY-99\\x1b[2J' here\n  near: PAY-2\n",
    )


@pytest.mark.parametrize("depth", ["0", "101", "many"])
def test_a_depth_that_is_not_allowed(run: Run, depth: str) -> None:
    answer = run("tree", "--max-depth", depth, "--db", "nowhere.db")
    assert (answer.exit_code, answer.out) == (2, "")
    assert depth in answer.err


def test_what_is_done_is_folded_on_a_terminal_until_all_is_asked_for(
    run: Run, tmp_path: Path, terminal: None, clock: FakeClock
) -> None:
    """JSON and pipes are whole."""
    rows = [
        issue("PV-1", PV),
        issue("FE-1", "Feature", parent="PV-1", status="Done"),
        issue("ST-1", parent="FE-1", status="Done"),
        issue("PV-2", PV, status="Done"),
        issue("FE-2", "Feature", parent="PV-2", status="Won't Do", category="done"),
    ]
    path = fill(tmp_path / "done.db", rows)

    def shown(*more: str) -> set[str]:
        out = plain(run("tree", *more, "--db", path, clock=clock).out)
        return {key for key in ("PV-1", "FE-1", "ST-1", "PV-2", "FE-2") if key in out}

    assert shown() == {"PV-1", "FE-1", "PV-2"}
    assert shown("--all") == {"PV-1", "FE-1", "ST-1", "PV-2", "FE-2"}
    assert shown("PV-2") == {"PV-2", "FE-2"}
    (feature,) = json.loads(run("tree", "--json", "--db", path).out)["hierarchy"][0]["children"]
    assert len(feature["children"]) == 1


def test_markdown_is_a_list_of_links(run: Run, database: Path, clock: FakeClock) -> None:
    out = run("tree", "--format", "markdown", "--db", database, clock=clock).out.splitlines()
    link = "[PV\\-1](<https://acme.example/browse/PV-1>)"
    assert out[0] == f"- {link} Payments 4\\.0 \\(In Progress, Anna Berg, 1/4\\)"
    assert out[1].startswith("  - [PAY\\-2]")
    assert run("tree", "--format", "csv", "--db", database).exit_code == 2
    assert (
        run("keys", "--format", "json", "--db", database).out == run("keys", "--json", "--db", database).out
    )
