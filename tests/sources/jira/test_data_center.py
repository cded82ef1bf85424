"""Jira Data Center: its search by offset, its bearer tokens and user names, and where it keeps parents."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.sources.jira.timed_workers import at_once, site_last
from worksupport.config.settings import JiraSettings
from worksupport.errors import ConfigurationError, CredentialsError, IncompleteError, UnreachableError
from worksupport.sources.jira.client import Jira, connect
from worksupport.sources.jira.data_center import offset_pages
from worksupport.sources.jira.rows import jira_row
from worksupport.sources.jira.search import complete_pages

BASE = "https://jira.acme.org/jira"
SEARCH = f"{BASE}/rest/api/2/search"
EPIC_LINK = {
    "id": "customfield_10014",
    "name": "Epic Link",
    "custom": True,
    "clauseNames": ["cf[10014]", "Epic Link"],
    "schema": {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10014},
}
PARENT_LINK = {
    "id": "customfield_10200",
    "name": 'Übergeordnet "oben"',
    "schema": {"type": "any", "custom": "com.atlassian.jpo:jpo-custom-field-parent", "customId": 10200},
}
OTHERS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "x"},
    None,
]


@pytest.fixture
def new_jira(clock: Any, web: Any) -> Iterator[Callable[..., Jira]]:
    """new_jira(fields) is a client for a Data Center with these fields."""
    clients: list[Jira] = []

    def build(
        fields: Any = (EPIC_LINK, PARENT_LINK),
        email: str | None = None,
        sub_tasks: Any = True,
        kind: str = "DataCenter",
    ) -> Jira:
        credentials = JiraSettings(BASE, "p4t", email, None, None)
        clients.append(connect(credentials, clock=clock, timeout_seconds=60, max_wait_seconds=300))
        web.get(f"{BASE}/rest/api/2/serverInfo", json={"baseUrl": f"{BASE}/", "deploymentType": kind})
        web.get(f"{BASE}/rest/api/2/field", json=[*OTHERS, *fields])
        if sub_tasks is None:
            web.get(f"{BASE}/rest/api/2/configuration", status=403)
        else:
            web.get(f"{BASE}/rest/api/2/configuration", json={"subTasksEnabled": sub_tasks})
        return clients[-1]

    yield build
    for client in clients:
        client.close()


@pytest.mark.parametrize("kind", ["DataCenter", "Server"])
def test_a_data_center_is_recognised_and_keeps_its_context_path(kind: str, new_jira: Any, web: Any) -> None:
    jira = new_jira(kind=kind)
    site = jira.ask_site()
    assert (site.base_url, site.deployment) == (BASE, kind)
    assert {call.request.headers["Authorization"] for call in web.calls} == {"Bearer p4t"}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": "<html>dead link</html>"},
        {"status": 404, "headers": {"X-AUSERNAME": "anonymous"}},
        {"status": 401},
        {"status": 403},
        {"status": 405},
        {"status": 410},
        {"status": 200, "body": "<html>Log in</html>"},
    ],
)
@pytest.mark.parametrize("email", ["me@acme.org", "me"])
def test_a_data_center_that_takes_a_name_is_asked_in_its_own_version(
    email: str, answer: dict[str, Any], new_jira: Any, web: Any
) -> None:
    """An address in jira.email means Cloud, until the site says what it is; whatever it answers till then."""
    jira = new_jira(email=email)
    for name, document in (("issuetype", [{"id": "1"}]), ("myself", {"name": "me", "displayName": "Me"})):
        web.get(f"{BASE}/rest/api/3/{name}", **answer)
        web.get(f"{BASE}/rest/api/2/{name}", json=document)
    opened = jira.open(site_last)
    assert opened.account.id == "me"
    assert opened.types == [{"id": "1"}]
    guesses = [call.request.path_url for call in web.calls if "/api/3/" in call.request.path_url]
    assert bool(guesses) == ("@" in email)


def test_what_the_site_does_not_tell_is_what_is_wrong(new_jira: Any, web: Any) -> None:
    """And nothing else is asked: a few failed log-ins can lock an account."""
    jira = new_jira()
    web.replace("GET", f"{BASE}/rest/api/2/serverInfo", status=404)
    with pytest.raises(ConfigurationError, match="serverInfo"):
        jira.open(at_once)
    assert len(web.calls) == 1


def test_children_are_asked_for_by_every_field_that_there_is(new_jira: Any) -> None:
    """By the names that the site gave its fields, whatever the plugins call them."""
    jira = new_jira()
    jira.ask_site()
    assert jira.deployment.children_jql(["A-1"], ["7"]) == (
        '(parent IN ("A-1") OR "Epic Link" IN ("A-1") OR "Übergeordnet \\"oben\\"" IN ("A-1"))'
        " AND type IN (7) ORDER BY key ASC"
    )
    assert jira.deployment.parent_fields == ("customfield_10014", "customfield_10200")


@pytest.mark.parametrize(
    ("fields", "sub_tasks", "clauses"),
    [
        ([EPIC_LINK], True, '(parent IN ("A-1") OR "Epic Link" IN ("A-1"))'),
        ([EPIC_LINK], None, '(parent IN ("A-1") OR "Epic Link" IN ("A-1"))'),
        ([EPIC_LINK], False, '"Epic Link" IN ("A-1")'),
    ],
)
def test_a_field_that_is_not_there_is_not_asked_for(
    fields: Any, sub_tasks: Any, clauses: str, new_jira: Any
) -> None:
    """Jira answers 400 to an unknown field; `parent` is one where sub-tasks are switched off."""
    jira = new_jira(fields, sub_tasks=sub_tasks)
    jira.ask_site()
    assert jira.deployment.children_jql(["A-1"], []) == f"{clauses} ORDER BY key ASC"


@pytest.mark.parametrize("fields", [[], [{**EPIC_LINK, "id": None}], [{**EPIC_LINK, "schema": None}]])
def test_a_site_without_link_fields_is_refused(fields: Any, new_jira: Any) -> None:
    """Never an empty tree."""
    with pytest.raises(ConfigurationError, match="neither an Epic Link nor a Parent Link"):
        new_jira(fields).ask_site()


def test_the_parent_is_read_from_whichever_field_is_set(new_jira: Any) -> None:
    jira = new_jira()
    jira.ask_site()
    for fields, parent in [
        ({"parent": {"key": "S-1"}}, "S-1"),
        ({"customfield_10014": "E-1"}, "E-1"),
        ({"customfield_10014": None, "customfield_10200": "P-1"}, "P-1"),
    ]:
        raw = {"id": "1", "key": "A-1", "fields": fields}
        row = jira_row(raw, site_url=BASE, type_ids={}, names={}, parent_fields=jira.deployment.parent_fields)
        assert row["parent_key"] == parent


def test_myself_and_types_are_version_two(new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.get(f"{BASE}/rest/api/2/myself", json={"name": "me", "key": "JIRAUSER1", "displayName": "Me"})
    web.get(f"{BASE}/rest/api/2/issuetype", json=[{"id": "1", "name": "Epic"}])
    opened = jira.open(at_once)
    assert opened.account.id == "me"
    assert opened.types == [{"id": "1", "name": "Epic"}]


def test_an_anonymous_answer_is_noticed(new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.post(SEARCH, json={"issues": [], "total": 0}, headers={"X-AUSERNAME": "anonymous"})
    jira.ask_site()
    with pytest.raises(CredentialsError, match="as if anonymous"):
        list(jira.search("x"))


def test_basic_authentication_switched_off_tells_the_cure(new_jira: Any, web: Any) -> None:
    """Data Center 11 answers 403; before, an e-mail address with a personal access token did not work."""
    jira = new_jira(email="me@acme.org")
    message = {"message": "Basic Authentication has been disabled on this instance"}
    web.replace("GET", f"{BASE}/rest/api/2/serverInfo", status=403, json=message)
    with pytest.raises(CredentialsError, match="Basic Authentication has been disabled") as caught:
        jira.ask_site()
    assert "Data Center takes a token without jira.email" in caught.value.hint


@pytest.mark.parametrize(
    ("users", "found"),
    [
        ([{"name": "ann", "key": "JIRAUSER1", "emailAddress": "Ann@acme.org"}], "ann"),
        ([{"name": "ann@acme.org"}, {"name": "joann@acme.org"}], "ann@acme.org"),
        ([], None),
    ],
)
def test_an_address_becomes_a_user_name(users: Any, found: str | None, new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.get(f"{BASE}/rest/api/2/user/search", json=users)
    web.post(SEARCH, status=400, json={"errorMessages": ["The value 'ann@acme.org' does not exist"]})
    jira.ask_site()
    assert jira.find_account_id("ann@acme.org") == found
    assert web.calls[3].request.params == {"username": "ann@acme.org"}


class Server:
    """Answers a search by offset with at most `largest` issues a page, and remembers what was asked."""

    def __init__(self, web: Any, count: int, largest: int) -> None:
        self.ids = [str(number) for number in range(count)]
        self.largest = largest
        self.bodies: list[dict[str, Any]] = []
        web.add_callback("POST", SEARCH, self.answer, content_type="application/json")

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body)
        self.bodies.append(body)
        size = min(self.largest, body["maxResults"])
        found = [{"id": one, "key": f"A-{one}", "fields": {}} for one in self.ids[body["startAt"] :][:size]]
        document = {"startAt": body["startAt"], "maxResults": size, "total": len(self.ids), "issues": found}
        return 200, {}, json.dumps(document)


@pytest.mark.parametrize(
    ("count", "largest"), [(0, 100), (1, 100), (100, 100), (250, 100), (250, 37), (5, 1)]
)
def test_pages_are_as_long_as_the_server_lets_them_be(
    count: int, largest: int, new_jira: Any, web: Any
) -> None:
    """It clamps silently, so the next offset follows from what came."""
    server, jira = Server(web, count, largest), new_jira()
    jira.ask_site()
    found = [issue["id"] for page in jira.search("x ORDER BY key ASC") for issue in page]
    assert sorted(set(found), key=int) == server.ids
    assert server.bodies[0]["startAt"] == 0
    assert server.bodies[0]["fields"][-2:] == ["customfield_10014", "customfield_10200"]
    assert len(server.bodies) <= count // max(1, min(largest, 100) - 1) + 1


def test_a_long_query_is_shared_by_offsets(new_jira: Any, web: Any) -> None:
    server, jira = Server(web, 900, 100), new_jira()
    jira.ask_site()
    chain = jira.chain("x ORDER BY key ASC")
    walk = chain.pages()
    first = next(walk)
    other = chain.share()
    second = next(other)
    assert [body["startAt"] for body in server.bodies] == [0, 500]
    assert chain.share() is None  # what is left is not worth a third walk
    found = [issue["id"] for page in (first, second, *walk, *other) for issue in page]
    assert sorted(found, key=int) == server.ids
    assert len(server.bodies) <= 11  # alone it would be 10


_changes = st.dictionaries(
    st.integers(0, 12),
    st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 60)), max_size=12),
    max_size=12,
)


@given(st.integers(1, 60), st.integers(2, 9), _changes)
@example(45, 5, {3: [("+", 0)], 11: [("-", 0), ("-", 0)]})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_issues_that_stay_are_found_although_others_come_and_go(count: int, size: int, changes: Any) -> None:
    """Offsets shift under the walk: whatever is in the query all the time is brought, or the query fails."""
    issues = [number * 100 for number in range(count)]
    staying = set(issues)
    asked = 0

    def ask(start: int) -> dict[str, Any]:
        nonlocal asked
        for kind, place in changes.get(asked, []):
            if kind == "+":
                issues.append(place * 100 + 1 + asked)
                issues.sort()
            elif issues:
                staying.discard(issues.pop(place % len(issues)))
        asked += 1
        return {"issues": [{"id": str(one)} for one in issues[start : start + size]], "total": len(issues)}

    try:
        found = {int(issue["id"]) for page in complete_pages(lambda: offset_pages(ask)) for issue in page}
    except IncompleteError:
        return
    assert staying <= found


def test_an_empty_page_in_the_middle_is_not_the_end(new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.post(SEARCH, json={"issues": [], "total": 7})
    jira.ask_site()
    with pytest.raises(IncompleteError, match="an empty page at offset 0 of 7"):
        list(jira.search("x"))


@pytest.mark.parametrize("garbage", [{"issues": []}, {"total": 3}, {"issues": {}, "total": 0}, []])
def test_an_answer_without_issues_or_total_is_garbage(garbage: Any, new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.post(SEARCH, json=garbage)
    jira.ask_site()
    with pytest.raises(UnreachableError):
        list(jira.search("x"))


def test_warnings_of_the_server_are_logged(new_jira: Any, web: Any, caplog: Any) -> None:
    """Data Center answers 200 with a warning for a user that it does not know."""
    jira = new_jira()
    web.post(SEARCH, json={"issues": [], "total": 0, "warningMessages": ["The value 'x\x1b' does not exist"]})
    jira.ask_site()
    list(jira.search("x"))
    assert r"The value 'x\x1b' does not exist" in caplog.text


GONE = {"errorMessages": ["The requested API has been removed. Please migrate"], "errors": {}}


@pytest.mark.parametrize("status", [404, 410])
def test_a_site_whose_search_is_gone_is_told(status: int, new_jira: Any, web: Any) -> None:
    jira = new_jira()
    web.post(SEARCH, status=status, json=GONE)
    jira.ask_site()
    with pytest.raises(ConfigurationError, match="The requested API has been removed"):
        list(jira.search("x"))


def test_where_issues_leave_faster_than_pages_come_the_walk_still_ends() -> None:
    ids, asked = list(range(1_000)), []

    def ask_from(start: int) -> Any:
        asked.append(start)
        ids[:] = [*ids[2:], *ids[:2]]  # to the end: the query stays as long as it is
        return {"issues": [{"id": each} for each in ids[start : start + 20]], "total": len(ids)}

    found = {each["id"] for page in offset_pages(ask_from) for each in page}
    assert found >= set(range(200, 1_000))
    assert len(asked) < 150
