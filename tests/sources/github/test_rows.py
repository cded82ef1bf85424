"""GitHub issues as rows: each shape of sources/github/README.md, "Issues", and what GitHub has sent."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import recordings
from worksupport.model.tracked import tracked_text
from worksupport.sources.github.rows import github_row, is_pull_request
from worksupport.sources.records import OddRecordError


def issue(**members: Any) -> dict[str, Any]:
    """One item of a search answer with these members."""
    return {
        "id": 7,
        "number": 3,
        "title": "Fix it",
        "state": "open",
        "repository_url": "https://api.github.com/repos/Acme/tool",
        "html_url": "https://github.com/Acme/tool/issues/3",
        **members,
    }


def shape(raw: object, names: dict[str, str] | None = None) -> Any:
    """The row."""
    return github_row(raw, names=names or {})


def test_a_whole_issue_becomes_a_whole_row() -> None:
    raw = issue(
        state="closed",
        state_reason="not_planned",
        labels=[{"id": 1, "name": "in progress", "description": None}, {"name": "type: bug"}],
        assignees=[{"login": "Octo", "id": 1}, {"login": "alice-X", "id": 2}],
        assignee={"login": "Octo"},
        type={"id": 99, "name": "Bug"},
        created_at="2026-01-01T00:00:00Z",
        updated_at="2012-06-01T17:00:00-07:00",
        closed_at="2026-01-02T00:00:00Z",
        user={"login": "alice-x"},
        body="As it is: *x*",
    )
    assert shape(raw, {"alice-x": "Alice"}) == {
        "source": "github",
        "source_id": "7",
        "issue_key": "Acme/tool#3",
        "summary": "Fix it",
        "assignee": "Alice",
        "assignees": ["Octo", "Alice"],
        "assignee_accounts": [("Octo", "Octo"), ("alice-X", "Alice")],
        "status": "closed",
        "status_category": "done",
        "state_reason": "not_planned",
        "labels": ["in progress", "type: bug"],
        "issue_type_id": None,
        "vendor_type": {"id": "99", "name": "Bug"},
        "parent_key": None,
        "url": "https://github.com/Acme/tool/issues/3",
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2012-06-02T00:00:00.000Z",
        "closed_at": "2026-01-02T00:00:00.000Z",
        "priority": None,
        "resolution": None,
        "reporter": "Alice",
        "due_date": None,
        "fix_versions": [],
        "flagged": False,
        "named_keys": {},
        "tracked": tracked_text(
            {
                "key": "Acme/tool#3",
                "title": "Fix it",
                "type": "99",
                "status": "closed",
                "assignees": ["2", "1"],
                "labels": ["type: bug", "in progress"],
                "state_reason": "not_planned",
            }
        ),
        "description": "As it is: *x*",
    }


@pytest.mark.parametrize(
    ("urls", "key"),
    [
        ({"repository_url": "https://api.github.com/repos/a/b"}, "a/b#3"),
        ({"repository_url": "https://ghe.acme.org/api/v3/repos/a/b"}, "a/b#3"),
        ({"repository_url": "https://ghe.acme.org/git/api/v3/repos/a/b.c/"}, "a/b.c#3"),
        ({"repository_url": None, "html_url": "https://github.com/a/b/issues/3"}, "a/b#3"),
        ({"repository_url": None, "html_url": "https://ghe.acme.org/git/a/b/issues/3"}, "a/b#3"),
    ],
)
def test_the_repository_is_named_by_the_end_of_a_path(urls: dict[str, Any], key: str) -> None:
    """An Enterprise Server has /api/v3 in front; the oldest answers have no repository_url."""
    assert shape(issue(**urls))["issue_key"] == key


def test_the_first_assignee_is_it_where_none_is_a_member() -> None:
    row = shape(issue(assignees=[{"login": "zoe"}, {"login": "abe"}]), {"carl": "Carl"})
    assert (row["assignee"], row["assignees"]) == ("zoe", ["zoe", "abe"])


@pytest.mark.parametrize(
    ("members", "accounts"),
    [
        ({"assignee": {"login": "old"}}, [("old", "old")]),
        ({"assignees": None, "assignee": {"login": "old"}}, [("old", "old")]),
        ({"assignees": [], "assignee": {"login": "gone"}}, []),
        ({"assignees": [{"login": "a"}], "assignee": None}, [("a", "a")]),
        ({"assignees": [None, {"login": "a"}]}, [("a", "a")]),
        ({"assignees": [{"login": None}]}, [("", "ghost")]),
        ({}, []),
    ],
)
def test_assignees_of_old_answers_and_deleted_users(members: Any, accounts: list[tuple[str, str]]) -> None:
    """`assignees` counts where it is there (`assignee` is gone since 2026); deleted users are the ghost."""
    assert shape(issue(**members))["assignee_accounts"] == accounts


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"url": "https://api.github.com/repos/a/b/pulls/3", "merged_at": None}, True),
        ({"url": None, "html_url": None, "diff_url": None}, False),
        (None, False),
    ],
)
def test_a_pull_request_is_told_by_its_key_with_content(detail: object, expected: bool) -> None:
    """In 2012 every issue had the key, all of its values null."""
    assert is_pull_request(issue(pull_request=detail)) is expected
    assert not is_pull_request(issue())


@pytest.mark.parametrize(
    ("raw", "record"),
    [
        (None, None),
        ([issue()], None),
        ({}, None),
        ({"id": 7}, "7"),
        (issue(id=None), "Acme/tool#3"),
        (issue(id=True), "Acme/tool#3"),
        (issue(number="3"), "7"),
        (issue(repository_url="x", html_url="https://[bad"), "7"),
        (issue(labels={"name": "x"}), "Acme/tool#3"),
        (issue(assignees=["octo"]), "Acme/tool#3"),
        (issue(title=["x"]), "Acme/tool#3"),
    ],
)
def test_an_odd_record_is_named(raw: object, record: str | None) -> None:
    with pytest.raises(OddRecordError) as caught:
        shape(raw)
    assert caught.value.record == record


_odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 7, "", "x", [], [7], [None], ["x"], {}, {"key": 7}, {"name": []}, {"login": {}}]
)


@given(
    st.dictionaries(st.sampled_from(["id", "number", "repository_url", "labels", "assignees", "type"]), _odd)
)
def test_any_members_are_a_row_or_an_odd_record(members: dict[str, Any]) -> None:
    """Never another exception, whatever a service sends."""
    raw = issue(**members)
    is_pull_request(raw)
    with contextlib.suppress(OddRecordError):
        assert shape(raw)["issue_key"].endswith(f"#{raw['number']}")


@recordings.each("github")
def test_every_recorded_issue_keeps_what_it_has(raw: dict[str, Any]) -> None:
    """None loses key, state, labels or assignees; the search of 2012 sent no id."""
    if "id" not in raw:
        with pytest.raises(OddRecordError, match=r"acme/admin#1203: it has no id"):
            shape(raw)
        return
    row = shape(raw)
    assert row["source_id"] == str(raw["id"])
    assert raw["html_url"].replace("/pull/", "/issues/").endswith(row["issue_key"].replace("#", "/issues/"))
    assert (row["summary"], row["status"]) == (raw["title"], raw["state"])
    assert row["state_reason"] == raw.get("state_reason")
    assert row["labels"] == [label["name"] for label in raw["labels"]]
    assert row["assignees"] == [user["login"] for user in raw.get("assignees", [])]
    assert row["created_at"] is not None
    assert bool(row["closed_at"]) == (raw["state"] == "closed")


def test_the_recorded_pull_requests_are_told_from_issues() -> None:
    """Also those that an issue search brings, and the issue of 2013 that has the key without content."""
    assert [raw["number"] for raw in recordings.issues("github") if is_pull_request(raw)] == [332, 540, 421]
