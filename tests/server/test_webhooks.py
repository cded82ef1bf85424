"""Webhooks ring, and `serve` harvests what changed: who may ring, and how often it leads to a run."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from email.message import Message
from itertools import pairwise
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.conftest import Client, fill_with_everything, served
from worksupport.clock import Clock
from worksupport.config.load import load_settings
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.past import change_jira
from worksupport.sandbox.server import running
from worksupport.sandbox.webhooks import deliver, jira_delivery
from worksupport.server.bell import Bell, Rhythm
from worksupport.server.reloads import Reloads
from worksupport.server.webhooks import HOOKS, SignedBody

SECRET = "correct horse battery"
QUICK = {"soon": 0.05, "gap": 0.1, "again": (0.1, 0.2)}


class Heard(Bell):
    """A bell that counts instead of harvesting."""

    def __init__(self) -> None:
        super().__init__(lambda ids: True, Clock())
        self.ids: list[str] = []

    @property
    def rings(self) -> int:
        return len(self.ids)

    def ring(self, issue_id: str = "") -> None:
        self.ids.append(issue_id)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def client(tmp_path: Path, heard: Heard) -> Iterator[Client]:
    database = fill_with_everything(tmp_path / "team.db")
    secrets: dict[str, Any] = {"jira_secret": SECRET, "github_secret": SECRET}
    with served(database, bell=heard, token="a-token-of-ours", **secrets) as client:
        yield client


def signed(body: bytes, secret: str = SECRET, name: str = "jira") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {HOOKS[name].signature: f"sha256={digest}"}


@pytest.mark.parametrize(
    ("name", "body", "digest"),
    [
        ("jira", b"Hello World!", "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
        ("github", b"Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    ],
)
def test_the_vendors_own_vectors(name: str, body: bytes, digest: str) -> None:
    headers = Message()
    headers[HOOKS[name].signature] = f"sha256={digest}"
    taken = SignedBody("It's a Secret to Everybody", HOOKS[name], headers)
    for byte in body:
        taken.update(bytes([byte]))
    assert taken.is_signed
    taken.update(b" ")
    assert not taken.is_signed


@pytest.mark.parametrize("name", HOOKS)
def test_a_signed_body_rings(client: Client, heard: Heard, name: str) -> None:
    """It needs no token beside."""
    body = json.dumps({"issue": "x" * 3_000_000}).encode()
    reply = client.ask(f"/api/webhooks/{name}", "POST", body, **signed(body, name=name))
    assert (reply.status, reply.document, heard.rings) == (202, {}, 1)


@pytest.mark.parametrize(
    ("body", "issue_id"),
    [
        (b'{"issue": {"id": "10002", "key": "A-1"}}', "10002"),
        (b'{"issue": {"id": 10002}}', "10002"),
        (b'{"issue": {"id": "1 OR 1"}}', ""),
        (b'{"issue": [1]}', ""),
        (b"[1]", ""),
        (b"{", ""),
        (b"[" * 100_000, ""),
        (b"\xff", ""),
        (b'{"issue": {"id": "10002"}, "x": "' + b"x" * 1_100_000 + b'"}', ""),
    ],
)
def test_only_the_issues_id_is_taken_from_a_body(
    client: Client, heard: Heard, body: bytes, issue_id: str
) -> None:
    assert client.ask("/api/webhooks/jira", "POST", body, **signed(body)).status == 202
    assert heard.ids == [issue_id]


def test_ids_are_asked_for_until_there_is_news() -> None:
    """At most 50, the newest."""
    asked: Queue[tuple[str, ...]] = Queue()

    def harvest(ids: tuple[str, ...]) -> bool:
        asked.put(ids)
        return len(ids) == 1

    bell = Bell(harvest, Clock(), Rhythm(soon=0.05, gap=0.05, again=(0.05,)))
    for number in range(60):
        bell.ring(str(number))
    bell.start()
    first, second = asked.get(timeout=10), asked.get(timeout=10)
    bell.stop()
    assert first == second == tuple(map(str, range(10, 60)))


def test_the_first_of_githubs_rings_nothing(client: Client, heard: Heard) -> None:
    headers = {**signed(b"{}", name="github"), "X-GitHub-Event": "ping"}
    assert client.ask("/api/webhooks/github", "POST", b"{}", **headers).status == 202
    assert heard.rings == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"another body"),
        signed(b"{}", "another secret"),
        {"X-Hub-Signature": signed(b"{}")["X-Hub-Signature"].removeprefix("sha256=")},
        {"X-Hub-Signature": "sha256=\xe9"},
        {"X-Hub-Signature-256": signed(b"{}")["X-Hub-Signature"]},
        {"Authorization": "Bearer a-token-of-ours"},
    ],
)
def test_who_does_not_know_the_secret_does_not_ring(
    client: Client, heard: Heard, headers: dict[str, str]
) -> None:
    reply = client.ask("/api/webhooks/jira", "POST", b"{}", **headers)
    assert (reply.status, heard.rings) == (401, 0)


def test_a_signature_opens_no_other_address(client: Client) -> None:
    assert client.ask("/api/issues/keys", "GET", None, **signed(b"")).status == 401
    assert client.ask("/api/harvest/reload", "POST", b"{}", **signed(b"{}")).status == 401


def test_it_only_takes_what_is_posted(client: Client) -> None:
    reply = client.ask("/api/webhooks/jira", "GET", None, Authorization="Bearer a-token-of-ours")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")


def test_too_long_a_body(client: Client, heard: Heard) -> None:
    """It is refused by its length alone."""
    sent = b"POST /api/webhooks/jira HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26214401\r\n\r\n"
    assert client.raw(sent).startswith(b"HTTP/1.1 413 ")
    assert heard.rings == 0


def test_without_a_secret_there_is_no_such_address(tmp_path: Path) -> None:
    with served(fill_with_everything(tmp_path / "team.db")) as client:
        reply = client.ask("/api/webhooks/jira", "POST", b"{}", **signed(b"{}"))
    assert reply.status == 404
    assert "webhook.jira_secret is not set" in reply.document["detail"]


@given(st.lists(st.tuples(st.floats(0.01, 60), st.sampled_from(["ring", "look"])), max_size=60), st.data())
def test_however_it_rings_harvests_keep_their_distance(steps: list[tuple[float, str]], data: Any) -> None:
    """At most one in 30 s, never two at once; after each ring one begins, within 35 s of the last end."""
    rhythm, now = Rhythm(), 0.0
    began: list[float] = []
    unheard = False
    for seconds, what in steps:
        now += seconds
        if what == "ring":
            rhythm.ring(now)
            unheard = True
        if rhythm.due <= now:
            rhythm.begin(now)
            began.append(now)
            unheard = False
            now += data.draw(st.floats(0.01, 20))
            rhythm.end(now, has_news=data.draw(st.booleans()))
        assert not unheard or rhythm.due <= now + 35
    assert all(later - earlier >= 30 for earlier, later in pairwise(began))


def test_a_ring_in_vain_is_followed_by_two_more_looks() -> None:
    rhythm, now, began = Rhythm(), 100.0, []
    rhythm.ring(now)
    while rhythm.due < 10_000:
        now = rhythm.due
        rhythm.begin(now)
        began.append(now)
        rhythm.end(now + 1, has_news=False)
    assert began == [105, 136, 317]


def test_thousands_of_rings_lead_to_two_harvests() -> None:
    """One for all before it began, one for all while it ran."""
    runs: Queue[str] = Queue()
    gate = threading.Event()

    def harvest(ids: tuple[str, ...]) -> bool:
        runs.put(threading.current_thread().name)
        return gate.wait(10)

    bell = Bell(harvest, Clock(), Rhythm(soon=0.05, gap=0.1))
    bell.start()
    for _ in range(1_000):
        bell.ring()
    assert runs.get(timeout=10) == "bell"
    for _ in range(1_000):
        bell.ring()
    gate.set()
    assert runs.get(timeout=10) == "bell"
    bell.stop()
    assert runs.empty()


def test_what_changed_is_in_the_answers_soon(tmp_path: Path) -> None:
    """The whole way: a change on the site, its webhook, a quick harvest, the answer."""
    world = empty_site()
    old = {"created": "2026-08-01T09:00:00.000+0000", "updated": "2026-08-01T09:00:00.000+0000"}
    version = world.add_jira_issue("IAIPORT", "Product Version", labels=["SE_product_family"], **old)
    feature = world.add_jira_issue("IAIPORT", "Feature", parent=version, **old)
    clock = Clock()
    with running(world) as site:
        path = tmp_path / "team.properties"
        path.write_text(f"{site.properties()}webhook.jira_secret = {SECRET.replace(' ', '-')}\n", "utf-8")
        path.chmod(0o600)
        settings = load_settings(path, None, {})
        reloads = Reloads(settings)
        assert reloads.harvest()
        bell = Bell(reloads.harvest, clock, Rhythm(**QUICK))  # type: ignore[arg-type]
        bell.start()
        given: dict[str, Any] = {"jira_secret": settings.serve.jira_secret}
        with served(settings.database_path, reloads=reloads, bell=bell, **given) as client:
            change_jira(world, feature, "status", "Done", clock.now())
            world.unindexed_ids.add(feature["id"])  # a search does not find it, unless it is asked to look
            url, secret = f"http://127.0.0.1:{client.port}", SECRET.replace(" ", "-")
            assert deliver(url, "jira", secret, jira_delivery(feature)) == 202
            # Sent again, it does no harm.
            assert deliver(url, "jira", secret, jira_delivery(feature)) == 202
            shown = ""
            for _ in range(400):
                shown = client.ask(f"/api/issue?key={feature['key']}").document["issue"]["status"]
                if shown == "Done":
                    break
                clock.sleep(0.025)
            bell.stop()
            reloads.stop(10)
    assert shown == "Done"
    assert SECRET not in repr(settings)
