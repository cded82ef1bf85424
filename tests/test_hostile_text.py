"""Hostile text from the services, through every command and log format: nothing acts, JSON stays exact."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.commands.hostile import TITLES, is_clean
from tests.conftest import Answer, FakeClock
from worksupport.sandbox.exchange import Answer as ServiceAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.github_data import fill_github
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
TEXTS = {
    **TITLES,
    "nul and lone surrogates": "a\0b\ud800c\udfffd",
    "c1": "".join(map(chr, range(0x80, 0xA0))),
    "c0 and delete": "".join(map(chr, [*range(1, 32), 127])),
    "tags and private": "\U000e0041\ue000\U0010ffff\ufeff",
}
CLUSTER = "".join(text for name, text in TEXTS.items() if name != "long")
SGR = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def stored(text: str) -> str:
    """Text as JSON has it: as sent, only what SQLite cannot keep replaced."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Every hostile text as a title, status, label and name, in Jira and GitHub, served and configured."""
    world = empty_site()
    world.team = world.team[:2]
    fill_github(world, 7)
    root = world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    for text in TEXTS.values():
        issue = world.add_jira_issue("IAIPORT", "Feature", parent=root, summary=text, labels=[text])
        name = text[:300]
        issue["fields"]["status"] = {**issue["fields"]["status"], "name": name}
        issue["fields"]["assignee"] = {
            **world.team[0].jira_user(),
            "accountId": f"x:{name}",
            "displayName": name,
        }
    for github_issue, text in zip(world.github_issues, TEXTS.values(), strict=False):
        github_issue["title"] = text
    with running(world) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        yield sandbox


def answering_with(status: int) -> Callable[[Request, ServiceAnswer], ServiceAnswer]:
    """A service whose error message is hostile."""
    document = {"errorMessages": [CLUSTER], "message": CLUSTER, "errors": {CLUSTER: CLUSTER}}

    def fault(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
        return ServiceAnswer(document, status) if "search" in request.path else answer

    return fault


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout and stderr as a terminal of 100 columns with colours."""
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(type(stream), "isatty", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PAGER", "cat")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_acts_in_a_pipe(run: Run, site: Sandbox, log_format: str) -> None:
    """Answers as text, and logs of both forms."""
    setting = ["-vv", "--log-format", log_format]
    for command in (["harvest"], ["reload"], ["recover"], ["check"], ["keys"], ["tree"], ["history"]):
        answer = run(*command, *setting)
        assert answer.exit_code == 0, answer
        assert is_clean(answer.out + answer.err), command


@pytest.mark.parametrize("status", [400, 401, 422, 429, 500])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_error_messages_of_services(run: Run, site: Sandbox, status: int, log_format: str) -> None:
    """They are in the log, in the record, and in what `history` and `check` tell of it."""
    site.fault = answering_with(status)
    failed = run("harvest", "-vv", "--log-format", log_format, clock=FakeClock())
    checked = run("check", "-vv", "--log-format", log_format, clock=FakeClock())
    assert failed.exit_code != 0
    assert checked.exit_code != 0
    texts = [failed.err, checked.out, checked.err, run("history", "--harvests").out]
    texts += [run("history", "--harvests", "1").out]
    assert all(is_clean(text) for text in texts)
    if log_format == "json":
        assert all(json.loads(line)["message"] for line in failed.err.splitlines())


def test_nothing_acts_on_a_terminal(run: Run, site: Sandbox, terminal: None) -> None:
    """Colours aside, which are our own."""
    lists = [["list"], ["list", "--format", "plain"], ["list", "--format", "csv"]]
    lists += [
        ["list", "--format", "markdown"],
        ["show", "IAIPORT-2"],
        ["show", "IAIPORT-2", "--format", "markdown"],
    ]
    runs = [["harvest"], ["check"], ["keys"], ["tree"], ["history"], ["history", "--harvests"]]
    for command in runs + lists:
        answer = run(*command)
        assert answer.exit_code == 0, answer.err
        assert is_clean(SGR.sub("", answer.out).replace("\t", "").replace("\r\n", "\n")), command
        assert "\x1b]" not in answer.err
        assert "evil\x07" not in answer.err


def test_names_that_somebody_types(run: Run, site: Sandbox, terminal: None) -> None:
    """Hints and errors repeat what was typed, and what is near it in the data."""
    run("harvest", "-q")
    for text in ("red \x1b[31malert", "\x9b5m\u202e", "x" * 10_000):
        for option in ("--assignee", "--label"):
            assert is_clean(SGR.sub("", run("keys", option, text).err))
            assert is_clean(SGR.sub("", run("tree", option, text).err))
        assert is_clean(SGR.sub("", run("tree", text).err))
        assert is_clean(SGR.sub("", run("check", "--max-age", text).err))


@pytest.mark.usefixtures("terminal")
def test_columns_of_the_tree_stay_aligned(run: Run, site: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal no line is wider than it, and the type of each issue stands in one column."""
    monkeypatch.setenv("COLUMNS", "160")
    run("harvest", "-q")
    lines = [line for line in SGR.sub("", run("tree").out).splitlines() if " Feature " in line]
    assert len(lines) == len(TEXTS)
    assert max(map(cell_len, lines)) <= 160
    assert len({cell_len(line[: line.rindex(" Feature ")]) for line in lines}) == 1


def test_json_is_exact(run: Run, site: Sandbox) -> None:
    """What the services sent, as one line of ASCII; lone surrogates and NUL as U+FFFD."""
    run("harvest", "-q")
    tree, keys = run("tree", "--json").out, run("keys", "--json").out
    assert tree.isascii()
    assert is_clean(tree + keys)
    nodes = json.loads(tree)["hierarchy"][0]["children"]
    assert [node["summary"] for node in nodes] == [stored(text) for text in TEXTS.values()]
    assert [node["labels"] for node in nodes] == [[stored(text)] for text in TEXTS.values()]
    assert [node["status"] for node in nodes] == [stored(text[:300]) for text in TEXTS.values()]
    # Without a display name it is the account id.
    assert [node["assignee"] for node in nodes] == [stored(text[:300]) or "x:" for text in TEXTS.values()]


def test_hostile_names_can_be_asked_for(run: Run, site: Sandbox) -> None:
    run("harvest", "-q")
    for text in TEXTS.values():
        if stored(text):
            found = json.loads(run("keys", "--label", stored(text), "--json").out)
            assert found["total_count"] == 1, text
