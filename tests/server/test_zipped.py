"""Answers in gzip: for who takes it, the same document, with a tag of their own."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.filled_database import fill, issue
from tests.server.conftest import Client, served

KEYS = "/api/issues/keys"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with served(fill(tmp_path / "w.db", [issue(f"A-{n}") for n in range(500)])) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br", False),
        ("x-gzip2", False),
        ("gzip;q=0, *", False),
        ("*;q=0, GZIP;q=0.1", True),
        ("", False),
    ],
)
def test_who_takes_it_gets_it(client: Client, accepted: str, is_zipped: bool) -> None:
    plain, reply = client.ask(KEYS), client.ask(KEYS, Accept_Encoding=accepted)
    assert reply.headers.get("Content-Encoding") == ("gzip" if is_zipped else None)
    assert reply.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(reply.body) if is_zipped else reply.body) == plain.body
    assert (reply.headers["ETag"] != plain.headers["ETag"]) == is_zipped
    assert int(reply.headers["Content-Length"]) == len(reply.body)


def test_each_form_is_known_by_its_own_tag(client: Client) -> None:
    for accepted in ("gzip", ""):
        etag = client.ask(KEYS, Accept_Encoding=accepted).headers["ETag"]
        again = client.ask(KEYS, Accept_Encoding=accepted, If_None_Match=etag)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)


def test_it_is_compressed_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    compress = gzip.compress

    def counted(body: bytes, *given: Any, **named: Any) -> bytes:
        sizes.append(len(body))
        return compress(body, *given, **named)

    monkeypatch.setattr(gzip, "compress", counted)
    for _ in range(3):
        assert client.ask(KEYS, Accept_Encoding="gzip").status == 200
    assert len(sizes) == 1


def test_short_answers_stay_as_they_are(client: Client) -> None:
    reply = client.ask(f"{KEYS}?label=none", Accept_Encoding="gzip")
    assert "Content-Encoding" not in reply.headers
    assert reply.document["issue_keys"] == []
