"""GitHub's search, complete; and its limits told apart from missing rights."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from worksupport.config.settings import GitHubSettings
from worksupport.errors import CredentialsError, IncompleteError, QueryRefusedError, UnreachableError
from worksupport.sources.github.client import GitHub, connect

ROOT = "https://api.github.com"
SEARCH = f"{ROOT}/search/issues"
# The fake clock stands at 2026-11-22T12:00:00Z.
NOON = 1795348800


@pytest.fixture
def new_github(clock: Any) -> Iterator[Callable[..., GitHub]]:
    """new_github(base_url) is a client."""
    clients: list[GitHub] = []

    def build(base_url: str = ROOT) -> GitHub:
        settings = GitHubSettings("s3cret", "bug", base_url)
        clients.append(connect(settings, clock=clock, timeout_seconds=60, max_wait_seconds=300))
        return clients[-1]

    yield build
    for client in clients:
        client.close()


@pytest.fixture
def github(new_github: Callable[..., GitHub]) -> GitHub:
    """A client for github.com."""
    return new_github()


class Index:
    """A search index of issues by time of creation; answers as GitHub does, 1,000 results at most."""

    def __init__(self, web: Any, created: list[datetime]) -> None:
        self.created = sorted(created)
        self.queries: list[str] = []
        self.shown = "%Y-%m-%dT%H:%M:%SZ"
        self.promised = 0  # how many more results than there are
        web.add_callback("GET", re.compile(re.escape(SEARCH)), self.answer, content_type="application/json")

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = request.params
        self.queries.append(f"{asked['q']} page {asked.get('page', '1')}")
        page, size = int(asked.get("page", 1)), int(asked["per_page"])
        if (page - 1) * size >= 1000:
            return 422, {}, json.dumps({"message": "Only the first 1000 search results are available"})
        found = [(number, at) for number, at in enumerate(self.created) if within(asked["q"], at)]
        items = [{"id": number, "created_at": f"{at:{self.shown}}"} for number, at in found]
        more = page * size < min(len(found), 1000)
        link = f'<{SEARCH}?{urlencode({**asked, "page": page + 1})}>; rel="next", <{SEARCH}>; rel="last"'
        body = {
            "total_count": len(found) + self.promised,
            "incomplete_results": False,
            "items": items[(page - 1) * size : page * size],
        }
        return 200, {"Link": link} if more else {}, json.dumps(body)


def within(query: str, at: datetime) -> bool:
    """Whether an issue created `at` fits the query's range."""
    match = re.search(r"created:(\S+)\.\.(\S+)", query)
    return not match or datetime.fromisoformat(match[1]) <= at <= datetime.fromisoformat(match[2])


def days(count: int, step: timedelta = timedelta(hours=7)) -> list[datetime]:
    """So many times of creation, evenly apart."""
    return [datetime(2024, 1, 1, tzinfo=UTC) + number * step for number in range(count)]


def ids(search: Any) -> list[int]:
    """The ids that a search brings, in order."""
    return [item["id"] for page in search for item in page]


def test_a_search_sends_what_the_vendor_asks_for(web: Any, github: GitHub) -> None:
    """`advanced_search` always: without it OR and parentheses give nothing, or a part."""
    Index(web, days(1))
    assert ids(github.search('is:issue label:"bug" assignee:a')) == [0]
    request = web.calls[0].request
    assert request.params == {
        "q": 'is:issue label:"bug" assignee:a',
        "per_page": "100",
        "sort": "created",
        "order": "asc",
        "advanced_search": "true",
    }
    assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert request.headers["Accept"] == "application/vnd.github+json"
    assert request.headers["User-Agent"].startswith("worksupport/")
    assert request.headers["Authorization"] == "Bearer s3cret"


def test_pages_are_followed_by_their_links(web: Any, github: GitHub) -> None:
    index = Index(web, days(250))
    search = github.search("q")
    assert ids(search) == list(range(250))
    assert (search.total, search.received, search.is_short) == (250, 250, False)
    assert len(index.queries) == 3


@pytest.mark.parametrize(
    "created",
    [
        days(1001),
        days(1200),
        days(2321, timedelta(minutes=1)),
        days(900) + [datetime(2010, 1, 1, tzinfo=UTC)] * 900,
        [datetime(2026, 11, 22, 13, tzinfo=UTC)] * 500
        + [datetime(2026, 11, 22, 12, 59, 59, tzinfo=UTC)] * 600,
    ],
    ids=["1001", "1200", "by the minute", "two heaps", "two neighbouring seconds of the future"],
)
def test_more_than_a_thousand_results_are_split_by_date(
    created: list[datetime], web: Any, github: GitHub
) -> None:
    """All of them come, each of them once beside the first page that only told their number."""
    index = Index(web, created)
    search = github.search("q")
    assert ids(search) == list(range(len(created)))
    assert not search.is_short
    assert len(index.queries) < 2.5 * len(created) / 100 + 50


def test_twelve_hundred_results_cost_little_more_than_their_pages(web: Any, github: GitHub) -> None:
    index = Index(web, days(1200))
    assert len(ids(github.search("q"))) == 1200
    assert len(index.queries) <= 16


def test_a_split_does_without_a_readable_time(web: Any, github: GitHub) -> None:
    """It is then made in the middle of all time."""
    Index(web, days(1100)).shown = "soon"
    assert len(set(ids(github.search("q")))) == 1100


def test_more_than_a_thousand_in_one_second_are_reported_short(web: Any, github: GitHub) -> None:
    Index(web, [datetime(2025, 5, 5, tzinfo=UTC)] * 1100)
    search = github.search("q")
    assert len(set(ids(search))) == 1000
    assert (search.total, search.received, search.is_short) == (1100, 1000, True)


def test_fewer_than_promised_are_asked_for_again_once(web: Any, github: GitHub) -> None:
    """The count is not exact: then the rest is reported and no failure."""
    index = Index(web, days(3))
    index.promised = 2
    search = github.search("q")
    assert set(ids(search)) == {0, 1, 2}
    assert (search.total, search.received, search.is_short) == (5, 3, True)
    assert len(index.queries) == 2


def test_a_count_that_was_wrong_once_is_forgotten(web: Any, github: GitHub) -> None:
    web.get(SEARCH, json={"total_count": 2, "incomplete_results": False, "items": [{"id": 1}]})
    web.get(SEARCH, json={"total_count": 2, "incomplete_results": False, "items": [{"id": 1}, {"id": 2}]})
    search = github.search("q")
    assert set(ids(search)) == {1, 2}
    assert not search.is_short


def test_incomplete_results_are_asked_for_again(web: Any, github: GitHub, clock: Any) -> None:
    web.get(SEARCH, json={"total_count": 1, "incomplete_results": True, "items": []})
    web.get(SEARCH, json={"total_count": 1, "incomplete_results": False, "items": [{"id": 1}]})
    assert ids(github.search("q")) == [1]
    assert clock.waits == [2]


def test_results_that_stay_incomplete_fail(web: Any, github: GitHub) -> None:
    web.get(SEARCH, json={"total_count": 1, "incomplete_results": True, "items": [{"id": 1}]})
    with pytest.raises(IncompleteError, match="ran out of time 3 times"):
        ids(github.search("q"))


def test_a_hidden_login_is_a_refused_query(web: Any, github: GitHub) -> None:
    text = "The listed users cannot be searched either because the users do not exist"
    errors = [{"message": text, "resource": "Search", "field": "q", "code": "invalid"}]
    web.get(SEARCH, status=422, json={"message": "Validation Failed", "errors": errors, "status": "422"})
    with pytest.raises(
        QueryRefusedError, match=r"422 .*: Validation Failed The listed users cannot be searched"
    ):
        ids(github.search("q"))


@pytest.mark.parametrize("where", ["https://ghe-inner.example:8443/api/v3/search/issues", "http://x/y", "/z"])
def test_a_page_link_to_another_host_is_asked_at_the_configured_address(
    where: str, web: Any, github: GitHub
) -> None:
    """A server behind a proxy names its inner host; our credentials go nowhere else."""
    link = {"Link": f'<{where}?q=x&page=2>; rel="next"'}
    found = {"total_count": 2, "incomplete_results": False}
    web.get(SEARCH, json={**found, "items": [{"id": 1}]}, headers=link)
    web.get(SEARCH, json={**found, "items": [{"id": 2}]})
    assert ids(github.search("q")) == [1, 2]
    assert web.calls[1].request.url == f"{SEARCH}?q=x&page=2"


@pytest.mark.parametrize(
    "link",
    [
        '<https://x/y?q=x&page=2>; REL="Next"',
        '<https://x/y?q=x&page=2>; rel="next last"',
        '<https://x/y?q=x&page=1>; rel=prev, <https://x/y;v=3?q=x&page=2#top>; title="a, b"; rel=next',
        '<http://[bad/y?q=x&page=2>; rel="next"',
        '<?q=x&page=2>;rel="next",<?q=x&page=9>;rel="last"',
    ],
)
def test_a_page_link_is_read_in_every_form(link: str, web: Any, github: GitHub) -> None:
    found = {"total_count": 2, "incomplete_results": False}
    web.get(SEARCH, json={**found, "items": [{"id": 1}]}, headers={"Link": link})
    web.get(SEARCH, json={**found, "items": [{"id": 2}]})
    assert ids(github.search("q")) == [1, 2]
    assert web.calls[1].request.url == f"{SEARCH}?q=x&page=2"


@pytest.mark.parametrize(
    "garbage", [{}, {"items": None, "total_count": 0}, {"items": []}, [], {"message": "x"}]
)
def test_an_answer_without_items_or_count_is_garbage(garbage: Any, web: Any, github: GitHub) -> None:
    web.get(SEARCH, json=garbage)
    web.get(SEARCH, json={"total_count": 0, "incomplete_results": False, "items": []})
    assert ids(github.search("q")) == []


def test_who_withholds_results_for_single_sign_on_is_noted(web: Any, github: GitHub) -> None:
    """A classic token that is not authorised: 200 with the organisation's rows missing."""
    headers = {"X-GitHub-SSO": "partial-results; organizations=21955855,20582480"}
    web.get(SEARCH, json={"total_count": 0, "incomplete_results": False, "items": []}, headers=headers)
    assert ids(github.search("q")) == []
    withheld = github.withheld()
    assert list(withheld) == ["20582480", "21955855"]
    assert all("Configure SSO" in reason and "worksupport check" in reason for reason in withheld.values())


FORBIDDEN: dict[str, tuple[dict[str, str], Any]] = {
    "missing right": ({"X-RateLimit-Remaining": "29"}, {"message": "Resource not accessible by integration"}),
    "no body": ({}, None),
    "single sign-on": ({"X-GitHub-SSO": "required; url=https://github.com/orgs/x/sso"}, {"message": "SAML"}),
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_403_for_a_missing_right_is_not_asked_again(kind: str, web: Any, github: GitHub) -> None:
    headers, body = FORBIDDEN[kind]
    web.get(SEARCH, status=403, headers=headers, json=body)
    with pytest.raises(CredentialsError):
        ids(github.search("q"))
    assert github.service.requests == 1


DOCS = (
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
)
RESET = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 40)}
LIMITED: dict[str, tuple[int, dict[str, str], Any, float]] = {
    "primary as 403": (403, RESET, {"message": "API rate limit exceeded"}, 41),
    "primary as 429": (429, RESET, {"message": "API rate limit exceeded"}, 41),
    "primary without body": (403, RESET, None, 41),
    "primary, reset passed": (403, {**RESET, "X-RateLimit-Reset": str(NOON - 40)}, {}, 60),
    "primary, no reset": (403, {"X-RateLimit-Remaining": "0"}, {}, 60),
    "secondary with retry-after": (
        403,
        {"Retry-After": "33", "X-RateLimit-Remaining": "17"},
        {"message": "x"},
        33,
    ),
    "secondary as 429": (429, {"Retry-After": "8"}, {"message": "x"}, 8),
    "secondary by its link": (403, {"X-RateLimit-Remaining": "17"}, {"documentation_url": DOCS}, 60),
    "secondary, old link": (
        403,
        {},
        {"documentation_url": "https://developer.github.com/v3/#abuse-rate-limits"},
        60,
    ),
    "secondary by its words": (403, {}, {"message": "You have exceeded a secondary rate limit."}, 60),
    "429 and nothing more": (429, {}, None, 60),
    "secondary with nonsense": (403, {"Retry-After": "soon"}, {}, 60),
    "secondary, the reset is not its": (
        403,
        {**RESET, "X-RateLimit-Remaining": "9", "Retry-After": "5"},
        {},
        5,
    ),
}


@pytest.mark.parametrize("kind", LIMITED)
def test_403_and_429_for_a_limit_are_waited_for(kind: str, web: Any, github: GitHub, clock: Any) -> None:
    """Primary: until the reset; secondary: as announced, else a minute."""
    status, headers, body, seconds = LIMITED[kind]
    web.get(SEARCH, status=status, headers=headers, json=body)
    web.get(SEARCH, json={"total_count": 0, "incomplete_results": False, "items": []})
    assert ids(github.search("q")) == []
    assert seconds <= clock.elapsed <= seconds + 1


def test_secondary_limits_double_and_then_we_give_up(web: Any, github: GitHub, clock: Any) -> None:
    """Going on while limited can get one banned."""
    web.get(SEARCH, status=403, json={"documentation_url": DOCS})
    with pytest.raises(UnreachableError, match="past our patience"):
        ids(github.search("q"))
    assert [round(wait) for wait in clock.waits] == pytest.approx([60, 120], abs=1)


class Bucket:
    """A search bucket that refills each minute of the fake clock; counts what is sent while it is empty."""

    def __init__(self, web: Any, clock: Any, size: int, resource: str | None = "search") -> None:
        self.clock, self.size, self.resource = clock, size, resource
        self.sent: dict[int, int] = {}
        self.refused = 0
        web.add_callback("GET", re.compile(re.escape(SEARCH)), self.answer, content_type="application/json")

    def answer(self, _request: Any) -> tuple[int, dict[str, str], str]:
        minute = int(self.clock.elapsed // 60)
        self.sent[minute] = self.sent.get(minute, 0) + 1
        left = self.size - self.sent[minute]
        headers = {"X-RateLimit-Limit": str(self.size), "X-RateLimit-Remaining": str(max(0, left))}
        headers["X-RateLimit-Reset"] = str(NOON + 60 * (minute + 1))
        if self.resource:
            headers["X-RateLimit-Resource"] = self.resource
        if left < 0:
            self.refused += 1
            return 403, headers, "{}"
        return 200, headers, '{"total_count": 0, "incomplete_results": false, "items": []}'


def test_the_bucket_is_spent_freely_while_it_covers_the_plan(web: Any, github: GitHub, clock: Any) -> None:
    Bucket(web, clock, 30)
    github.plan(30)
    for _ in range(30):
        ids(github.search("q"))
    assert clock.elapsed == 0


@pytest.mark.parametrize("resource", ["search", None])
def test_beyond_the_bucket_searches_are_spread(
    resource: str | None, web: Any, github: GitHub, clock: Any
) -> None:
    """None is refused, no pause is longer than it must be."""
    bucket = Bucket(web, clock, 30, resource)
    for left in range(75, 0, -1):
        github.plan(left)
        ids(github.search("q"))
    assert bucket.refused == 0
    assert clock.elapsed < 180
    assert max(clock.waits) < 5


def test_an_empty_bucket_is_waited_for_even_without_a_plan(web: Any, github: GitHub, clock: Any) -> None:
    bucket = Bucket(web, clock, 5)
    for _ in range(6):
        ids(github.search("q"))
    assert bucket.refused == 0
    assert 60 <= clock.elapsed <= 63


def test_a_server_without_limits_is_not_slowed(web: Any, github: GitHub, clock: Any) -> None:
    """GitHub Enterprise sends no such headers unless an administrator wants limits."""
    Index(web, days(1))
    github.plan(1000)
    ids(github.search("q"))
    ids(github.search("q"))
    assert clock.elapsed == 0


def test_another_buckets_end_does_not_stop_the_search(web: Any, github: GitHub, clock: Any) -> None:
    headers = {**RESET, "X-RateLimit-Resource": "core"}
    web.get(f"{ROOT}/user", json={"login": "me"}, headers=headers)
    Index(web, days(1))
    github.prove_identity()
    ids(github.search("q"))
    assert clock.elapsed == 0


def test_an_accepted_token_names_its_login(web: Any, github: GitHub) -> None:
    web.get(f"{ROOT}/user", json={"login": "octo", "name": None})
    account = github.prove_identity()
    assert account is not None
    assert (account.id, account.name) == ("octo", "octo")


def test_an_apps_token_has_no_user(web: Any, github: GitHub) -> None:
    web.get(f"{ROOT}/user", status=403, json={"message": "Resource not accessible by integration"})
    assert github.prove_identity() is None


def test_a_refused_token_is_told_with_its_cure(web: Any, github: GitHub) -> None:
    web.get(f"{ROOT}/user", status=401, json={"message": "Bad credentials"})
    with pytest.raises(CredentialsError, match="401 Unauthorized: Bad credentials") as caught:
        github.prove_identity()
    assert "github.api_token" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("3.17.9", False),
        ("3.9.0", False),
        ("2.22.1", False),
        ("3.18.0", True),
        ("3.18.0.rc1", True),
        ("4.0", True),
    ],
)
def test_an_enterprise_server_tells_whether_it_knows_or(
    version: str, supported: bool, web: Any, new_github: Any
) -> None:
    web.get("https://ghe.acme.org/api/v3/meta", json={"installed_version": version})
    assert new_github("https://ghe.acme.org/api/v3").supports_or() is supported


def test_a_server_that_does_not_tell_its_version_is_new_enough(web: Any, new_github: Any) -> None:
    """One that is not would be noticed: logins without a hit of their own are asked alone."""
    web.get("https://ghe.acme.org/api/v3/meta", status=404, json={})
    assert new_github("https://ghe.acme.org/api/v3").supports_or()


@pytest.mark.parametrize("root", [ROOT, "https://api.acme.ghe.com"])
def test_the_vendors_own_hosts_need_not_be_asked(root: str, web: Any, new_github: Any) -> None:
    assert new_github(root).supports_or()
    assert len(web.calls) == 0


@pytest.mark.parametrize("total", [1_001, 5_000])
def test_a_server_that_ignores_dates_is_not_asked_for_ever(web: Any, github: GitHub, total: int) -> None:
    item = {"id": 1, "created_at": "2026-01-01T00:00:00Z"}
    web.get(SEARCH, json={"total_count": total, "incomplete_results": False, "items": [item]})
    with pytest.raises(IncompleteError, match=f"has {total} results"):
        ids(github.search("q"))
    assert github.service.requests == 3
