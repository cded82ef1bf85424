"""What stands in the log: levels, fields, run ids, and nothing that acts on a terminal."""

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.hostile import is_clean
from tests.conftest import Answer, FakeClock
from worksupport import log
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
logger = logging.getLogger("worksupport.tests")
ANYTHING = st.text(st.characters(codec=None), max_size=60)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Callable[..., list[str]]:
    """lines(talk, verbosity=0, log_format="text") is what `talk()` logs."""

    def logged(talk: Callable[[], None], verbosity: int = 0, log_format: str = "text") -> list[str]:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        log.set_up(verbosity, log_format, clock)
        talk()
        return stream.getvalue().split("\n")[:-1]

    return logged


def every_level() -> None:
    """One line of each level."""
    log.name_run("3f2a9c1b7d4e")
    for level, word in (
        (logging.DEBUG, "debug"),
        (logging.INFO, "info"),
        (log.SUMMARY, "summary"),
        (logging.WARNING, "warning"),
        (log.NEWLY_LEFT_OUT, "newly left out"),
        (logging.ERROR, "error"),
    ):
        logger.log(level, word)


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [
        (-1, ["newly left out", "error"]),
        (0, ["summary", "warning", "newly left out", "error"]),
        (1, ["info", "summary", "warning", "newly left out", "error"]),
        (2, ["debug", "info", "summary", "warning", "newly left out", "error"]),
        (5, ["debug", "info", "summary", "warning", "newly left out", "error"]),
    ],
)
def test_levels(lines: Callable[..., list[str]], verbosity: int, shown: list[str]) -> None:
    documents = [json.loads(line) for line in lines(every_level, verbosity, "json")]
    assert [document["message"] for document in documents] == shown
    assert {document["run"] for document in documents} == {"3f2a9c1b7d4e"}


def test_text_lines_have_time_emoji_fields_and_run(lines: Callable[..., list[str]]) -> None:
    def talk() -> None:
        log.name_run("3f2a9c1b7d4e")
        logger.warning(
            "waiting", extra=log.fields(seconds=1.5, reason="it said: later", path='a="b"', empty="")
        )

    assert lines(talk) == [
        '2026-11-22T12:00:00.000Z ⚠️ waiting seconds=1.5 reason="it said: later" path="a=\\"b\\"" '
        'empty="" run=3f2a9c1b7d4e'
    ]


def test_a_person_at_a_terminal_sees_no_times(
    lines: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(io, "StringIO", Terminal)
    assert lines(lambda: logger.error("no")) == ["❌ no"]


def test_without_a_stderr_nothing_breaks(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    log.set_up(0, "text", clock)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING, ANYTHING)
def test_no_text_acts_or_breaks_a_line(lines: Callable[..., list[str]], message: str, value: str) -> None:
    """One call, one line, whatever strangers wrote; JSON keeps it exactly."""

    def talk() -> None:
        logger.warning("%s", message, extra=log.fields(value=value))

    (text,) = lines(talk)
    assert is_clean(text)
    (document,) = lines(talk, log_format="json")
    assert document.isascii()
    assert document.isprintable()
    parsed = json.loads(document)
    assert (parsed["message"], parsed["value"]) == (message, value)


def test_errors_are_json_too(run: Run) -> None:
    """With --log-format json every line on stderr is one object, also the one that ends the command."""
    answer = run("keys", "--db", "nowhere.db", "--log-format", "json")
    (line,) = answer.err.splitlines()
    document = json.loads(line)
    assert (answer.exit_code, document["level"], document["exit_code"]) == (3, "error", 3)
    assert "nowhere.db" in document["message"]
    assert "worksupport harvest" in document["hint"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One product version, and a member whose GitHub profile is hidden; configured."""
    world = empty_site()
    world.team = world.team[1:2]
    world.hidden_logins = {str(world.team[0].login)}
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    with running(world) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        yield sandbox


def test_what_is_left_out_breaks_the_silence_once(run: Run, site: Sandbox) -> None:
    first, second, informed = run("harvest", "-q"), run("harvest", "-q"), run("harvest", "-v")
    assert "login tdvorak left out" in first.err
    assert (first.exit_code, second.exit_code, second.err) == (0, 0, "")
    assert "ℹ️ github: login tdvorak left out" in informed.err  # noqa: RUF001


def test_one_run_has_one_id_on_every_line(run: Run, site: Sandbox) -> None:
    documents = [json.loads(line) for line in run("harvest", "-vv", "--log-format", "json").err.splitlines()]
    assert len({document["run"] for document in documents}) == 1
    summary = documents[-1]
    assert (summary["level"], summary["sources"]["jira"]["new"]) == ("summary", 1)
    requests = [document for document in documents if document["message"] == "request"]
    assert len(requests) == len(site.requests)
    assert {"method", "address", "status", "seconds", "bytes"} <= requests[0].keys()


def test_on_a_terminal_there_is_neither_time_nor_run_and_the_next_step_has_its_line(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    log.set_up(0, "text", clock)
    log.name_run("3f2a9c1b7d4e")
    logger.error("jira failed: refused", extra=log.fields(hint="make a \x1b new token", seconds=2))
    assert stream.getvalue() == "❌ jira failed: refused seconds=2\n  make a \\x1b new token\n"


def test_a_second_log_on_a_full_disk_loses_lines_and_no_more(
    clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(1, "text", clock)
    with log.also_to(os.open("/dev/full", os.O_WRONLY), clock):
        for number in range(3000):
            logging.getLogger("worksupport.test").debug("line %d", number)
        logging.getLogger("worksupport.test").info("on stderr")
    assert capsys.readouterr().err == "2026-11-22T12:00:00.000Z \u2139\ufe0f on stderr\n"
