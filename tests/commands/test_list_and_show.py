"""`list`, `search`, `show` and `open` from the outside, in a pipe and on a terminal."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.conftest import Answer, FakeClock
from tests.filled_database import fill, issue, result
from worksupport.render import terminal

Run = Callable[..., Answer]
SGR = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
NEW, OLD = "2026-11-22T09:00:00.000Z", "2026-10-01T09:00:00.000Z"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A version with a blocked story and a dropped task below it, and an issue of GitHub."""
    issues = [
        issue("PV-1", "Product Version", summary="Portal 4.2", updated_at=OLD),
        issue(
            "FE-2", "Feature", parent="PV-1", summary="Booking", assignees=["Grace Müller"], updated_at=NEW
        ),
        issue("ST-3", parent="FE-2", summary="Confirm, by text", status="Blocked", updated_at=OLD),
        issue("TA-4", "Task", parent="FE-2", summary="By fax", status="Won't Do", category="done"),
        issue(
            *("acme/portal#7", None),
            source="github",
            summary="Focus | lost",
            assignees=["Yuki Tanaka"],
            updated_at=NEW,
        ),
    ]
    runs = [{"run_id": "h", "status": "completed", "completed_at": "2026-11-22T11:48:00.000Z"}]
    results = [result("h", name, ended_at="2026-11-22T11:48:00.000Z") for name in ("jira", "github")]
    path = fill(tmp_path / "w.db", issues, harvests=runs, results=results)
    monkeypatch.setenv("WORKSUPPORT_DB", str(path))
    monkeypatch.setenv("TZ", "UTC")
    return path


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout and stderr are terminals."""
    monkeypatch.setattr(terminal, "is_terminal", lambda stream=None: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.usefixtures("database")
def test_a_pipe_gets_tabs_and_nothing_is_cut(run: Run) -> None:
    lines = run("list", clock=FakeClock()).out.splitlines()
    assert lines[0] == f"FE-2\tBooking\tFeature\tOpen\tGrace Müller\t{NEW}"
    assert lines[1] == f"acme/portal#7\tFocus | lost\tGitHub\tOpen\tYuki Tanaka\t{NEW}"
    assert [line.split("\t")[0] for line in lines] == ["FE-2", "acme/portal#7", "PV-1", "ST-3", "TA-4"]


@pytest.mark.usefixtures("database", "watched")
@pytest.mark.parametrize("columns", [40, 60, 80, 99, 100, 120, 200])
def test_a_table_fits_its_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """No key is cut; state, people and age stand in words."""
    monkeypatch.setenv("COLUMNS", str(columns))
    out = SGR.sub("", run("list", clock=FakeClock()).out)
    assert "! Blocked" in out
    assert "52d" in out
    if columns >= 60:
        assert max(map(cell_len, out.splitlines())) <= columns
        head, titles, *lines = out.splitlines()
        assert head.startswith("5 issues")
        assert head.endswith("harvested 11:48, 12 min ago")
        assert titles.split()[0] == "key"
        assert (lines[1].split()[0], "Grace M." in out) == (
            ("acme/portal#7", False) if columns >= 100 else ("portal#7", True)
        )
        assert ("Portal 4.2" in lines[0]) == (columns >= 100)


@pytest.mark.usefixtures("database")
def test_csv_comes_back_as_it_was(run: Run) -> None:
    answer = run("list", "--format", "csv", "--fields", "key,title,labels,who", clock=FakeClock())
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["summary"] for row in rows] == [
        "Booking",
        "Focus | lost",
        "Portal 4.2",
        "Confirm, by text",
        "By fax",
    ]
    assert list(rows[0]) == ["issue_key", "summary", "labels", "assignee"]


@pytest.mark.usefixtures("database")
def test_markdown_pastes_as_text_with_links(run: Run) -> None:
    out = run("list", "--format", "markdown", clock=FakeClock()).out
    assert "| [FE\\-2](<https://acme.example/browse/FE-2>) | Booking | Open | Grace Müller |\n" in out
    assert "Focus \\| lost" in out


@pytest.mark.usefixtures("database")
def test_search_is_list_and_both_json_forms_agree(run: Run) -> None:
    found = json.loads(run("search", "booking", "--json", clock=FakeClock()).out)
    assert [each["issue_key"] for each in found["issues"]] == ["FE-2"]
    assert found["total_count"] == 1
    lines = run("list", "booking", "--ndjson", clock=FakeClock()).out.splitlines()
    assert [json.loads(line) for line in lines] == found["issues"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "list --format xml",
            "--format is 'xml'; it must be one of table, plain, csv, markdown, json, ndjson",
        ),
        ("list --json --format csv", "an answer has one form, not csv and json"),
        ("list --fields kye", "--fields is 'kye'; it must be one of key, title"),
        ("show PV-1 --format csv", "--format is 'csv'; it must be one of text, markdown, json"),
    ],
)
def test_what_there_is_not(run: Run, arguments: str, words: str) -> None:
    answer = run(*arguments.split())
    assert (answer.exit_code, answer.out) == (2, "")
    assert words in answer.err


@pytest.mark.usefixtures("database")
def test_show_tells_one_issue_whole(run: Run) -> None:
    out = run("show", "fe-2", clock=FakeClock()).out
    assert out.startswith("FE-2  Booking\nOpen · Feature · Grace Müller\n\nin        PV-1 Portal 4.2\n")
    assert "done      1 of 2 below it\n" in out
    assert "changed   Sun 22 Nov 09:00\n" in out
    assert "ST-3  ! Blocked  Confirm, by text\n" in out
    document = json.loads(run("show", "FE-2", "--json", clock=FakeClock()).out)
    assert [each["issue_key"] for each in document["path"]] == ["PV-1"]
    assert [each["issue_key"] for each in document["children"]] == ["ST-3", "TA-4"]
    assert (document["done"], document["total"]) == (1, 2)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("portal#7", "acme/portal#7"),
        ("https://github.com/acme/portal/issues/7#issuecomment-1", "acme/portal#7"),
        ("https://acme.example/browse/ST-3?focused=1", "ST-3"),
        ("by FAX", "TA-4"),
    ],
)
def test_an_issue_can_be_named_in_many_ways(run: Run, text: str, key: str) -> None:
    assert run("show", text, clock=FakeClock()).out.startswith(f"{key}  ")


@pytest.mark.usefixtures("database")
def test_an_issue_that_is_not_there(run: Run) -> None:
    answer = run("show", "FE-99", clock=FakeClock())
    assert (answer.exit_code, answer.out) == (1, "")
    assert "there is no issue 'FE-99' here" in answer.err
    assert "FE-2" in answer.err
    assert run("show", "Conf", clock=FakeClock()).exit_code == 1


@pytest.mark.usefixtures("database", "watched")
def test_people_may_name_a_part_of_a_title(run: Run) -> None:
    found = run("show", "confirm", clock=FakeClock())
    assert "ST-3" in found.out
    assert found.err == "worksupport: confirm is ST-3 Confirm, by text\n"
    several = run("show", "by", clock=FakeClock())
    assert several.exit_code == 1
    assert "'by' can be 2 issues:\nST-3  Confirm, by text\nTA-4  By fax" in SGR.sub("", several.err)


@pytest.mark.usefixtures("database")
def test_people_are_told_of_words_near_those_that_nothing_holds(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script is not: to find nothing is no fault."""
    assert run("list", "boking", clock=FakeClock()) == Answer(0, "", "")
    monkeypatch.setattr(terminal, "is_terminal", lambda stream=None: True)
    said = "worksupport: no issue has the word 'boking'\n  near: booking\n"
    assert run("list", "Bóking FAX", clock=FakeClock()) == Answer(0, "", said)
    honest = "worksupport: no issue fits\n  harvested 11:48, 12 min ago\n"
    assert run("list", "booking", "fax", clock=FakeClock()) == Answer(0, "", honest)


@pytest.mark.usefixtures("database")
def test_open_prints_the_address_where_there_is_no_display(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert run("open", "ST-3").out == "https://acme.example/browse/ST-3\n"
    opened: list[Any] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda url: not opened.append(url))  # type: ignore[func-returns-value]
    assert run("open", "ST-3").out == ""
    assert opened == ["https://acme.example/browse/ST-3"]


@pytest.mark.usefixtures("database")
def test_me_and_nobody(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSUPPORT_ME", "yuki tanaka")
    assert run("keys", "-a", "@me").out == "acme/portal#7\n"
    assert run("keys", "-a", "none", "--open").out.split() == ["PV-1", "ST-3"]
    monkeypatch.delenv("WORKSUPPORT_ME")
    monkeypatch.setattr("getpass.getuser", lambda: "ytanaka")
    answer = run("keys", "-a", "@me")
    assert answer.exit_code == 3
    assert "set WORKSUPPORT_ME" in answer.err


@pytest.mark.usefixtures("database")
def test_the_recipe_for_a_picker_works(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a program in place of fzf that picks the first line and shows its preview."""
    recipe = run("help", "fzf").out.split("\n\n")[1].replace("\\\n", " ").strip()
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    programs = {
        "fzf": 'IFS= read -r line; key="${line%%\t*}"; sh -c "worksupport show \'$key\'" >&2; echo "$line"',
        "worksupport": f'exec {sys.executable} -m worksupport "$@"',
    }
    for name, script in programs.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{script}\n".replace("\t", "\t"))
        (bin_folder / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        environment.pop(name, None)
    ended = subprocess.run(["sh", "-c", recipe], env=environment, capture_output=True, text=True)
    assert ended.stdout == "https://acme.example/browse/FE-2\n"
    assert "FE-2  Booking" in ended.stderr


@pytest.mark.usefixtures("database", "watched")
def test_people_are_told_the_moment_that_is_meant_and_words_that_are_near(run: Run) -> None:
    answer = run("list", "--changed-since", "yesterday", clock=FakeClock())
    assert "changed since Sat 21 Nov 00:00\n" in answer.err
    told = run("list", "bookin", "farx", clock=FakeClock()).err
    assert told == "worksupport: no issue has the word 'farx'\n  near: fax\n"
    assert "farx" not in run("list", "farx", "-q", clock=FakeClock()).err


@pytest.mark.usefixtures("database", "watched")
def test_what_is_near_is_told_of_the_first_unknown_words(run: Run) -> None:
    """To find it walks through all that the data says, for each of them."""
    told = run("list", *(f"xyz{number}" for number in range(9)), clock=FakeClock()).err
    assert told.count("no issue has the word") == 3
