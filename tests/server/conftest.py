"""A server in this process, real sockets to talk to it, and a database with a bit of everything."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.filled_database import fill, issue, result
from worksupport.clock import Clock
from worksupport.config.settings import ServeSettings
from worksupport.server.address import resolve
from worksupport.server.bell import Bell
from worksupport.server.listening import Server, build_server
from worksupport.server.reloads import Reloads
from worksupport.server.wire import Limits

HARVESTED_AT = "2026-11-22T10:00:00.000Z"


@dataclass(frozen=True)
class Reply:
    """One answer as it came."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.body)


class Client:
    """Talks to a server in this process."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = server.port

    def ask(self, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
        """One request on a connection of its own; header names have underscores for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def refusal(self, target: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and detail of a request that is refused."""
        reply = self.ask(target, method, None, **headers)
        return reply.status, reply.document["detail"]

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A bare connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            yield connection

    def raw(self, sent: bytes, *, half_close: bool = False) -> bytes:
        """Send these bytes; everything that comes back until the server closes."""
        with self.connected() as connection:
            connection.sendall(sent)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    """What arrives until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


Serving = Callable[..., Client]


@contextmanager
def served(
    database: Path,
    *,
    reloads: Reloads | str = "no reload can be started here",
    bell: Bell | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    services: Sequence[str] = (),
    **settings: Any,
) -> Iterator[Client]:
    """A server of `database` on any free port of loopback while inside."""
    server = build_server(
        database,
        ServeSettings(**settings),
        resolve("127.0.0.1", 0),
        clock or Clock(),
        reloads=reloads,
        bell=bell,
        interval=timedelta(hours=2),
        services=services,
        limits=limits or Limits(linger_seconds=0.1),
    )
    with server.accepting():
        yield Client(server)
    assert server.finish(20)


def fill_with_everything(path: Path) -> Path:
    """Two trees with odd texts, a labelled bug, a missing story, a GitHub issue, reloads of each status."""
    issues = [
        issue("PV-2", "Product Version", summary='Version "2" \u202e\U0001f600\x7f'),
        issue("PV-10", "Product Version", labels=["SE_product_family"]),
        issue("FEAT-1", "Feature", parent="PV-2", assignees=["Anna Berg", "Bo"], labels=["red team"]),
        issue("STORY-1", parent="FEAT-1", status="Done", assignees=["Anna Berg"], updated_at=HARVESTED_AT),
        issue("STORY-2", parent="FEAT-1", missing_since=HARVESTED_AT),
        issue("BUG-1", None, assignees=["Zoë"], labels=["work-support"], updated_at=HARVESTED_AT),
        issue("acme/tool#7", None, source="github", assignees=["Bo"]),
    ]
    runs = {"completed_at": HARVESTED_AT, "records_processed": 7}
    reloads = [
        {
            "id": 1,
            "status": "failed",
            "error_message": "Jira was unreachable",
            "reload_started": HARVESTED_AT,
        },
        {"id": 2, "status": "completed", "run_id": "r2", "reload_started": HARVESTED_AT, **runs},
    ]
    results = [result("r2", name, ended_at=HARVESTED_AT) for name in ("jira", "github")]
    return fill(path, issues, reloads=reloads, results=results)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled database that no test of the module changes."""
    return fill_with_everything(tmp_path_factory.mktemp("filled") / "team.db")


@pytest.fixture(scope="module")
def client(database: Path) -> Iterator[Client]:
    """A server of `database` that the tests of a module share."""
    with served(database) as client:
        yield client
