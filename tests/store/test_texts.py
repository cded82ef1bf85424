"""What words are sought in stays in step with the issues; what an upgrade fills in is no change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.store.conftest import Harvest
from tests.store.rows_made import made_row
from worksupport.model.issue_fields import IssueRow
from worksupport.store.database import Store
from worksupport.store.upsert import merge, stage_aside

MATCH = "SELECT rowid FROM issue_words WHERE issue_words MATCH ?"


def _row(source_id: str, key: str, summary: str, description: str | None = "") -> IssueRow:
    return {**made_row(source_id, key, summary=summary), "description": description}


def _in_step(store: Store) -> None:
    store.connection.execute("INSERT INTO issue_words (issue_words) VALUES ('integrity-check')")
    same = "SELECT id, issue_key, summary, labels FROM issues ORDER BY id"
    texts = "SELECT issue_id, issue_key, summary, labels FROM issue_texts ORDER BY issue_id"
    assert store.read(same) == store.read(texts)


def test_words_are_found_where_they_stand_now(store: Store, merge_page: Harvest) -> None:
    merge_page("one", _row("1", "P-1", "Confirm a booking", "by *text* message"))
    assert store.read(MATCH, ["booking message"]) == [(1,)]
    merge_page("two", _row("1", "Q-7", "Confirm a slot", "by letter"))
    assert store.read(MATCH, ["booking OR message"]) == []
    assert store.read(MATCH, ["slot letter"]) == [(1,)]
    assert store.read("SELECT former_key, issue_id FROM former_keys") == [("P-1", 1)]
    with store.transaction() as connection:
        connection.execute("DELETE FROM issues")
    assert store.read(MATCH, ["slot"]) == []
    _in_step(store)


def test_a_description_that_was_not_asked_for_is_kept(store: Store, merge_page: Harvest) -> None:
    merge_page("one", _row("1", "P-1", "A", "kept"))
    merge_page("two", _row("1", "P-1", "B", None))
    assert store.read("SELECT description FROM issue_texts") == [("kept",)]


def test_what_an_upgrade_lacked_is_filled_in_without_being_a_change(
    store: Store, merge_page: Harvest
) -> None:
    row = {**made_row("1", "P-1"), "priority": "High", "description": "words"}
    merge_page("one", row)
    with store.transaction() as connection:
        connection.execute("UPDATE issues SET priority = NULL, fix_versions = NULL, state = NULL")
        connection.execute("UPDATE issue_texts SET description = NULL")
    merged = merge_page("two", row)
    assert (merged.new, merged.changed) == ({}, {})
    assert store.read("SELECT priority, fix_versions, state FROM issues") == [("High", "[]", "todo")]
    assert store.read("SELECT description FROM issue_texts") == [("words",)]
    assert merge_page("three", {**row, "priority": None}).changed == {"jira": 1}


@settings(max_examples=30)
@given(
    pages=st.lists(
        st.lists(
            st.tuples(
                st.integers(1, 4),
                st.integers(1, 4),
                st.sampled_from(["a", "b c"]),
                st.sampled_from(["", "x"]),
            ),
            max_size=4,
            unique_by=(lambda each: each[0], lambda each: each[1]),
        ),
        max_size=6,
    )
)
def test_the_index_is_whole_after_any_pages(
    tmp_path_factory: pytest.TempPathFactory, pages: list[list[tuple[int, int, str, str]]]
) -> None:
    store = Store(tmp_path_factory.mktemp("texts") / "w.db", FakeClock())
    store.connection.execute("PRAGMA synchronous = OFF")
    store.connection.execute("INSERT INTO issue_types (id, name) VALUES (10101, 'Story')")
    for number, page in enumerate(pages):
        with store.transaction() as connection:
            rows = [_row(str(i), f"P-{k}", title, text) for i, k, title, text in page]
            stage_aside(connection, rows, f"run {number}")
            merge(connection, f"run {number}", "2026-11-22T12:00:00.000Z")
    _in_step(store)
    store.close()
