"""Who Jira takes us for: an expired token gets 200 and no issues, so every answer is looked at."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sources.jira.timed_workers import at_once, site_last
from worksupport.config.settings import JiraSettings
from worksupport.errors import ConfigurationError, CredentialsError
from worksupport.sources.jira.client import Jira, connect

BASE = "https://acme.atlassian.net"
GATEWAY = "https://api.atlassian.com/ex/jira/1234-5678"
INFO = "/rest/api/2/serverInfo"
MYSELF = "/rest/api/3/myself"
SEARCH = "/rest/api/3/search/jql"
ME = {"accountId": "5b10", "displayName": "Me", "timeZone": "Asia/Tokyo"}
KNOWN = {"X-AAccountId": "5b10"}
EMPTY = {"issues": [], "isLast": True}


@pytest.fixture
def new_jira(clock: Any, web: Any) -> Iterator[Callable[..., Jira]]:
    """new_jira(base_url) is a client for a Cloud site there."""
    clients: list[Jira] = []

    def build(base_url: str = BASE, email: str | None = "me@acme.org") -> Jira:
        settings = JiraSettings(base_url, "s3cret", email, None, None)
        clients.append(connect(settings, clock=clock, timeout_seconds=60, max_wait_seconds=300))
        web.get(base_url + INFO, json={"baseUrl": BASE, "deploymentType": "Cloud"})
        return clients[-1]

    yield build
    for client in clients:
        client.close()


def test_an_accepted_token_names_its_account(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.get(BASE + MYSELF, json=ME, headers=KNOWN)
    account = jira.prove_identity()
    assert (account.id, account.name, account.time_zone) == ("5b10", "Me", "Asia/Tokyo")
    jira.require_identity()
    assert web.calls[-1].request.headers["Authorization"].startswith("Basic ")


def test_who_we_are_is_asked_beside_what_the_site_is(web: Any, new_jira: Any) -> None:
    """An e-mail address means Cloud; what the site says of itself can come last, and names nobody."""
    jira = new_jira()
    web.get(BASE + MYSELF, json=ME, headers=KNOWN)
    web.get(f"{BASE}/rest/api/3/issuetype", json=[{"id": "1"}], headers=KNOWN)
    web.get(f"{BASE}/rest/api/3/field", json=[], headers=KNOWN)
    opened = jira.open(site_last)
    assert (opened.site.is_cloud, opened.account.id, opened.types) == (True, "5b10", [{"id": "1"}])
    paths = [call.request.path_url for call in web.calls]
    assert paths == ["/rest/api/3/field", "/rest/api/3/issuetype", MYSELF, INFO]


def test_what_the_site_says_of_itself_decides_what_is_wrong(web: Any, new_jira: Any) -> None:
    """Behind a log-in of another kind everything is refused; the address is what is wrong."""
    jira = new_jira()
    web.get(BASE + MYSELF, status=401, body="Log in first.")
    web.get(f"{BASE}/rest/api/3/issuetype", status=401, body="Log in first.")
    web.replace("GET", BASE + INFO, status=404)
    with pytest.raises(ConfigurationError, match="serverInfo"):
        jira.open(at_once)


def test_a_refused_token_names_the_account_and_the_cure(web: Any, new_jira: Any) -> None:
    """401 is one line of text, in the account's language."""
    jira = new_jira()
    web.get(BASE + MYSELF, status=401, body="Client muss angemeldet sein.", content_type="text/plain")
    with pytest.raises(CredentialsError, match=r"Jira refused me@acme\.org: .*Client muss") as caught:
        jira.prove_identity()
    assert "id.atlassian.com/manage-profile/security/api-tokens" in caught.value.hint
    assert "worksupport check" in caught.value.hint


@pytest.mark.parametrize("path", [INFO, MYSELF, SEARCH])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 503])
def test_a_failed_login_shows_on_any_answer(path: str, status: int, web: Any, new_jira: Any) -> None:
    """Whatever else the answer is: asking again with this token would only lock the account."""
    jira = new_jira()
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    if path == INFO:
        web.replace("GET", BASE + INFO, json={}, status=status, headers=headers)
    web.get(BASE + MYSELF, status=status, json=ME, headers=headers)
    web.post(BASE + SEARCH, status=status, json=EMPTY, headers=headers)
    calls = {INFO: jira.ask_site, MYSELF: jira.prove_identity, SEARCH: lambda: list(jira.search("x"))}
    with pytest.raises(CredentialsError, match=r"refused me@acme\.org"):
        calls[path]()
    assert [call.request.path_url for call in web.calls].count(path) == 1


def test_a_captcha_lock_tells_to_log_in(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.get(BASE + MYSELF, status=401, headers={"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"})
    with pytest.raises(CredentialsError, match="locked") as caught:
        jira.prove_identity()
    assert "captcha" in caught.value.hint


def test_an_accepted_login_header_is_no_failure(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.get(BASE + MYSELF, json=ME, headers={"X-Seraph-LoginReason": "OK"})
    assert jira.prove_identity() is not None


def test_an_anonymous_answer_in_the_middle_of_a_run_is_noticed(web: Any, new_jira: Any) -> None:
    """The account's header was there before: the token has expired meanwhile."""
    jira = new_jira()
    web.get(BASE + MYSELF, json=ME, headers=KNOWN)
    web.post(BASE + SEARCH, json=EMPTY)
    jira.prove_identity()
    with pytest.raises(CredentialsError, match="as if anonymous"):
        list(jira.search("project = A"))


def test_a_site_that_never_names_the_account_is_believed(web: Any, new_jira: Any) -> None:
    """A proxy may drop the header: then /myself alone proves who we are."""
    jira = new_jira()
    web.get(BASE + MYSELF, json=ME)
    web.post(BASE + SEARCH, json=EMPTY)
    jira.prove_identity()
    assert list(jira.search("project = A")) == [[]]
    jira.require_identity()


@pytest.mark.parametrize("status", [401, 403])
def test_a_scoped_token_at_the_gateway_stays_unproven_until_a_search_finds(
    status: int, web: Any, new_jira: Any
) -> None:
    """It may neither read /myself nor serverInfo; the search works."""
    jira = new_jira(GATEWAY)
    web.replace("GET", GATEWAY + INFO, status=status, json={"error": "scope"})
    web.get(GATEWAY + MYSELF, status=status, json={"message": "scope does not match"})
    web.post(GATEWAY + SEARCH, json=EMPTY)
    web.post(GATEWAY + SEARCH, json={"issues": [{"id": "1"}], "isLast": True})
    assert jira.prove_identity() is None
    assert jira.ask_site().deployment == "Cloud"
    list(jira.search("project = A"))
    with pytest.raises(CredentialsError, match=r"found nothing for me@acme\.org"):
        jira.require_identity()
    list(jira.search("project = B"))
    jira.require_identity()


def test_links_lead_to_the_site_and_not_to_the_gateway(web: Any, new_jira: Any) -> None:
    jira = new_jira(GATEWAY)
    assert jira.ask_site().base_url == BASE


def test_a_token_without_email_at_cloud_is_told_what_is_missing(web: Any, new_jira: Any) -> None:
    """A bearer token at the site's own host: 403 on every path."""
    jira = new_jira(email=None)
    body = {"error": "Failed to parse Connect Session Auth Token"}
    web.replace("GET", BASE + INFO, status=403, json=body)
    with pytest.raises(CredentialsError, match="Failed to parse Connect") as caught:
        jira.ask_site()
    assert "jira.email" in caught.value.hint


def test_a_base_url_that_is_no_jira_is_a_configuration_error(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.replace("GET", BASE + INFO, status=404, body="<html>", content_type="text/html")
    with pytest.raises(ConfigurationError) as caught:
        jira.ask_site()
    assert "jira.base_url" in caught.value.hint


def test_a_context_path_is_kept(web: Any, new_jira: Any) -> None:
    jira = new_jira("https://host.example/jira")
    assert jira.ask_site().deployment == "Cloud"
    assert web.calls[0].request.url == "https://host.example/jira/rest/api/2/serverInfo"


def test_issue_types_are_the_sites(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.get(f"{BASE}/rest/api/3/issuetype", json=[{"id": "1", "name": "Bug"}, None])
    assert jira.issue_types() == [{"id": "1", "name": "Bug"}]


MAIL = "ann@acme.org"
USERS = f"{BASE}/rest/api/3/user/search"


@pytest.mark.parametrize(
    ("users", "found"),
    [
        ([{"accountId": "a1", "emailAddress": "ANN@acme.org"}], "a1"),
        (
            [{"accountId": "b", "emailAddress": "joann@acme.org"}, {"accountId": "a1", "emailAddress": MAIL}],
            "a1",
        ),
        ([{"accountId": "a1", "emailAddress": ""}], "a1"),
        ([{"accountId": "a1"}], "a1"),
        ([{"accountId": "b", "emailAddress": "joann@acme.org"}], None),
        ([{"accountId": "b"}, {"accountId": "c"}], None),
        ([{"accountId": "unknown"}], None),
        ([None, "x", {}], None),
        ([], None),
    ],
)
def test_an_address_is_resolved_by_the_user_search(
    users: Any, found: str | None, web: Any, new_jira: Any
) -> None:
    """An exact address, or the only person found if addresses are hidden."""
    jira = new_jira()
    web.get(USERS, json=users)
    web.post(BASE + SEARCH, json=EMPTY)
    assert jira.find_account_id(MAIL) == found
    assert web.calls[0].request.params == {"query": MAIL}


@pytest.mark.parametrize("status", [200, 403])
def test_an_address_hidden_from_the_user_search_is_found_by_an_issue(
    status: int, web: Any, new_jira: Any
) -> None:
    """Without the right to browse users the list is empty; JQL still finds an exact address."""
    jira = new_jira()
    web.get(USERS, json=[], status=status)
    issue = {"id": "1", "fields": {"assignee": {"accountId": "a1"}}}
    web.post(BASE + SEARCH, json={"issues": [issue], "nextPageToken": "t"})
    assert jira.find_account_id(MAIL) == "a1"
    assert b'assignee = \\"ann@acme.org\\"' in web.calls[-1].request.body


def test_a_secret_sent_back_by_a_refusal_is_hidden(web: Any, new_jira: Any) -> None:
    jira = new_jira()
    web.get(BASE + MYSELF, status=401, body="bad token s3cret", content_type="text/plain")
    with pytest.raises(CredentialsError, match=r"bad token \*\*\*"):
        jira.prove_identity()


FLAG = {
    "id": "customfield_7",
    "name": "Flagged",
    "schema": {"custom": "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"},
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"json": [{"id": "summary", "name": "Flagged"}, FLAG]}, ("customfield_7",)),
        ({"json": [{**FLAG, "name": "Markiert", "untranslatedName": "Flagged"}]}, ("customfield_7",)),
        ({"json": [{**FLAG, "schema": None}, {**FLAG, "name": "Impediments"}, "odd"]}, ()),
        ({"status": 403, "json": {}}, ()),
    ],
)
def test_the_flag_is_found_by_its_kind_and_its_untranslated_name(
    web: Any, new_jira: Any, answer: dict[str, Any], expected: tuple[str, ...]
) -> None:
    jira = new_jira()
    web.get(f"{BASE}/rest/api/3/field", headers=KNOWN, **answer)
    assert jira.find_flag_fields() == expected
