"""Jira issues as rows: each shape of sources/jira/README.md, "Issues", and what real sites have sent."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import recordings
from worksupport.model.tracked import tracked_text
from worksupport.sources.jira.rows import jira_row
from worksupport.sources.records import OddRecordError

ALICE = {"accountId": "5b10:a1", "displayName": "Alice A.", "active": True}


def issue(**fields: Any) -> dict[str, Any]:
    """One issue of a search answer with these fields."""
    return {"id": "10001", "key": "PV-1", "self": "https://api.atlassian.com/ex/jira/x/1", "fields": fields}


def shape(raw: object, **given: Any) -> Any:
    """The row, with the settings that the test does not name."""
    settings: dict[str, Any] = {"site_url": "https://acme.atlassian.net", "type_ids": {}, "names": {}}
    return jira_row(raw, **{**settings, **given})


def test_a_whole_issue_becomes_a_whole_row() -> None:
    raw = issue(
        summary="Ship it",
        assignee=ALICE,
        status={"name": "Fertig", "statusCategory": {"id": 3, "key": "done", "name": "Fertig"}},
        labels=["a b", "c"],
        issuetype={"id": "10777", "name": "Feature", "subtask": False},
        parent={"id": "9", "key": "IACU-9", "fields": {}},
        created="2015-12-02T07:39:15.000-0800",
        updated="2026-11-01T10:00:00.123+0530",
        resolutiondate="2026-11-01T10:00:00.5Z",
        priority={"id": "2", "name": "High"},
        resolution={"id": "1", "name": "Done"},
        reporter=ALICE,
        duedate="2026-12-04",
        fixVersions=[{"id": "7", "name": "4.2"}],
        description="Plain",
    )
    assert shape(raw, type_ids={"10777": 10000}, names={"5b10:a1": "Alice"}) == {
        "source": "jira",
        "source_id": "10001",
        "issue_key": "PV-1",
        "summary": "Ship it",
        "assignee": "Alice",
        "assignees": ["Alice"],
        "assignee_accounts": [("5b10:a1", "Alice")],
        "status": "Fertig",
        "status_category": "done",
        "state_reason": None,
        "labels": ["a b", "c"],
        "issue_type_id": 10000,
        "vendor_type": {"id": "10777", "name": "Feature"},
        "parent_key": "IACU-9",
        "url": "https://acme.atlassian.net/browse/PV-1",
        "created_at": "2015-12-02T15:39:15.000Z",
        "updated_at": "2026-11-01T04:30:00.123Z",
        "closed_at": "2026-11-01T10:00:00.500Z",
        "priority": "High",
        "resolution": "Done",
        "reporter": "Alice",
        "due_date": "2026-12-04",
        "fix_versions": ["4.2"],
        "flagged": False,
        "named_keys": None,
        "tracked": tracked_text(
            {
                "key": "PV-1",
                "title": "Ship it",
                "type": "10777",
                "parent": "9",
                "status": "Fertig",
                "assignees": ["5b10:a1"],
                "labels": ["c", "a b"],
                "priority": "2",
                "resolution": "1",
                "due_date": "2026-12-04",
                "fix_versions": ["7"],
            }
        ),
        "description": "Plain",
    }


def test_missing_and_null_fields_are_null() -> None:
    """A field that was not sent, or sent as null, is no fault: two recorded issues have no summary."""
    names = ("summary", "assignee", "status", "labels", "issuetype", "parent", "created", "resolutiondate")
    bare, nulls = shape(issue(updated=None)), shape(issue(**dict.fromkeys(names)))
    assert bare == nulls
    assert bare["labels"] == bare["assignees"] == bare["assignee_accounts"] == []
    assert bare["issue_type_id"] == -1
    absent = ("summary", "assignee", "status", "vendor_type", "parent_key", "created_at", "closed_at")
    assert {bare[name] for name in absent} == {None}


@pytest.mark.parametrize("parent", [None, {}, {"id": "9"}, {"id": "9", "key": None}])
def test_a_parent_without_key_is_none(parent: object) -> None:
    assert shape(issue(parent=parent))["parent_key"] is None


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("EPIC-1", "EPIC-1"),
        ({"key": "PLAN-1"}, "PLAN-1"),
        ({"data": {"key": "PLAN-2"}}, "PLAN-2"),
        (
            {"hasEpicLinkFieldDependency": False, "nonEditableReason": {"reason": "PLUGIN_LICENSE_ERROR"}},
            None,
        ),
        (None, None),
        ("", None),
        (17, None),
    ],
)
def test_a_parent_may_stand_in_a_link_field(value: object, key: str | None) -> None:
    """Data Center's Epic Link and Parent Link; without Premium, Cloud's field holds a licence notice only."""
    raw = issue(customfield_1=None, customfield_2=value)
    assert shape(raw, parent_fields=["customfield_1", "customfield_2"])["parent_key"] == key


def test_the_parent_field_beats_the_link_fields() -> None:
    raw = issue(parent={"key": "A-1"}, customfield_1="B-1")
    assert shape(raw, parent_fields=["customfield_1"])["parent_key"] == "A-1"


@pytest.mark.parametrize("key", ["undefined", None, "", "TODO"])
def test_another_status_category_is_null(key: str | None) -> None:
    assert shape(issue(status={"name": "X", "statusCategory": {"key": key}}))["status_category"] is None


@pytest.mark.parametrize(
    ("user", "account", "name"),
    [
        ({"accountId": "id1", "displayName": "Bob"}, "id1", "Bob"),
        ({"accountId": "id1"}, "id1", "id1"),
        ({"accountId": "unknown", "displayName": "Former user"}, "", "Former user"),
        ({"accountId": "", "displayName": "Bob"}, "", "Bob"),
        ({"displayName": "Bob", "emailAddress": ""}, "", "Bob"),
        ({"name": "bob", "key": "JIRAUSER10100", "displayName": "Bob"}, "bob", "Bob"),
        ({"name": "bob", "key": "JIRAUSER10100"}, "bob", "bob"),
        ({"key": "JIRAUSER10100"}, "JIRAUSER10100", "JIRAUSER10100"),
    ],
)
def test_an_assignee_is_known_by_account_and_name(user: dict[str, Any], account: str, name: str) -> None:
    """Cloud and Data Center users, with accountId or displayName absent, and deleted ones."""
    row = shape(issue(assignee=user))
    assert row["assignee_accounts"] == [(account, name)]
    assert (row["assignee"], row["assignees"]) == (name, [name])


def test_a_user_of_whom_nothing_is_known_is_nobody() -> None:
    assert shape(issue(assignee={"active": False}))["assignees"] == []


def test_a_data_center_member_is_found_without_regard_to_case() -> None:
    assert shape(issue(assignee={"name": "Bob"}), names={"bob": "Robert"})["assignee"] == "Robert"


@pytest.mark.parametrize(
    "sent", ["2026-11-01", "2026-11-01T10:00:00", "yesterday", "", 7, None, "9999-12-31T23:59:59-0800"]
)
def test_an_unreadable_time_is_null_and_no_failure(sent: object) -> None:
    """Also one without zone, which could be any moment of a day."""
    assert shape(issue(created=sent))["created_at"] is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T15:59:60.500-0800", "2017-01-01T00:00:00.500Z"),
    ],
)
def test_a_leap_second_is_the_second_after_it(sent: str, stored: str) -> None:
    assert shape(issue(created=sent))["created_at"] == stored


def test_labels_may_be_objects_and_odd_text() -> None:
    """Each once, as sent, also fragments of a stack trace."""
    sent = ["TypeError:", "a,b,", {"name": "bug"}, None, "^", "bug"]
    assert shape(issue(labels=sent))["labels"] == ["TypeError:", "a,b,", "bug", "^"]


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_text_stays_as_sent_where_sqlite_can_keep_it(text: str) -> None:
    """Zero-width spaces, leading blanks and emoji stay; lone surrogates and NUL become U+FFFD."""
    stored = shape(issue(summary=text))["summary"]
    assert len(stored) == len(text)
    assert all(kept == sent or kept == "\ufffd" for kept, sent in zip(stored, text, strict=True))
    stored.encode()


@pytest.mark.parametrize(
    ("raw", "record"),
    [
        (None, None),
        ([], None),
        ("PV-1", None),
        ({}, None),
        ({"key": "PV-1", "fields": {}}, "PV-1"),
        ({"id": "1", "fields": {}}, "1"),
        ({"id": "1", "key": "", "fields": {}}, "1"),
        ({"id": "1", "key": "PV-1"}, "PV-1"),
        ({"id": "1", "key": "PV-1", "fields": None}, "PV-1"),
        ({"id": "1", "key": "PV-1", "fields": {}}, "PV-1"),
    ],
)
def test_a_record_without_id_key_or_fields_is_odd(raw: object, record: str | None) -> None:
    with pytest.raises(OddRecordError) as caught:
        shape(raw)
    assert caught.value.record == record


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": 7},
        {"labels": "bug"},
        {"labels": [7]},
        {"status": "Done"},
        {"assignee": [ALICE]},
        {"parent": "PV-9"},
        {"issuetype": "Bug"},
    ],
)
def test_a_field_of_the_wrong_type_leaves_the_record_out_by_key(fields: dict[str, Any]) -> None:
    """Read as null, a damaged answer would overwrite good data."""
    with pytest.raises(OddRecordError, match="PV-1: ") as caught:
        shape(issue(**fields))
    assert caught.value.record == "PV-1"


_odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 7, "", "x", [], [7], [None], {}, {"key": 7}, {"name": []}, {"accountId": {}}]
)


@given(
    st.dictionaries(st.sampled_from(["summary", "assignee", "status", "labels", "parent", "created"]), _odd)
)
def test_any_fields_are_a_row_or_an_odd_record(fields: dict[str, Any]) -> None:
    """Never another exception, whatever a service sends."""
    with contextlib.suppress(OddRecordError):
        assert shape(issue(**fields))["issue_key"] == "PV-1"


@recordings.each("jira")
def test_every_recorded_issue_keeps_what_it_has(raw: dict[str, Any]) -> None:
    """None fails, none loses its key, type, parent, labels or assignee."""
    row, fields = shape(raw), raw["fields"]
    assert (row["source_id"], row["issue_key"]) == (raw["id"], raw["key"])
    assert (row["vendor_type"] or {}).get("id") == (fields.get("issuetype") or {}).get("id")
    assert row["parent_key"] == (fields.get("parent") or {}).get("key")
    assert row["status_category"] == (fields.get("status") or {})["statusCategory"]["key"]
    assert row["labels"] == fields.get("labels", [])
    assert row["summary"] == fields.get("summary")
    assert row["assignee"] == (fields.get("assignee") or {}).get("displayName")
    assert bool(row["created_at"]) == bool(fields.get("created"))
    assert bool(row["closed_at"]) == bool(fields.get("resolutiondate"))


def test_the_recorded_epic_link_is_a_parent_where_the_field_is_known() -> None:
    parents = [
        shape(raw, parent_fields=["customfield_10014"])["parent_key"]
        for raw in recordings.issues("jira")
        if raw["fields"].get("customfield_10014")
    ]
    assert parents == ["PAY-101", "LAB-106"]


@pytest.mark.parametrize(
    ("sent", "expected"), [([{"value": "Impediment"}], True), ([], False), (None, False)]
)
def test_a_flag_is_a_ticked_box(sent: object, expected: bool) -> None:
    assert shape(issue(customfield_10021=sent), flag_fields=["customfield_10021"])["flagged"] is expected
