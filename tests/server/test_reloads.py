"""POST /api/harvest/reload and the start: the command's lifecycle, in the background of a server."""

import gc
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server.conftest import Client, fill_with_everything, served
from tests.web import Handle
from worksupport.clock import Clock
from worksupport.config.load import load_settings
from worksupport.config.settings import Settings
from worksupport.sandbox.exchange import Answer, Request
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.server import Sandbox, running
from worksupport.sandbox.world import World
from worksupport.server.reloads import Reloads
from worksupport.store.lock import exclusive_lock

RELOADS = "/api/harvest/reload"


class Gate:
    """A sandbox's fault that holds every answer back while it is shut."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()

    def __call__(self, _request: Request, answer: Answer) -> Answer:
        self.reached.set()
        self.opened.wait(20)
        return answer


@dataclass
class Team:
    """What a test about reloads works with."""

    client: Client
    gate: Gate
    settings: Settings
    reloads: Reloads

    def ended(self, reload_id: int) -> dict[str, Any]:
        """The record of a reload, once it is no longer running."""
        clock = Clock()
        for _ in range(400):
            record: dict[str, Any] = self.client.ask(f"{RELOADS}/{reload_id}").document
            if record["status"] != "running":
                return record
            clock.sleep(0.05)
        raise AssertionError("the reload does not end")


def site() -> World:
    """Two issues."""
    world = empty_site()
    version = world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"])
    world.add_jira_issue("IAIPORT", "Feature", parent=version)
    return world


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(site()) as sandbox:
        yield sandbox


@pytest.fixture
def team(sandbox: Sandbox, tmp_path: Path) -> Iterator[Team]:
    """A server whose configuration leads to a sandbox; the gate is open."""
    path = tmp_path / "team.properties"
    path.write_text(sandbox.properties(), encoding="utf-8")
    path.chmod(0o600)
    settings = load_settings(path, None, {})
    gate = Gate()
    gate.opened.set()
    sandbox.fault = gate
    reloads = Reloads(settings)
    with served(settings.database_path, reloads=reloads) as client:
        yield Team(client, gate, settings, reloads)
        gate.opened.set()
        assert reloads.stop(20)


def test_a_reload_is_answered_at_once_and_seen_at_once(team: Team) -> None:
    """202 while the service behind has not said a word; the record is in history and status."""
    team.gate.opened.clear()
    begun = team.client.ask(RELOADS, "POST")
    assert begun.status == 202
    assert begun.headers["Location"] == f"{RELOADS}/1"
    assert begun.document | {"reload_started": ""} == {
        "reload_id": 1,
        "reload_started": "",
        "status": "running",
    }
    status = team.client.ask(f"{RELOADS}/1").document
    assert status["reload_started"] == begun.document["reload_started"]
    assert (status["status"], status["source"], status["triggered_by"]) == (
        "running",
        "manual",
        "http 127.0.0.1",
    )
    assert team.client.ask(f"{RELOADS}?status=running").document == [status]
    assert [run["id"] for run in team.client.ask("/health").document["running"]] == [1]
    team.gate.opened.set()
    assert team.ended(1)["status"] == "completed"
    assert team.client.ask("/api/issues/keys").document["issue_keys"] == ["IAIPORT-1", "IAIPORT-2"]


def test_the_monitor_hears_of_a_reload_that_the_server_starts(
    sandbox: Sandbox, tmp_path: Path, serve: Callable[[Handle], str]
) -> None:
    told: list[str] = []
    told_twice = threading.Event()

    def monitor(request: BaseHTTPRequestHandler) -> None:
        told.append(urlsplit(request.path).path)
        request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()
        if len(told) == 2:
            told_twice.set()

    path = tmp_path / "team.properties"
    path.write_text(sandbox.properties() + f"monitor.ping_url={serve(monitor)}/check\n", encoding="utf-8")
    path.chmod(0o600)
    settings = load_settings(path, None, {})
    reloads = Reloads(settings)
    with served(settings.database_path, reloads=reloads) as client:
        assert client.ask(RELOADS, "POST").status == 202
        assert told_twice.wait(20)
        assert reloads.stop(20)
    assert told == ["/check/start", "/check"]


def test_a_second_reload_is_a_conflict_with_the_first(team: Team) -> None:
    team.gate.opened.clear()
    assert team.client.ask(RELOADS, "POST").status == 202
    reply = team.client.ask(f"{RELOADS}?force=false", "POST")
    detail = "reload 1 is running; force=true makes a reload give way"
    assert (reply.status, reply.document) == (409, {"detail": detail, "reload_id": 1})
    team.gate.opened.set()
    assert team.ended(1)["status"] == "completed"


def test_a_forced_reload_takes_over(team: Team) -> None:
    team.gate.opened.clear()
    assert team.client.ask(RELOADS, "POST").document["reload_id"] == 1
    assert team.client.ask(f"{RELOADS}?force=true", "POST").document["reload_id"] == 2
    first = team.ended(1)
    assert first["status"] == "failed"
    assert first["error_message"].startswith("superseded")
    team.gate.opened.set()
    assert team.ended(2)["status"] == "completed"


def test_a_harvest_is_a_conflict_without_an_id(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a forced reload: a harvest gives way to nobody. The seconds of patience are cut short."""
    monkeypatch.setattr("worksupport.server.reloads.FORCE_SECONDS", 0.0)
    team.client.ask(RELOADS, "POST")
    team.ended(1)
    team.reloads.stop(20)
    reloads = Reloads(team.settings, HurriedClock)
    with (
        served(team.settings.database_path, reloads=reloads) as client,
        exclusive_lock(team.settings.database_path, Clock(), command="harvest", run_id="h1"),
    ):
        plain, forced = client.ask(RELOADS, "POST"), client.ask(f"{RELOADS}?force=true", "POST")
    assert (plain.status, plain.document["reload_id"]) == (409, None)
    assert plain.document["detail"].startswith("another run is working on this database: harvest, pid ")
    assert (forced.status, forced.document["detail"][-20:]) == (409, "it has not ended yet")


class HurriedClock(Clock):
    """Waits take no time."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        super().sleep(0)


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        (f"{RELOADS}?force=maybe", "force is 'maybe'; it must be true or false"),
        (f"{RELOADS}?limit=1", "there is no parameter 'limit'; this route takes force"),
    ],
)
def test_a_wrong_parameter_starts_nothing(team: Team, target: str, detail: str) -> None:
    reply = team.client.ask(target, "POST")
    assert (reply.status, reply.document) == (400, {"detail": detail})
    assert not team.settings.database_path.exists()


def test_the_start_reloads_in_the_background_where_it_is_due(team: Team) -> None:
    """It does not wait for the services; the next start finds a fresh reload and makes none."""
    team.gate.opened.clear()
    team.reloads.recover()
    assert team.gate.reached.wait(20)
    assert team.client.ask(f"{RELOADS}/1").document["source"] == "automatic"
    team.gate.opened.set()
    assert team.ended(1)["status"] == "completed"
    team.reloads.recover()
    assert team.reloads.stop(20)
    assert len(team.client.ask(RELOADS).document) == 1


def test_the_start_repairs_what_an_interrupted_run_left(team: Team) -> None:
    path = fill_with_everything(team.settings.database_path)
    _make_orphan(path)
    health = team.client.ask("/health").document
    assert (health["running"], [run["id"] for run in health["orphaned"]]) == ([], [3])
    team.reloads.recover()
    record = team.ended(3)
    assert (record["status"], record["error_message"]) == ("failed", "interrupted")


def _make_orphan(path: Path) -> None:
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("INSERT INTO reload_tracking (id, status) VALUES (3, 'running')")


def test_a_stop_ends_a_running_reload_cleanly(team: Team) -> None:
    """Its record says so, its staging is gone, and no reload begins any more."""
    team.gate.opened.clear()
    team.client.ask(RELOADS, "POST")
    assert team.gate.reached.wait(20)
    assert team.reloads.stop(20)
    record = team.client.ask(f"{RELOADS}/1").document
    assert (record["status"], record["error_message"]) == ("failed", "interrupted")
    refused = team.client.ask(RELOADS, "POST")
    assert (refused.status, refused.document["detail"]) == (503, "the server is about to end")


def test_without_a_working_configuration_the_reason_is_told(team: Team) -> None:
    with served(team.settings.database_path, reloads="there are no credentials") as client:
        reply = client.ask(RELOADS, "POST")
    assert (reply.status, reply.document) == (503, {"detail": "there are no credentials"})


def test_a_database_that_cannot_be_written_is_told_without_its_path(team: Team, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = replace(team.settings, database_path=tmp_path / "file" / "team.db")
    with served(settings.database_path, reloads=Reloads(settings)) as client:
        reply = client.ask(RELOADS, "POST")
    assert reply.status == 503
    assert str(tmp_path) not in reply.document["detail"]


def test_a_run_whose_thread_cannot_begin_does_not_hold_up_the_end(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of threads: the start fails, and the stop has nothing to wait for."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            team.reloads.recover()
    assert team.reloads.stop(20)


def test_superseded_reloads_leave_no_connection_to_the_collector(team: Team, sandbox: Sandbox) -> None:
    """Each is closed by its own thread when the run gives it up."""
    port = urlsplit(sandbox.jira_url).port
    gc.disable()
    try:
        for _ in range(8):
            started = team.client.ask(f"{RELOADS}?force=true", "POST").document
            assert team.gate.reached.wait(20)
            team.gate.reached.clear()
        team.gate.opened.set()
        team.ended(started["reload_id"])
        assert _becomes_true(lambda: not _connections_to(port))
    finally:
        gc.enable()


def _connections_to(port: int | None) -> list[socket.socket]:
    sockets = [each for each in gc.get_objects() if isinstance(each, socket.socket) and each.fileno() >= 0]
    return [each for each in sockets if _peer(each) == port]


def _peer(connection: socket.socket) -> int | None:
    try:
        return int(connection.getpeername()[1])
    except OSError:
        return None


def _becomes_true(condition: Callable[[], bool]) -> bool:
    """The threads that were cut off need a moment."""
    clock = Clock()
    for _ in range(200):
        if condition():
            return True
        clock.sleep(0.05)
    return False
