"""No secret in any output, log or process list, whatever is typed and however it fails."""

import os
import sqlite3
import subprocess
import sys
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Answer
from worksupport import cli
from worksupport.clock import Clock
from worksupport.errors import WorksupportError
from worksupport.model.tracked import NUMBERS
from worksupport.network.auth import Credentials
from worksupport.sandbox.exchange import Answer as ServiceAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running

Run = Callable[..., Answer]
JIRA, GITHUB = "jira-T0ken-of-the-tests", "github_pat_T0ken-of-the-tests"
SERVE, PING = "serve-T0ken-of-the-tests", "f00d-ping-of-the-tests"
SLACK, TEAMS, SIGNATURE = "sl4ck-of-the-tests", "t3ams-of-the-tests", "s1gnature-of%2Bthe-tests"
# The loudest ones show all there is; the others take their time in the long tests.
LOUDEST = [["-vv"], ["-vv", "--log-format", "json"]]
OTHERS = [
    [*volume, "--log-format", log_format]
    for volume in (["-q"], [], ["-v"])
    for log_format in ("text", "json")
]
COMMANDS = {
    "harvest": ["harvest", "--json"],
    "dry run": ["harvest", "--dry-run"],
    "reload": ["reload", "--json"],
    "recover": ["recover", "--json"],
    "check": ["check"],
    "check as JSON": ["check", "--json"],
    "keys": ["keys", "--json"],
    "tree": ["tree"],
    "history": ["history", "--harvests"],
    "history of reloads": ["history", "--json"],
    "backup": ["backup", "copies"],
    "init": ["init"],
}


class Configured(NamedTuple):
    """A served site, and everything that nobody may see."""

    site: Sandbox
    secrets: tuple[str, ...]
    config: Path


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """All four secrets are in the configuration; nobody listens where the ping goes."""
    world = empty_site()
    world.team = world.team[1:2]
    world.jira_token, world.github_token = JIRA, GITHUB
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    basic = b64encode(f"{world.jira_email}:{JIRA}".encode()).decode()
    with running(world) as site:
        config = tmp_path / "team.properties"
        more = f"serve.token = {SERVE}\nmonitor.ping_url = http://127.0.0.1:9/{PING}\n"
        config.write_text(site.properties() + more, "utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        yield Configured(site, (JIRA, GITHUB, SERVE, PING, basic), config)


def echoing(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
    """A service, or a proxy before it, that refuses and sends back what it was sent."""
    text = f"refused: {request.headers.get('authorization')}"
    return ServiceAnswer({"errorMessages": [text], "message": text}, 400 if "search" in request.path else 403)


def refusing(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
    """Credentials that have expired."""
    return ServiceAnswer({"message": "Bad credentials"}, 401)


def telling_back(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
    """A stranger who refuses and names all that was asked for."""
    return ServiceAnswer({"message": f"no {request.path} {request.query}"}, 400)


def breaking(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
    """Answers that break off."""
    return ServiceAnswer({"message": "x"}, delivery="half")


FAULTS = {"well": None, "echo": echoing, "refused": refusing, "broken": breaking}


class HastyClock(Clock):
    """Waits take no time."""

    def sleep(self, seconds: float) -> None:
        self.check()


class EndingClock(Clock):
    """Whoever waits is asked to end: a server as soon as it has started."""

    def sleep(self, seconds: float) -> None:
        self.request_stop()
        self.check()


@pytest.fixture
def shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """shown(*arguments) is everything that a command shows, and the exception chain that ended it."""
    chains: list[str] = []
    show = cli._show

    def kept(error: WorksupportError, *more: str) -> int:
        chains.append("".join(traceback.format_exception(error)))
        return show(error, *more)

    monkeypatch.setattr(cli, "_show", kept)

    def everything(*arguments: str) -> str:
        chains.clear()
        clock = EndingClock() if arguments[0] == "serve" else HastyClock()
        answer = run(*arguments, clock=clock)
        return "\n".join([answer.out, answer.err, *chains])

    return everything


def leaked(text: str, secrets: tuple[str, ...]) -> list[str]:
    """The secrets that stand in the text."""
    return [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("setting", LOUDEST, ids=" ".join)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_command_shows_a_secret(
    configured: Configured, shown: Callable[..., str], setting: list[str], fault: str
) -> None:
    """Every command, with services well and not."""
    show_all_commands(configured, shown, setting, fault)


@pytest.mark.long
@pytest.mark.parametrize("setting", OTHERS, ids=" ".join)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_setting_of_the_log_shows_a_secret(
    configured: Configured, shown: Callable[..., str], setting: list[str], fault: str
) -> None:
    show_all_commands(configured, shown, setting, fault)


def show_all_commands(
    configured: Configured, shown: Callable[..., str], setting: list[str], fault: str
) -> None:
    """Those that ask services do so with the fault; the others have nothing to do with it."""
    configured.site.fault = FAULTS[fault]
    for name, arguments in COMMANDS.items():
        if fault == "well" or arguments[0] in ("harvest", "reload", "recover", "check"):
            assert leaked(shown(*arguments, *setting), configured.secrets) == [], name
    assert configured.site.requests


@pytest.mark.parametrize("setting", [["-vv"], ["-vv", "--log-format", "json"]], ids=" ".join)
def test_a_server_shows_no_secret(
    configured: Configured, shown: Callable[..., str], setting: list[str]
) -> None:
    text = shown("serve", "--port", "0", *setting)
    assert "listening on http://127.0.0.1:" in text
    assert leaked(text, configured.secrets) == []


@pytest.mark.parametrize("setting", LOUDEST, ids=" ".join)
def test_nobody_sees_where_notices_go(
    configured: Configured, shown: Callable[..., str], setting: list[str]
) -> None:
    """The addresses are secrets whole: of one a stranger tells it back, at the other nobody listens."""
    shown("harvest", "-q")
    database = configured.config.parent / "worksupport.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        now = Clock()
        values = [int(now.now().timestamp() * 1000), NUMBERS["title"], now.now_text()]
        connection.execute(
            "INSERT INTO changes (id, issue, field, old, new, seen_at, origin)"
            " SELECT ?1, id, ?2, '\"a\"', '\"b\"', ?3, 0 FROM issues LIMIT 1",
            values,
        )
    configured.site.fault = telling_back
    addresses = [
        f"notify.slack_url = http://127.0.0.1:9/services/{SLACK}\n",
        f"notify.teams_url = {configured.site.jira_url}/flow/{TEAMS}?sig={SIGNATURE}\n",
    ]
    configured.config.write_text(configured.config.read_text("utf-8") + "".join(addresses), "utf-8")
    hidden = (*configured.secrets, SLACK, TEAMS, SIGNATURE)
    told = shown("notify", "--json", *setting)
    assert "the connection was refused" in told
    assert "Teams refused the message" in told
    assert leaked(told, hidden) == []
    for command in (["notify", "--dry-run"], ["check", "--offline"]):
        assert leaked(shown(*command, *setting), hidden) == []


def test_the_log_file_of_the_demo(run: Run, tmp_path: Path) -> None:
    run("demo", "here", "-vv")
    text = (tmp_path / "here" / "harvest.log").read_text("utf-8")
    assert "request" in text
    assert leaked(text, ("sandbox-jira-api-token", "sandbox-github-token", "Basic", "Bearer")) == []


@pytest.mark.parametrize("wrong", ["jira.api_token = {}\nnonsense\\u", "jira.base_url = {}", "{} = x", "{}"])
@pytest.mark.parametrize("command", ["harvest", "check", "keys"])
def test_a_wrong_configuration_is_told_without_its_secrets(
    configured: Configured, shown: Callable[..., str], wrong: str, command: str
) -> None:
    """Also where a token stands in the wrong place."""
    text = configured.config.read_text("utf-8") + wrong.format(JIRA) + "\n"
    configured.config.write_text(text, "utf-8")
    assert leaked(shown(command, "-vv"), configured.secrets) == []


def test_objects_print_without_secrets(configured: Configured) -> None:
    """A traceback of a bug shows representations."""
    from worksupport.config.load import load_settings
    from worksupport.sources.github import client as github
    from worksupport.sources.jira import client as jira

    settings = load_settings(None, None, os.environ)
    assert settings.jira
    assert settings.github
    clock = Clock()
    client = jira.connect(settings.jira, clock=clock, timeout_seconds=1, max_wait_seconds=1)
    other = github.connect(settings.github, clock=clock, timeout_seconds=1, max_wait_seconds=1)
    objects = (settings, client, client.service, other, other.service, vars(client), vars(other.service))
    assert leaked(repr(objects), configured.secrets) == []


def test_the_process_list_of_a_slow_run(configured: Configured, tmp_path: Path) -> None:
    """While a harvest runs, neither its arguments nor those of its children hold a secret."""
    secret = tmp_path / "secret"
    secret.write_text(JIRA)
    lines = [
        x for x in configured.config.read_text("utf-8").splitlines() if not x.startswith("jira.api_token")
    ]
    configured.config.write_text("\n".join(lines), "utf-8")
    configured.site.latency_seconds = 0.2
    run = subprocess.Popen(
        [sys.executable, "-m", "worksupport", "harvest", "-vv"],
        env={**os.environ, "WORKSUPPORT_JIRA_API_TOKEN_COMMAND": f"cat {secret}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    lists = []
    while run.poll() is None:
        lists.append(subprocess.run(["ps", "-axww", "-o", "args"], capture_output=True, text=True).stdout)
    assert run.stderr
    text = run.stderr.read()
    run.stderr.close()
    assert run.returncode == 0, text
    assert any("worksupport harvest" in processes for processes in lists)
    assert leaked("\n".join([text, *lists]), configured.secrets) == []


def test_a_leak_would_be_found(
    configured: Configured, shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the client's care the echoing service puts the token on the screen."""
    monkeypatch.setattr(Credentials, "hide", lambda _credentials, text: text)
    configured.site.fault = echoing
    assert leaked(shown("harvest"), configured.secrets) != []
