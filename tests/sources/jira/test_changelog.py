"""Jira's changelogs as entries: each trap of sources/jira/README.md, "Changelogs"."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worksupport.errors import IncompleteError
from worksupport.model.names import TRACKED
from worksupport.model.past import AUTOMATION
from worksupport.sources.jira.changelog import jira_entries, jira_names_then, read_changelogs
from worksupport.sources.jira.data_center import DataCenter
from worksupport.sources.jira.search import Cloud


def history(*items: Any, **given: Any) -> dict[str, Any]:
    author = {"accountId": "a1", "displayName": "Anna", "accountType": "atlassian"}
    return {
        "id": "57278",
        "author": author,
        "created": "2021-01-25T11:09:27.985+0800",
        "items": [*items],
        **given,
    }


def item(
    field: str, before: Any, after: Any, before_name: Any = None, after_name: Any = None
) -> dict[str, Any]:
    ends = {"from": before, "to": after, "fromString": before_name, "toString": after_name}
    return {"field": field, "fieldtype": "jira", **ends}


@pytest.mark.parametrize(
    ("sent", "field", "old", "new"),
    [
        (item("status", "1", "3", "To Do", "Doing"), "status", "1", "3"),
        (item("issuetype", "10", "11", "Story", "Bug"), "type", "10", "11"),
        (item("summary", None, None, "Old", "New"), "title", "Old", "New"),
        (item("duedate", None, "2026-12-04", None, "2026-12-04 00:00:00.0"), "due_date", None, "2026-12-04"),
        (item("assignee", None, "a2", None, "Bo"), "assignees", [], ["a2"]),
        (item("labels", None, None, "b a", ""), "labels", ["b", "a"], []),
        (item("priority", "3", "2", "Low", "High"), "priority", "3", "2"),
        (item("resolution", None, "1", None, "Done"), "resolution", None, "1"),
        (item("IssueParentAssociation", "9", "10", "P-1", "P-2"), "parent", "9", "10"),
        (item("Epic Link", 9, None, "P-1", ""), "parent", "9", None),
        (item("Flagged", None, "[10019]", "", "Impediment"), "flagged", False, True),
        (item("Key", None, None, "A-1", "B-2"), "key", "A-1", "B-2"),
    ],
)
def test_what_we_track(sent: dict[str, Any], field: str, old: Any, new: Any) -> None:
    (entry,) = jira_entries(history(item("description", None, None, "x", "y"), sent), "7")
    assert (entry.source_id, entry.entry, entry.item, entry.author) == ("7", "57278", 1, "a1")
    assert (entry.field, entry.old, entry.new) == (field, old, new)
    assert entry.at == "2021-01-25T03:09:27.985Z"


def test_versions_come_and_go_one_by_one() -> None:
    sent = history(item("Fix Version", None, "7", None, "4.2"), item("Fix Version", "6", None, "4.1", None))
    assert [(entry.added, entry.removed) for entry in jira_entries(sent, "7")] == [("7", None), (None, "6")]
    assert set(jira_names_then(sent)) == {("version", "7", "4.2", None), ("version", "6", "4.1", None)}


def test_milliseconds_and_apps() -> None:
    sent = history(item("status", "1", "3"), created=1611544167985, author={"accountType": "app"})
    (entry,) = jira_entries(sent, "7")
    assert (entry.at, entry.author) == ("2021-01-25T03:09:27.985Z", AUTOMATION)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["id", "created", "items", "field", "from", "to", "author", "status"]), inner
            )
        ),
    )
)
def test_nothing_is_too_odd(sent: Any) -> None:
    for each in (
        sent,
        history(sent),
        history(created=sent),
        history(item("status", sent, sent), author=sent),
    ):
        assert all(entry.field in TRACKED for entry in jira_entries(each, "7"))
        list(jira_names_then(each))


class Asked:
    """Answers one page after the other."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages, self.bodies = list(pages), list[Any]()

    def __call__(self, method: str, path: str, /, *, json: Any = None, **options: Any) -> Any:
        self.bodies.append((path, json))
        document = self.pages.pop(0)
        assert not options["check"](document)
        return type("Response", (), {"document": document})


def log(source_id: str, *ids: str) -> dict[str, Any]:
    histories = [history(item("status", "1", "3"), id=each) for each in ids]
    return {"issueId": source_id, "changeHistories": histories}


def test_pages_are_followed_and_histories_that_come_twice_are_one() -> None:
    ask = Asked(
        {"issueChangeLogs": [log("1", "a"), log("2", "b")], "nextPageToken": "t"},
        {"issueChangeLogs": [log("2", "b", "c")]},
    )
    ((past, _),) = read_changelogs(ask, Cloud(), ["1", "2", "3"])
    assert {each: [entry.entry for entry in entries] for each, entries in past.items()} == {
        "1": ["a"],
        "2": ["b", "c"],
        "3": [],
    }
    assert [body.get("nextPageToken") for _, body in ask.bodies] == [None, "t"]


def test_a_token_that_comes_again_is_no_end() -> None:
    ask = Asked(*[{"issueChangeLogs": [], "nextPageToken": "t"}] * 3)
    with pytest.raises(IncompleteError):
        list(read_changelogs(ask, Cloud(), ["1"]))


def test_data_center_tells_it_with_the_issue() -> None:
    page = {"issues": [{"id": "1", "changelog": {"histories": [history(item("status", "1", "3"))]}}]}
    ask = Asked(page)
    ((past, names),) = read_changelogs(ask, DataCenter((), ()), ["1", "2"])
    assert ([entry.new for entry in past["1"]], past["2"], names) == (["3"], [], set())
    assert ask.bodies[0][1]["expand"] == ["changelog"]
