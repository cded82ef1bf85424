"""When a Jira query is complete: every combination of `isLast` and token, and walks that go wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from worksupport.config.settings import JiraSettings
from worksupport.errors import IncompleteError, QueryRefusedError, UnreachableError
from worksupport.sources.jira.client import Jira, connect

BASE = "https://acme.atlassian.net"
SEARCH = f"{BASE}/rest/api/3/search/jql"
JQL = "project = A ORDER BY key ASC"


@pytest.fixture
def jira(clock: Any) -> Iterator[Jira]:
    """A client for a Cloud site that has been recognised as one."""
    settings = JiraSettings(BASE, "s3cret", "me@acme.org", None, None)
    client = connect(settings, clock=clock, timeout_seconds=60, max_wait_seconds=300)
    yield client
    client.close()


class Pages:
    """Answers searches with the pages given, in turn; the last one again and again. Remembers the bodies."""

    def __init__(self, web: responses.RequestsMock, *pages: Any) -> None:
        self.pages = list(pages)
        self.bodies: list[dict[str, Any]] = []
        web.add_callback("POST", SEARCH, self.answer, content_type="application/json")
        web.get(f"{BASE}/rest/api/2/serverInfo", json={"baseUrl": BASE, "deploymentType": "Cloud"})

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.bodies.append(json.loads(request.body))
        page = self.pages[min(len(self.bodies), len(self.pages)) - 1]
        if isinstance(page, int):
            return page, {}, json.dumps({"errorMessages": ["Nein."]})
        return 200, {}, json.dumps(page)


def page(*ids: int, **members: Any) -> dict[str, Any]:
    """A page with issues of these ids."""
    return {"issues": [{"id": str(number), "key": f"A-{number}", "fields": {}} for number in ids], **members}


def ids(jira: Jira) -> list[str]:
    """The ids that a search brings, in order."""
    return [issue["id"] for found in jira.search(JQL) for issue in found]


def test_the_first_page_names_no_token_and_nothing_is_null(web: Any, jira: Jira) -> None:
    """Jira answers 400 or even 500 to nulls; ids alone come if no field is asked for."""
    pages = Pages(web, page(1, nextPageToken="t1", isLast=False), page(2, isLast=True))
    assert ids(jira) == ["1", "2"]
    fields = pages.bodies[0]["fields"]
    assert sorted(fields) == [
        "assignee",
        "created",
        "description",
        "duedate",
        "fixVersions",
        "issuetype",
        "labels",
        "parent",
        "priority",
        "reporter",
        "resolution",
        "resolutiondate",
        "status",
        "summary",
        "updated",
    ]
    first = {"jql": JQL, "fields": fields, "maxResults": 100}
    assert pages.bodies == [first, {**first, "nextPageToken": "t1"}]


@pytest.mark.parametrize(
    "last",
    [
        {"isLast": True},
        {"isLast": True, "nextPageToken": None},
        {"isLast": True, "nextPageToken": ""},
        {"isLast": True, "nextPageToken": "t1"},
        {},
        {"nextPageToken": None},
        {"nextPageToken": ""},
        {"isLast": None},
        {"isLast": None, "nextPageToken": None},
    ],
)
def test_a_last_page_ends_the_query(last: dict[str, Any], web: Any, jira: Jira) -> None:
    pages = Pages(web, page(1, nextPageToken="t1"), page(2, **last), 500)
    assert ids(jira) == ["1", "2"]
    assert len(pages.bodies) == 2


def test_a_token_beside_is_last_is_tried(web: Any, jira: Jira) -> None:
    """There may be more after all; if not, the page had told the truth."""
    Pages(web, page(1, isLast=True, nextPageToken="t1"), page(2, isLast=True))
    assert ids(jira) == ["1", "2"]
    refused = Pages(web, page(1, isLast=True, nextPageToken="t1"), 400)
    assert ids(jira) == ["1"]
    assert len(refused.bodies) == 2
    endless = [{"issues": [], "isLast": True, "nextPageToken": f"t{number}"} for number in range(2, 9)]
    Pages(web, page(1, isLast=True, nextPageToken="t1"), *endless)
    assert ids(jira) == ["1"]


@pytest.mark.parametrize("more", [{"isLast": False}, {"isLast": None}, {}])
def test_a_token_is_followed(more: dict[str, Any], web: Any, jira: Jira) -> None:
    Pages(web, page(1, nextPageToken="t1", **more), page(2, nextPageToken="t2", **more), page(3, isLast=True))
    assert ids(jira) == ["1", "2", "3"]


BROKEN: dict[str, list[Any]] = {
    "more without a token": [page(1, nextPageToken="t1"), page(2, isLast=False)],
    "more with a null token": [page(1, nextPageToken="t1"), page(2, isLast=False, nextPageToken=None)],
    "more with an empty token": [page(1, nextPageToken="t1"), page(2, isLast=False, nextPageToken="")],
    "a token that is a number": [page(1, nextPageToken="t1"), page(2, nextPageToken=7)],
    "the same token at once": [page(1, nextPageToken="t1"), page(2, nextPageToken="t1")],
    "a token refused half-way": [page(1, nextPageToken="t1"), 400],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_walk_is_begun_again_once(kind: str, web: Any, jira: Jira, caplog: Any) -> None:
    good = [page(1, nextPageToken="u1"), page(2, nextPageToken="u2"), page(3, isLast=True)]
    pages = Pages(web, *BROKEN[kind], *good)
    assert sorted(set(ids(jira))) == ["1", "2", "3"]
    assert "nextPageToken" not in pages.bodies[2]
    assert "asking the query again from its start" in caplog.text


@pytest.mark.parametrize("kind", BROKEN)
def test_a_walk_that_breaks_twice_fails(kind: str, web: Any, jira: Jira) -> None:
    """Never silently short."""
    pages = Pages(web, *BROKEN[kind], *BROKEN[kind], page(4, isLast=True))
    with pytest.raises(IncompleteError, match="not answer a query completely, twice"):
        ids(jira)
    assert len(pages.bodies) == 4


def test_an_old_token_that_comes_back_later_is_noticed(web: Any, jira: Jira) -> None:
    circle = [page(1, nextPageToken="t1"), page(2, nextPageToken="t2"), page(3, nextPageToken="t1")]
    Pages(web, *circle, *circle)
    with pytest.raises(IncompleteError, match="a page token came twice"):
        ids(jira)


def test_short_and_empty_pages_are_not_the_end(web: Any, jira: Jira) -> None:
    empty = [page(nextPageToken=f"e{number}") for number in range(20)]
    Pages(
        web,
        page(*range(1, 101), nextPageToken="t"),
        page(101, nextPageToken="u"),
        *empty,
        page(102, isLast=True),
    )
    assert len(ids(jira)) == 102


def test_a_walk_without_end_is_cut(web: Any, jira: Jira) -> None:
    """The same page with ever new tokens: noticed after fifty pages without news."""

    class Endless(Pages):
        def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
            super().answer(request)
            return 200, {}, json.dumps(page(1, 2, nextPageToken=f"t{len(self.bodies)}"))

    pages = Endless(web, page())
    with pytest.raises(IncompleteError, match="50 pages in a row brought nothing new"):
        ids(jira)
    assert len(pages.bodies) == 102


def test_a_walk_of_ever_new_issues_is_cut_too(web: Any, jira: Jira, monkeypatch: Any) -> None:
    monkeypatch.setattr("worksupport.sources.jira.search._MOST_PAGES", 30)

    class Endless(Pages):
        def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
            super().answer(request)
            return 200, {}, json.dumps(page(len(self.bodies), nextPageToken=f"t{len(self.bodies)}"))

    Endless(web, page())
    with pytest.raises(IncompleteError, match="no end after 30 pages"):
        ids(jira)


def test_a_refused_query_is_not_a_broken_walk(web: Any, jira: Jira) -> None:
    """400 on the first page: one bad parent or type; the harvester bisects."""
    pages = Pages(web, 400)
    with pytest.raises(QueryRefusedError, match="400 Bad Request: Nein"):
        ids(jira)
    assert len(pages.bodies) == 1


@pytest.mark.parametrize("garbage", [{}, {"issues": None}, {"issues": {}, "isLast": True}, [], None, "x"])
def test_an_answer_without_issues_is_garbage(garbage: Any, web: Any, jira: Jira) -> None:
    """Asked again, never taken for an empty page."""
    Pages(web, garbage, page(1, isLast=True))
    assert ids(jira) == ["1"]


def test_garbage_without_end_fails(web: Any, jira: Jira) -> None:
    Pages(web, {})
    with pytest.raises(UnreachableError, match="a search answer without issues; gave up after 5 tries"):
        ids(jira)


@pytest.mark.parametrize("headers", [{"X-RateLimit-NearLimit": "true"}, {"X-RateLimit-Remaining": "0"}])
def test_near_its_limit_a_site_is_asked_more_slowly(headers: Any, web: Any, jira: Jira, clock: Any) -> None:
    """Burst limits count by the second."""
    web.get(f"{BASE}/rest/api/2/serverInfo", json={"deploymentType": "Cloud"}, headers=headers)
    Pages(web, page(1, isLast=True))
    jira.ask_site()
    ids(jira)
    assert 1 <= clock.elapsed <= 1.1


def test_odd_records_are_passed_on(web: Any, jira: Jira) -> None:
    """They are left out one by one where rows are made."""
    Pages(web, {"issues": [None, 7, {"id": "1"}], "isLast": True})
    assert list(jira.search(JQL)) == [[None, 7, {"id": "1"}]]
