"""The table of faults, and the sandbox started by hand."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.conftest import FakeClock
from worksupport.clock import Clock
from worksupport.sandbox import __main__ as by_hand
from worksupport.sandbox import server
from worksupport.sandbox.faults import FAULTS, Faults
from worksupport.sandbox.made_up import made_up_world
from worksupport.sandbox.server import Sandbox

JIRA_BODY = {"jql": "project = IACU ORDER BY key", "fields": ["summary"], "maxResults": 5}
GITHUB_PARAMS = {"q": "is:issue", "advanced_search": "true", "per_page": "5"}


def outcomes(sandbox: Sandbox) -> list[str]:
    """Eight searches, four at each service (Jira's second page among them), as text or the error's name."""
    world = sandbox.world
    with requests.Session() as session:
        found = []
        body = dict(JIRA_BODY)
        for _ in range(4):
            answer = _outcome(partial(_post, session, sandbox, body, (world.jira_email, world.jira_token)))
            found.append(answer)
            token = answer.partition('"nextPageToken":"')[2].partition('"')[0]
            body = {**JIRA_BODY, "nextPageToken": token} if token else dict(JIRA_BODY)
        found += [_outcome(lambda: _get(session, sandbox)) for _ in range(4)]
    return found


def _post(
    session: requests.Session, sandbox: Sandbox, body: dict[str, object], auth: tuple[str, str]
) -> requests.Response:
    url = f"{sandbox.jira_url}/rest/api/3/search/jql"
    return session.post(url, json=body, auth=auth, timeout=5, allow_redirects=False)


def _get(session: requests.Session, sandbox: Sandbox) -> requests.Response:
    headers = {"Authorization": f"Bearer {sandbox.world.github_token}"}
    url = f"{sandbox.github_url}/search/issues"
    return session.get(url, params=GITHUB_PARAMS, headers=headers, timeout=5, allow_redirects=False)


def _outcome(ask: Callable[[], requests.Response]) -> str:
    volatile = ("Date", "X-RateLimit-Remaining", "X-RateLimit-Used", "X-RateLimit-Reset")
    try:
        answer = ask()
    except requests.RequestException as error:
        return type(error).__name__
    headers = {name: value for name, value in answer.headers.items() if name not in volatile}
    return f"{answer.status_code} {headers} {answer.text}"


@pytest.fixture(scope="module")
def plain() -> list[str]:
    """The eight outcomes without a fault."""
    with server.running(made_up_world(), port=0) as sandbox:
        return [text.replace(sandbox.jira_url, "URL") for text in outcomes(sandbox)]


# A drip of real seconds is too slow for a test of the table.
@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "drip"])
def test_each_fault_shows(kind: str, plain: list[str]) -> None:
    """Each kind changes something among eight searches, and leaves the kinds that it is not about alone."""
    with server.running(made_up_world(), fault=Faults(kind)) as sandbox:
        found = [text.replace(sandbox.jira_url, "URL") for text in outcomes(sandbox)]
    assert found != plain
    if FAULTS[kind].meaning.startswith("Jira"):
        assert found[4:] == plain[4:]
    if FAULTS[kind].meaning.startswith("GitHub"):
        assert found[:4] == plain[:4]


def test_a_drip_waits_before_each_byte() -> None:
    clock = FakeClock()
    with server.running(made_up_world(), fault=Faults("drip"), clock=clock) as sandbox:
        outcomes(sandbox)
    assert clock.waits[:3] == [0.5, 0.5, 0.5]


def test_faults_mix_and_latency_is_waited_for() -> None:
    clock = FakeClock()
    with server.running(made_up_world(), fault=Faults("503", "short"), clock=clock) as sandbox:
        sandbox.latency_seconds = 0.2
        found = outcomes(sandbox)
    assert [text[:3] for text in found] == ["200", "503"] * 4
    assert clock.waits == [0.2] * 8
    assert sandbox.asked("/search/jql")[0] == JIRA_BODY["jql"]


def test_by_hand_stdout_is_a_configuration_and_a_signal_ends_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class StopsAtOnce(Clock):
        def sleep(self, seconds: float) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            super().sleep(seconds)

    assert by_hand.main(["--fault", "flaky,short"], clock=StopsAtOnce()) == 0
    out, err = capfd.readouterr()
    assert "jira.base_url = http://127.0.0.1:" in out
    assert err == ""


def test_by_hand_lists_the_kinds_and_refuses_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert by_hand.main(["--fault", "help"]) == 0
    assert all(kind in capsys.readouterr().out for kind in ["429 "])
    assert by_hand.main(["--fault", "gremlins"]) == 2
    assert "no such fault: gremlins" in capsys.readouterr().err


def test_the_readme_lists_every_fault() -> None:
    readme = Path(sys.modules[server.__name__].__file__ or "").with_name("README.md").read_text("utf-8")
    assert [kind for kind in FAULTS if f"| `{kind}` |" not in readme] == []
