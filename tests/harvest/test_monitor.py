"""Pings to a monitoring service: when a run begins, how it ends, and never in a run's way."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from tests.conftest import Answer, FakeClock
from tests.web import Handle, serve
from worksupport.clock import Clock
from worksupport.network import ping as pings
from worksupport.sandbox.faults import Faults
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running
from worksupport.store.lock import exclusive_lock

Run = Callable[..., Answer]
SECRET = "6f3d6d7a-0c1e-4f7e-a1b5-ping-secret"
__all__ = ["serve"]  # the fixture


class MonitoringService:
    """What it was told, in order: path after the check's own, run id; `status` is what it answers."""

    def __init__(self, serve: Callable[[Handle], str]) -> None:
        self.told: list[tuple[str, str]] = []
        self.authorizations: list[str | None] = []
        self.status = 200
        self.holds = threading.Event()
        self.holds.set()
        self.url = f"{serve(self._answer)}/{SECRET}"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        self.told.append((parts.path.removeprefix(f"/{SECRET}"), parse_qs(parts.query).get("rid", [""])[0]))
        self.authorizations.append(request.headers.get("Authorization"))
        self.holds.wait(30)
        request.send_response(self.status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    @property
    def signals(self) -> list[str]:
        """What it was told, without the run ids."""
        return [path for path, _ in self.told]


@pytest.fixture
def monitoring(
    serve: Callable[[Handle], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[MonitoringService]:
    """A monitoring service, named by the configuration."""
    service = MonitoringService(serve)
    monkeypatch.setenv("WORKSUPPORT_MONITOR_PING_URL", service.url)
    yield service
    service.holds.set()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One product version, served and configured."""
    world = empty_site()
    world.team = world.team[1:2]
    world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    with running(world) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), "utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("WORKSUPPORT_CONFIG", str(config))
        yield sandbox


@pytest.mark.parametrize("command", ["harvest", "reload", "recover"])
def test_start_and_success_carry_one_run_id(
    run: Run, site: Sandbox, monitoring: MonitoringService, command: str
) -> None:
    """The id is a UUID, as healthchecks wants it, and begins with the id of the log's lines."""
    answer = run(command)
    assert (answer.exit_code, monitoring.signals) == (0, ["/start", ""])
    (rid,) = {rid for _, rid in monitoring.told}
    assert str(UUID(rid)) == rid
    assert f"run={rid.replace('-', '')[:12]}" in answer.err


def test_a_failed_run_tells_its_exit_code(run: Run, site: Sandbox, monitoring: MonitoringService) -> None:
    site.fault = Faults("401")
    site.world.jira_token = "another"
    assert run("harvest").exit_code == 4
    assert monitoring.signals == ["/start", "/4"]


def test_a_run_that_cannot_begin_is_a_failure(run: Run, site: Sandbox, monitoring: MonitoringService) -> None:
    assert run("harvest", "--db", "/proc/none/x.db").exit_code == 3
    assert monitoring.told == [("/3", "")]


def test_nothing_to_run_is_nothing_to_tell(
    run: Run, site: Sandbox, monitoring: MonitoringService, tmp_path: Path, clock: FakeClock
) -> None:
    """Neither a dry run, nor a second run beside a living one, nor a recovery without a reload."""
    run("harvest", "--dry-run")
    with exclusive_lock(tmp_path / "worksupport.db", clock, command="harvest", run_id="other"):
        assert run("harvest", clock=FakeClock()).exit_code == 11
    run("recover", "--no-reload")
    run("keys")
    assert monitoring.told == []


def test_unchanged_is_a_success(run: Run, site: Sandbox, monitoring: MonitoringService) -> None:
    run("harvest", "-q")
    assert run("harvest", "--exit-code").exit_code == 9
    assert monitoring.signals[2:] == ["/start", ""]


@pytest.mark.parametrize("fault", ["status", "nobody"])
def test_a_failed_ping_is_a_warning_without_the_address(
    run: Run, site: Sandbox, monitoring: MonitoringService, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monitoring.status = 404
    if fault == "nobody":
        monkeypatch.setenv("WORKSUPPORT_MONITOR_PING_URL", f"http://127.0.0.1:9/{SECRET}")
    answer = run("harvest", "-vv")
    assert answer.exit_code == 0
    assert answer.err.count("was not told") == 2
    assert ("it answered 404" in answer.err) == (fault == "status")
    assert SECRET not in answer.err
    assert run("harvest", "-q").err == ""


def test_a_silent_service_does_not_hold_a_run_up(
    run: Run, site: Sandbox, monitoring: MonitoringService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ten seconds are cut short here."""
    monkeypatch.setattr(pings, "TIMEOUT_SECONDS", 0.2)
    monitoring.holds.clear()
    answer = run("harvest")
    assert answer.exit_code == 0
    assert answer.err.count("was not told") == 2


def test_a_stopped_run_tells_that_it_was_and_soon_gives_up(monitoring: MonitoringService) -> None:
    """Once a stop was requested a ping may take a second, not ten."""
    monitoring.holds.clear()
    clock = Clock()
    clock.request_stop()
    assert pings.ping(monitoring.url, "130", "3f2a9c1b7d4e", clock) == "no answer after 1 s"
    assert monitoring.signals == ["/130"]


def test_no_credentials_of_the_machine_go_along(
    run: Run, site: Sandbox, monitoring: MonitoringService, tmp_path: Path
) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    run("harvest")
    assert monitoring.authorizations == [None, None]


def test_an_address_with_a_query_keeps_it() -> None:
    address = pings._address("https://ping.example/abc/?token=t", "start", "3f2a9c1b7d4e")
    assert address == "https://ping.example/abc/start?token=t&rid=3f2a9c1b-7d4e-0000-0000-000000000000"
