"""crontab.example: what it runs is accepted as it stands, quiet, and never at one time with another line."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import Answer
from tests.harvest.test_recover import Configured, Run
from worksupport.sandbox.server import Sandbox

CRONTAB = Path(__file__).parents[2] / "crontab.example"
_FIELDS = (range(60), range(24), range(1, 32), range(1, 13), range(8))


def _lines() -> list[str]:
    """Those that cron runs, and those for which something has to be configured first (`#37 7 ...`)."""
    lines = CRONTAB.read_text(encoding="utf-8").splitlines()
    return [line.lstrip("#") for line in lines if line and not re.match("#(?![0-9])", line)]


def _jobs() -> dict[str, str]:
    """When, and the command line."""
    jobs = {}
    for line in _lines()[2:]:
        parts = line.split(None, 1) if line.startswith("@") else line.split(None, 5)
        jobs[" ".join(parts[:-1])] = parts[-1]
    return jobs


def _values(field: str, allowed: range) -> set[int]:
    """The values of one field of a crontab line: a number, `*`, or with a step, of all or of `first-last`."""
    start, _, step = field.partition("/")
    if "-" in start:
        first, _, last = start.partition("-")
        return set(range(int(first), int(last) + 1, int(step or 1)))
    if start == "*":
        return set(allowed[:: int(step or 1)])
    assert int(start) in allowed
    return {int(start)}


def test_path_and_mail_stand_first() -> None:
    assert [line.partition("=")[0] for line in _lines()[:2]] == ["PATH", "MAILTO"]


def test_what_runs_when() -> None:
    commands = {when: shlex.split(command)[1] for when, command in _jobs().items()}
    assert commands == {
        "17 */2 * * *": "harvest",
        "4-59/5 * * * *": "harvest",
        "41 3 * * 0": "reload",
        "53 1 * * *": "backup",
        "8 7 * * 1": "summary",
        "37 7 * * 1-5": "notify",
        "@reboot": "recover",
    }


def test_the_minutes_do_not_meet() -> None:
    times = [when.split() for when in _jobs() if not when.startswith("@")]
    for fields in times:
        assert all(_values(field, allowed) for field, allowed in zip(fields, _FIELDS, strict=True))
    minutes = [minute for fields in times for minute in _values(fields[0], _FIELDS[0])]
    assert len(set(minutes)) == len(minutes)
    assert 0 not in minutes


@pytest.mark.parametrize("command", list(_jobs().values()))
def test_each_command_works_and_prints_nothing_unless_to_a_file(
    site: Sandbox, configured: Configured, run: Run, tmp_path: Path, command: str
) -> None:
    configured(site, "notify.slack_url = http://127.0.0.1:9/nobody-listens\n")
    run("harvest", "-q")
    command, _, file = command.replace("$HOME", str(tmp_path)).partition(" > ")
    program, *arguments = shlex.split(command)
    assert program == "worksupport"
    assert "-q" in arguments
    answer = run(*arguments)
    assert answer == Answer(0, answer.out if file else "", "")
    assert bool(answer.out) == bool(file)
