"""Staged rows become issues: ids stay, keys that change hands are sorted out, counts tell what changed."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import FakeClock
from tests.store.conftest import Harvest
from tests.store.rows_made import made_row
from worksupport.store.database import Store
from worksupport.store.upsert import merge, stage, stage_aside

Kept = Callable[[], dict[str, tuple[str, str | None, bool]]]


def test_a_new_row_is_counted_and_stored(merge_page: Harvest, kept: Kept) -> None:
    merged = merge_page("first", made_row("1", "P-1"))
    assert (merged.new, merged.changed) == ({"jira": 1}, {})
    assert kept() == {"1": ("P-1", None, False)}


def test_the_same_row_again_changes_nothing(store: Store, merge_page: Harvest) -> None:
    merge_page("first", made_row("1", "P-1"))
    before = store.connection.execute("SELECT data_version FROM data_state").fetchone()
    merged = merge_page("second", made_row("1", "P-1"))
    assert (merged.new, merged.changed) == ({}, {})
    assert store.connection.execute("SELECT data_version FROM data_state").fetchone() == before


def test_a_changed_title_is_counted_and_raises_the_version(store: Store, merge_page: Harvest) -> None:
    merge_page("first", made_row("1", "P-1"))
    ((before,),) = store.connection.execute("SELECT data_version FROM data_state")
    merged = merge_page("second", made_row("1", "P-1", summary="Better"))
    assert merged.changed == {"jira": 1}
    ((after,),) = store.connection.execute("SELECT data_version FROM data_state")
    assert after > before


def test_side_tables_follow_the_row(store: Store, merge_page: Harvest) -> None:
    accounts = [("a1", "Zoë"), ("a2", "Max")]
    merge_page("first", made_row("1", "P-1", labels=["Old", "Keep"], assignee_accounts=accounts))
    merge_page("second", made_row("1", "P-1", labels=["Keep", "ÉTÉ"], assignee_accounts=accounts[:1]))
    labels = store.connection.execute("SELECT label, folded FROM issue_labels ORDER BY label").fetchall()
    assert labels == [("Keep", "keep"), ("ÉTÉ", "été")]
    assignees = store.connection.execute("SELECT account, name, folded FROM issue_assignees").fetchall()
    assert assignees == [("a1", "Zoë", "zoë")]


def test_lists_and_types_are_stored_as_json(store: Store, merge_page: Harvest) -> None:
    row = made_row(
        "1",
        "P-1",
        labels=["Größe", "b"],
        assignees=["Zoë"],
        assignee_accounts=[("a1", "Zoë")],
        vendor_type={"id": "7", "name": "Épic"},
    )
    merge_page("first", row, made_row("2", "P-2"))
    columns = "labels, assignees, assignee_accounts, vendor_type"
    assert store.connection.execute(f"SELECT {columns} FROM issues ORDER BY issue_key").fetchall() == [
        ('["Größe", "b"]', '["Zoë"]', '[["a1", "Zoë"]]', '{"id": "7", "name": "Épic"}'),
        ("[]", "[]", "[]", None),
    ]


def test_a_moved_issue_keeps_its_row_and_its_children(store: Store, merge_page: Harvest, kept: Kept) -> None:
    merge_page("first", made_row("1", "P-1"), made_row("2", "P-2", parent="P-1"))
    ids = store.connection.execute("SELECT id FROM issues ORDER BY source_id").fetchall()
    merge_page("second", made_row("1", "Q-7"))
    assert kept() == {"1": ("Q-7", None, False), "2": ("P-2", "Q-7", False)}
    assert store.connection.execute("SELECT id FROM issues ORDER BY source_id").fetchall() == ids


def test_two_issues_swap_their_keys_and_keep_their_children(merge_page: Harvest, kept: Kept) -> None:
    merge_page(
        "first",
        *(made_row("1", "P-1"), made_row("2", "P-2")),
        *(made_row("11", "C-1", parent="P-1"), made_row("22", "C-2", parent="P-2")),
    )
    merge_page("second", made_row("1", "P-2"), made_row("2", "P-1"))
    assert kept() == {
        "1": ("P-2", None, False),
        "2": ("P-1", None, False),
        "11": ("C-1", "P-2", False),
        "22": ("C-2", "P-1", False),
    }


def test_a_key_taken_over_hides_the_old_holder_until_seen(
    store: Store, merge_page: Harvest, kept: Kept
) -> None:
    merge_page("first", made_row("1", "P-1"))
    merge_page("second", made_row("2", "P-1"))
    assert kept() == {"1": ("P-1~1", None, True), "2": ("P-1", None, False)}
    assert store.connection.execute("SELECT max(missing_since) FROM issues").fetchone() == (
        "",
    )  # hidden only
    merge_page("second", made_row("1", "Q-1"))
    assert kept()["1"] == ("Q-1", None, False)


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ("T10:00", "T09:00", "first"),
        ("T09:00", "T10:00", "second"),
        ("T10:00", "T10:00", "second"),
        (None, "T10:00", "second"),
        ("T10:00", None, "second"),
    ],
)
@pytest.mark.parametrize("in_one_page", [True, False])
def test_of_two_answers_in_one_run_the_newer_counts(
    store: Store, merge_page: Harvest, first: str | None, second: str | None, winner: str, in_one_page: bool
) -> None:
    rows = [
        made_row("1", "P-1", summary=name, updated_at=time and f"2026-11-22{time}:00.000Z")
        for name, time in (("first", first), ("second", second))
    ]
    for page in [rows] if in_one_page else [rows[:1], rows[1:]]:
        merge_page("one run", *page)
    assert store.connection.execute("SELECT summary FROM issues").fetchall() == [(winner,)]


def test_a_later_run_takes_what_it_gets(store: Store, merge_page: Harvest) -> None:
    """Also an older state: a service that was restored from a copy, say."""
    merge_page("first", made_row("1", "P-1", summary="new", updated_at="2026-11-22T10:00:00.000Z"))
    merge_page("second", made_row("1", "P-1", summary="old", updated_at="2026-11-22T09:00:00.000Z"))
    assert store.connection.execute("SELECT summary FROM issues").fetchone() == ("old",)


def test_a_child_seen_in_this_run_tells_its_parent_itself(merge_page: Harvest, kept: Kept) -> None:
    merge_page("first", made_row("1", "P-1"), made_row("2", "P-2"))
    merge_page("second", made_row("3", "C-3", parent="P-2"))
    merge_page("second", made_row("1", "P-2"), made_row("2", "P-1"))
    assert kept()["3"] == ("C-3", "P-2", False)


def test_of_two_rows_of_one_page_with_one_key_the_higher_id_keeps_it(merge_page: Harvest, kept: Kept) -> None:
    merged = merge_page("first", made_row("9", "P-1"), made_row("10", "P-1"))
    assert merged.doubled == [("jira", "9", "P-1")]
    assert kept() == {"10": ("P-1", None, False)}


def test_of_two_rows_of_one_run_with_one_key_the_higher_id_keeps_it(merge_page: Harvest, kept: Kept) -> None:
    merge_page("first", made_row("10", "P-1"))
    merged = merge_page("first", made_row("9", "P-1"))
    assert merged.doubled == [("jira", "9", "P-1")]
    assert kept() == {"10": ("P-1", None, False)}


def test_the_lower_id_is_left_out_also_when_it_came_first(merge_page: Harvest, kept: Kept) -> None:
    merge_page("first", made_row("9", "P-1"))
    merged = merge_page("first", made_row("10", "P-1"))
    assert merged.doubled == [("jira", "9", "P-1")]
    assert kept() == {"9": ("P-1~9", None, True), "10": ("P-1", None, False)}


def test_text_of_strangers_is_stored_exactly(store: Store, merge_page: Harvest) -> None:
    title = "'; DROP TABLE issues; -- \x1b[31m [bold] \u202e \n 😀"
    merge_page("first", made_row("1", "P-1", summary=title, labels=["a,b", '"', "\u2028"]))
    assert store.connection.execute("SELECT summary FROM issues").fetchone() == (title,)
    labels = {label for (label,) in store.connection.execute("SELECT label FROM issue_labels")}
    assert labels == {"a,b", '"', "\u2028"}


ids = st.integers(1, 6).map(str)
numbers = st.integers(1, 6)


@st.composite
def _run_rows(draw: st.DrawFn) -> dict[str, tuple[str, str | None]]:
    """One state of the service: ids with distinct keys, and parents among the keys."""
    chosen = draw(st.lists(ids, unique=True))
    keys = draw(st.permutations([f"K-{number}" for number in range(1, 7)]))
    held = dict(zip(chosen, keys, strict=False))
    parents = draw(st.lists(st.sampled_from([None, *held.values()]), min_size=6, max_size=6))
    return {id_: (key, parent) for (id_, key), parent in zip(held.items(), parents, strict=False)}


@settings(max_examples=60)
@given(st.lists(_run_rows(), min_size=1, max_size=4), st.integers(1, 3), st.booleans())
def test_whatever_keys_do_the_last_run_stands_as_the_service_says(
    runs: list[dict[str, tuple[str, str | None]]], page_size: int, at_once: bool
) -> None:
    """Keys move, swap and return in any order, in pages or at once: what a run saw stands as it saw it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "w.db", FakeClock())
        store.connection.execute("PRAGMA synchronous = OFF")
        store.connection.execute("INSERT INTO issue_types (id, name) VALUES (10101, 'Story')")
        for number, state in enumerate(runs):
            rows = [made_row(id_, key, parent) for id_, (key, parent) in state.items()]
            pages = [rows] if at_once else [rows[i : i + page_size] for i in range(0, len(rows), page_size)]
            for page in pages:
                with store.transaction() as connection:
                    (stage if at_once else stage_aside)(connection, page, f"run {number}")
                    merge(connection, f"run {number}", "2026-11-22T12:00:00.000Z")
                    connection.execute("DELETE FROM staged_issues")
        seen = store.connection.execute(
            "SELECT source_id, issue_key, parent_key FROM issues WHERE seen_run = ?", [f"run {len(runs) - 1}"]
        ).fetchall()
        assert {id_: (key, parent) for id_, key, parent in seen} == runs[-1]
        store.close()
