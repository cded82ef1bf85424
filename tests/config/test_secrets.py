"""Secrets from a variable, a file or a command; none is ever shown."""

import shlex
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from worksupport.config import secrets as secret_values
from worksupport.config.settings import Settings
from worksupport.errors import ConfigurationError

_JIRA = "jira.base_url=https://jira.example\njira.email=ann@x.example\n"
_GITHUB = "github.api_token=in-the-file\ngithub.issue_label=work-support\n"
_TOKEN = "WORKSUPPORT_GITHUB_API_TOKEN"
Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


def _python(program: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """A file that holds a secret and, as editors leave it, a line break."""
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    return path


def _github_token(settings: Settings) -> str:
    assert settings.github
    return settings.github.api_token


def test_a_variable_a_file_and_a_command_beat_the_configuration(load: Load, secret_file: Path) -> None:
    printing = _python("print('from-a-command  ')")
    assert _github_token(load(_GITHUB)) == "in-the-file"
    assert _github_token(load(_GITHUB, **{_TOKEN: " from-a-variable "})) == "from-a-variable"
    assert _github_token(load(_GITHUB, **{f"{_TOKEN}_FILE": str(secret_file)})) == "from-a-file"
    assert _github_token(load(_GITHUB, **{f"{_TOKEN}_COMMAND": printing})) == "from-a-command"


def test_each_of_the_four_secrets_takes_a_file(load: Load, secret_file: Path) -> None:
    ping = secret_file.with_name("ping")
    ping.write_text("https://ping.example/uuid\n")
    files = dict.fromkeys(("JIRA_API_TOKEN", "GITHUB_API_TOKEN", "SERVE_TOKEN"), secret_file)
    variables = {f"WORKSUPPORT_{name}_FILE": str(path) for name, path in files.items()}
    settings = load(_JIRA + _GITHUB, **variables, WORKSUPPORT_MONITOR_PING_URL_FILE=str(ping))
    assert settings.jira
    assert settings.jira.api_token == _github_token(settings) == settings.serve.token == "from-a-file"
    assert settings.ping_url == "https://ping.example/uuid"
    assert settings.warnings == ("no member has a github_id: nothing will be asked of GitHub",)


def test_a_file_may_begin_with_a_mark_and_its_path_with_a_tilde(
    load: Load, secret_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_file.write_text("from-a-file\r\n", encoding="utf-8-sig")
    monkeypatch.setenv("HOME", str(secret_file.parent))
    assert _github_token(load(_GITHUB, **{f"{_TOKEN}_FILE": "~/secret"})) == "from-a-file"


def test_no_shell_reads_the_command(load: Load) -> None:
    command = _python("import sys; print(sys.argv[1])") + " '$HOME;x'"
    assert _github_token(load(_GITHUB, **{f"{_TOKEN}_COMMAND": command})) == "$HOME;x"


def test_a_command_runs_once(load: Load, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = _python(f"open({str(ran)!r}, 'a').write('x'); print('t')")
    load(_GITHUB, **{f"{_TOKEN}_COMMAND": command})
    assert ran.read_text() == "x"


@pytest.mark.parametrize("endings", [("", "_FILE"), ("", "_COMMAND"), ("_FILE", "_COMMAND")])
def test_two_ways_at_once_are_refused(problems: Problems, endings: tuple[str, str]) -> None:
    names = [_TOKEN + ending for ending in endings]
    told = problems(_GITHUB, **dict.fromkeys(names, ""))
    assert told == [f"github.api_token: {names[0]} and {names[1]} are set; keep one of them"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FILE", "", "the file it names cannot be read: Is a directory"),
        ("FILE", "no-such-file-SECRET", "the file it names cannot be read: No such file or directory"),
        ("FILE", "empty-file", "the file it names is empty"),
        ("FILE", "latin-file", "the file it names is not UTF-8 text"),
        ("COMMAND", "", "expected a command; it is empty"),
        ("COMMAND", "echo 'SECRET", "expected a command; a quotation mark is not closed"),
        ("COMMAND", "no-such-program-SECRET", "the command cannot be run: No such file or directory"),
        ("COMMAND", _python("raise SystemExit('SECRET')"), "the command failed (exit status 1)"),
        ("COMMAND", _python("print('SECRET'); exit(3)"), "the command failed (exit status 3)"),
        ("COMMAND", _python("print()"), "what the command printed is empty"),
        ("COMMAND", _python("print('a SECRET')"), "expected a token: ASCII without blanks"),
        (
            "COMMAND",
            _python(r"import sys; sys.stdout.buffer.write(b'SECRET\xff')"),
            "what the command printed is not UTF-8 text",
        ),
    ],
)
def test_what_goes_wrong_is_told_without_the_secret(
    load: Load, tmp_path: Path, name: str, value: str, expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in the message nor in the traceback, nor does the command write to our streams."""
    (tmp_path / "empty-file").write_text(" \n")
    (tmp_path / "latin-file").write_bytes(b"SECRET\xff")
    with pytest.raises(ConfigurationError) as refused:
        load(_GITHUB, **{f"{_TOKEN}_{name}": value})
    lines = refused.value.message.split("\n")[1:]
    assert len(lines) == 1
    assert lines[0].startswith(f"  github.api_token ({_TOKEN}_{name}): {expected}")
    assert refused.value.__cause__ is refused.value.__context__ is None
    assert "SECRET" not in "".join(traceback.format_exception_only(refused.value)) + repr(refused.value)
    assert capfd.readouterr() == ("", "")


def test_a_command_that_hangs_is_ended(problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_values, "_COMMAND_SECONDS", 0.05)
    command = _python("import time; print('SECRET', flush=True); time.sleep(60)")
    told = problems(_GITHUB, **{f"{_TOKEN}_COMMAND": command})
    assert told == [f"github.api_token ({_TOKEN}_COMMAND): the command was not done after 0.05 seconds"]


def test_no_secret_is_in_the_settings_as_text(load: Load) -> None:
    text = (
        f"{_JIRA}jira.api_token=SECRET1\ngithub.api_token=SECRET2\ngithub.issue_label=x\n"
        "serve.token=ASECRET3\nmonitor.ping_url=https://x/SECRET4\n"
    )
    assert "SECRET" not in repr(load(text)) + str(load(text))
