"""`worksupport serve` as a process: where it listens, what it says, and how it ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer
from tests.server.conftest import fill_with_everything
from tests.server.test_reloads import Gate, site
from worksupport.sandbox.server import running

Run = Callable[..., Answer]


class Process:
    """A running `worksupport serve`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stderr
        self.first_line = process.stderr.readline()
        while not self.first_line.startswith("listening"):
            self.first_line = process.stderr.readline() or "listening on nothing"
        self.port = int(self.first_line.rpartition(":")[2])

    def ask(self, target: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
        """Status and document."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        document = json.loads(response.read())
        connection.close()
        return response.status, document

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Exit code, within the 10 seconds that are promised, and the rest of stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@contextmanager
def started(*arguments: object, **environment: str) -> Iterator[Process]:
    """`worksupport serve` on any free port while inside."""
    command = [sys.executable, "-m", "worksupport", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, **environment}
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return fill_with_everything(tmp_path / "team.db")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_reads_without_any_configuration_and_ends_when_asked(database: Path, number: signal.Signals) -> None:
    """Nothing to start a reload with: reads are answered, the reason is in the log."""
    with started("--db", database) as server:
        assert server.first_line == f"listening on http://127.0.0.1:{server.port}\n"
        assert server.ask("/api/issues/keys?source=github")[1]["issue_keys"] == ["acme/tool#7"]
        status, refused = server.ask("/api/harvest/reload", "POST")
        assert status == 503
        assert "the server's log says why" in refused["detail"]
        exit_code, errors = server.end(number)
    assert (exit_code, errors) == (0, "")


def test_a_running_reload_ends_cleanly_with_the_server(tmp_path: Path, run: Run) -> None:
    """Also while the service behind says nothing; a client that keeps its connection is not waited for."""
    gate = Gate()
    with running(site(), fault=gate) as sandbox:
        config = tmp_path / "team.properties"
        config.write_text(sandbox.properties(), encoding="utf-8")
        config.chmod(0o600)
        with started("--config", config) as server, socket.create_connection(("127.0.0.1", server.port)):
            assert gate.reached.wait(20)
            exit_code, _ = server.end()
        gate.opened.set()
    assert exit_code == 0
    (record,) = json.loads(run("history", "--json", "--config", config).out)
    assert (record["source"], record["status"]) == ("automatic", "failed")
    assert record["error_message"] == "interrupted"


@pytest.mark.long
def test_a_log_that_nobody_reads_holds_neither_answers_nor_the_end(database: Path) -> None:
    with started("-v", "--db", database) as server:
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            for number in range(300):  # a pipe takes 64 KiB
                connection.request("GET", f"/api/issues/keys?label={number:030}")
                assert connection.getresponse().read()
            connection.close()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=10) == 0
        assert server.process.stderr
        lines = server.process.stderr.read().splitlines()
    assert len(lines) < 900


def test_the_access_log_has_no_secrets(database: Path) -> None:
    """At -v: a line for each request, without query, headers and control characters."""
    with started("--db", database, "-v", WORKSUPPORT_SERVE_TOKEN="tok-secret") as server:
        bearer = {"Authorization": "Bearer tok-secret"}
        assert server.ask("/api/issues/keys?assignee=tok-secret", **bearer)[0] == 200
        assert server.ask("/%1b[31m?token=tok-secret", Authorization="Bearer guessed")[0] == 401
        whole = b"GET http://me:tok-secret@localhost/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(whole)
            assert connection.recv(12) == b"HTTP/1.1 401"
        _, errors = server.end()
    assert "tok-secret" not in errors
    assert "guessed" not in errors
    assert "\x1b" not in errors
    assert "method=GET path=/api/issues/keys status=200" in errors
    assert "path=/openapi.json status=401" in errors


def test_a_used_port_is_one_sentence(run: Run, database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = run("serve", "--db", database, "--port", port)
    assert (shown.exit_code, shown.out) == (3, "")
    assert f"cannot listen on http://127.0.0.1:{port}: Address already in use" in shown.err
    assert "--port 0 takes any free port" in shown.err


@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "192.0.2.1.1", "a" * 70])
def test_a_bad_address_is_one_sentence(run: Run, database: Path, host: str) -> None:
    shown = run("serve", "--db", database, "--host", host)
    assert (shown.exit_code, shown.out) == (3, "")
    assert f"cannot listen on host '{host}'" in shown.err


def test_an_address_of_another_machine_is_one_sentence(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSUPPORT_SERVE_TOKEN", "the-token")
    shown = run("serve", "--db", database, "--host", "192.0.2.1")
    assert (shown.exit_code, shown.out) == (3, "")
    assert "cannot listen on http://192.0.2.1:8000: " in shown.err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_others_are_answered_only_with_a_token(run: Run, database: Path, host: str) -> None:
    shown = run("serve", "--db", database, "--host", host, "--port", 0)
    assert (shown.exit_code, shown.out) == (3, "")
    assert f"serve.token must be set to listen on {host}" in shown.err


def test_no_database_and_no_way_to_one_is_refused(run: Run, tmp_path: Path) -> None:
    shown = run("serve", "--db", tmp_path / "none.db")
    assert (shown.exit_code, shown.out) == (3, "")
    assert "there is no database at" in shown.err


@pytest.mark.parametrize(
    "line", ["serve.port = http", "serve.token = a\nserve.token = b", "serve.token = \\u12"]
)
def test_a_configuration_without_services_must_still_be_right_about_serve(
    run: Run, database: Path, tmp_path: Path, line: str
) -> None:
    """A token that could not be read must not mean that everybody is answered."""
    config = tmp_path / "team.properties"
    config.write_text(line)
    shown = run("serve", "--db", database, "--config", config)
    assert (shown.exit_code, shown.out) == (3, "")
    assert "has 1 problem" in shown.err


def test_a_configuration_without_services_has_its_token_kept(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "team.properties"
    config.write_text("serve.token = right-one\nserve.port = 1")
    config.chmod(0o600)
    with started("--db", database, "--config", config) as server:
        assert server.ask("/api/issues/keys")[0] == 401
        assert server.ask("/api/issues/keys", Authorization="Bearer right-one")[0] == 200


def test_port_and_host_have_their_bounds(run: Run) -> None:
    assert run("serve", "--port", 65536).exit_code == 2
    assert run("serve", "--port", -1).exit_code == 2
