"""`list`: words, order, fields and limits over both sources."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.filled_database import fill, issue
from worksupport.errors import UsageError
from worksupport.model.filters import Filters
from worksupport.queries.issues import ListQuestion, list_lines, list_text
from worksupport.queries.reader import answer


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Issues whose words are hard to seek."""
    issues = [
        issue("ABC-12", summary="Confirm a booking", updated_at="2026-11-01T10:00:00.000Z"),
        issue("ABC-13", summary="Upgrade to 20.04", updated_at="2026-11-03T10:00:00.000Z"),
        issue("ABC-14", summary="Port it to C++", status="Done", updated_at="2026-11-05T10:00:00.000Z"),
        issue("ABC-15", summary="It doesn't confirm bookings", labels=["booking-desk"]),
        issue("ABC-16", summary="予約を確認する"),
        issue("acme/tool#7", None, source="github", summary='A "quoted" NEAR(x) title*', assignees=["Bo"]),
        issue("ABC-17", summary="See ABC-12", status="Done"),
        issue("ABC-18", summary="Gone booking", missing_since="2026-11-01T10:00:00.000Z"),
    ]
    path = fill(tmp_path / "w.db", issues)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE issue_texts SET description = 'windscreen' WHERE issue_key IN ('ABC-13', 'ABC-14')"
        )
    return path


def ask(path: Path, *words: str, **more: Any) -> dict[str, Any]:
    question = ListQuestion(words, Filters(**more.pop("filters", {})), **more)
    document: dict[str, Any] = json.loads(answer(path, lambda found: list_text(found, question)))
    return document


def keys(path: Path, *words: str, **more: Any) -> list[str]:
    return [each["issue_key"] for each in ask(path, *words, **more)["issues"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["booking"], ["ABC-12", "ABC-15"]),
        (["book"], ["ABC-12", "ABC-15"]),
        (["BOOKING confirm"], ["ABC-12", "ABC-15"]),
        (["confirm", "a", "booking"], ["ABC-12"]),
        (["abc-12"], ["ABC-12", "ABC-17"]),
        (["20.04"], ["ABC-13"]),
        (["c++"], ["ABC-14"]),
        (["doesn't"], ["ABC-15"]),
        (["windscreen"], ["ABC-13", "ABC-14"]),
        (["oesn"], ["ABC-15"]),
        (["確認"], ["ABC-16"]),
        (['"quoted"'], ["acme/tool#7"]),
        (["NEAR(x)"], ["acme/tool#7"]),
        (["title*"], ["acme/tool#7"]),
        (["tool#7"], ["acme/tool#7"]),
        (["nowhere"], []),
        (["--"], []),
    ],
)
def test_words(database: Path, words: list[str], expected: list[str]) -> None:
    """In keys, titles, labels and descriptions, open ones first; else as parts of words."""
    assert keys(database, *words) == expected


@pytest.mark.parametrize("name", ["한국", "Thị", "Ελένη", "ガギグ", "أحمد", "Zoë", "क़लम"])
def test_words_in_both_unicode_forms_find_the_same(tmp_path: Path, name: str) -> None:
    nfc, nfd = (normalize(form, name) for form in ("NFC", "NFD"))
    issues = [issue("P-1", summary=f"see {nfc} here"), issue("P-2", summary=f"see {nfd} here"), issue("P-3")]
    path = fill(tmp_path / "w.db", issues)
    for form in (nfc, nfd):
        assert keys(path, form) == keys(path, "see", form) == keys(path, form, "here") == ["P-1", "P-2"]


def test_without_words_open_ones_first_then_the_newest_change(database: Path) -> None:
    found = keys(database)
    assert found[:2] == ["ABC-13", "ABC-12"]
    assert found[-2:] == ["ABC-14", "ABC-17"]
    assert "ABC-18" not in found
    assert keys(database, filters={"missing": True}) == ["ABC-18"]


def test_filters_and_words_together(database: Path) -> None:
    assert keys(database, "windscreen", filters={"open": True}) == ["ABC-13"]
    assert keys(database, "title", filters={"assignee": "bo"}) == ["acme/tool#7"]


def test_fields_sort_and_limit(database: Path) -> None:
    document = ask(database, fields=("who", "key", "issue_key"), sort="key", limit=2)
    assert document["issues"] == [
        {"assignee": None, "issue_key": "ABC-12"},
        {"assignee": None, "issue_key": "ABC-13"},
    ]
    assert document["total_count"] == 7
    assert keys(database, sort="title", limit=1) == ["acme/tool#7"]
    assert keys(database, sort="changed", limit=1) == ["ABC-14"]
    question = ListQuestion(fields=("key",), sort="key", limit=1)
    assert answer(database, lambda found: list_lines(found, question)) == '{"issue_key":"ABC-12"}\n'


@pytest.mark.parametrize("given", [{"fields": ("kye",)}, {"sort": "age"}])
def test_fields_there_are_not(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="it must be one of key, title, type, who"):
        ListQuestion(**given)


@settings(max_examples=80)
@given(
    words=st.lists(
        st.text(max_size=8) | st.sampled_from(['"', "AND", "NOT", "a*", "-x", "x:y", "^a"]), max_size=3
    )
)
def test_no_words_are_syntax(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    path = fill(
        tmp_path_factory.mktemp("words") / "w.db", [issue("P-1", summary=" ".join(words).replace("\0", ""))]
    )
    assert isinstance(ask(path, *(word.encode("utf-8", "replace").decode() for word in words)), dict)


def test_words_without_end(database: Path) -> None:
    """SQLite takes so many conditions and no more, and each of them costs."""
    assert keys(database, *["booking"] * 25, "booking " * 25) == ["ABC-12", "ABC-15"]
    with pytest.raises(UsageError, match="51 words are too many; give at most 50"):
        ListQuestion(("a " * 50, "b"))
