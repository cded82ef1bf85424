"""The pages of `serve`: they show what the documents say, and strangers' text in them is only text."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.commands.hostile import TITLES
from tests.conftest import FakeClock
from tests.filled_database import fill, issue
from tests.server.conftest import HARVESTED_AT, Client, Reply, served
from worksupport.model.tracked import NUMBERS
from worksupport.queries import branches
from worksupport.queries.tree import drawn_document
from worksupport.render import pages
from worksupport.server.tabs import PAGES

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
EVERY = [*(path for path in PAGES if path != "/issue"), "/issue?key=PV-2"]


class Seen(HTMLParser):
    """What a browser would make of a page, as far as the tests ask."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, name: str) -> list[str]:
        """This attribute of each such element that has it."""
        return [given[name] or "" for each, given in self.tags if each == tag and name in given]


def seen(reply: Reply) -> Seen:
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    return Seen(reply.body.decode())


@pytest.mark.parametrize("path", EVERY)
def test_a_page_is_whole_safe_and_kept(path: str, client: Client) -> None:
    reply = client.ask(path, Accept=HTML)
    assert reply.status == 200
    page = seen(reply)
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "iframe", "object", "img", "base", "style"})
    assert not any(name.startswith("on") or name == "style" for _, given in page.tags for name in given)
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    again = client.ask(path, If_None_Match=reply.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert client.ask(path, "HEAD").headers["Content-Length"] == str(len(reply.body))
    assert client.refusal(path, "POST")[0] == 405


@pytest.mark.parametrize("path", EVERY)
def test_every_link_of_a_page_leads_somewhere(path: str, client: Client) -> None:
    """Relative, so that a proxy may serve the pages below a path of its own."""
    page = seen(client.ask(path))
    links = {*page.all("a", "href"), *page.all("link", "href")} - {"#content"}
    assert len(links) > 5
    for link in links:
        assert not link.startswith("/")
        assert not urlsplit(link).netloc
        assert client.ask(f"/{link.removeprefix('./')}").status == 200, link


def test_the_form_keeps_what_was_asked_in_the_address_and_in_its_fields(client: Client) -> None:
    page = seen(client.ask("/list?q=title&assignee=Anna+Berg&state=open&label=&sort=key"))
    assert "FEAT-1" in page.text
    assert "STORY-1" not in page.text
    fields = {given.get("name"): given.get("value") for tag, given in page.tags if tag == "input"}
    assert (fields["q"], fields["assignee"], fields["sort"]) == ("title", "Anna Berg", "key")
    labelled = set(page.all("label", "for"))
    assert {
        given["id"] for tag, given in page.tags if tag in ("input", "select") and "id" in given
    } == labelled
    assert "api/issues?q=title&assignee=Anna+Berg&state=open&sort=key&format=csv" in page.all("a", "href")
    # Tabs keep the filters that they take.
    assert "./?assignee=Anna+Berg&state=open" in page.all("a", "href")
    assert "flow" in page.all("a", "href")


def test_filters_words_and_what_nobody_has(client: Client) -> None:
    assert "no issue is assigned to 'Zoe'; near: Zoë" in seen(client.ask("/list?assignee=Zoe")).text
    for page in ("/", "/list", "/changes", "/summary", "/flow"):
        assert "no issue is of the team 'portl'" in seen(client.ask(f"{page}?team=portl")).text
    assert "no issue has the word 'quark'" in seen(client.ask("/list?q=quark")).text
    assert "no issue is of the type 'Epic'" in seen(client.ask("/?root_type=Epic")).text
    asked = seen(client.ask("/list?source=github"))
    assert "acme/tool#7" in asked.text
    assert "FEAT-1" not in asked.text


@pytest.mark.parametrize(
    ("target", "status", "told"),
    [
        ("/nothing", 404, "there is no such address here"),
        ("/?key=NO-1", 404, "there is no issue 'NO-1' here"),
        ("/issue", 400, "ends with its key"),
        ("/list?source=gitlab", 400, "it must be one of jira, github"),
        ("/list?page=0", 400, "page is '0'"),
        ("/list?page=2", 404, "there is no part 2; there is one"),
        ("/?page=2", 404, "there is no part 2; there is one"),
        (f"/list?q={51 * 'a+'}", 400, "51 words are too many"),
        ("/flow?assignee=Bo", 400, "counts no finished work per person"),
        ("/changes?since=2999-01-01", 400, "that lies in the future"),
        ("/?<script>alert(1)</script>=1", 400, "there is no parameter '<script>alert(1)</script>'"),
    ],
)
def test_what_goes_wrong_is_a_page_for_browsers_and_json_for_others(
    target: str, status: int, told: str, client: Client
) -> None:
    reply = client.ask(target.replace("<", "%3C").replace(">", "%3E"), Accept=HTML)
    assert reply.status == status
    page = seen(reply)
    assert told in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert told in client.refusal(target.replace("<", "%3C").replace(">", "%3E"))[1]


def test_links_of_a_refusal_lead_back_from_however_deep(client: Client) -> None:
    page = seen(client.ask("/list/of/nobody?in=a/b", Accept=HTML))
    assert page.all("link", "href") == ["../../style.css", "../../icon.svg"]
    assert {"../.././", "../../list"} <= set(page.all("a", "href"))


def test_a_browser_sends_the_token_as_a_password(database: Path) -> None:
    def basic(text: str) -> str:
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    right = basic("anybody:s3cret-tök3n")
    with served(database, token="s3cret-tök3n") as client:
        refused = client.ask("/", Accept=HTML)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (
            401,
            'Basic realm="worksupport", charset="UTF-8"',
        )
        assert b"s3cret" not in refused.body
        for wrong in (basic("s3cret-tök3n"), basic("s3cret-tök3n:"), basic(":wrong"), "Basic ====", "Basic"):
            assert client.ask("/", Authorization=wrong).status == 401
        for path in (*EVERY, "/api/issues/keys"):
            assert client.ask(path, Authorization=right).status == 200
        # A page of another site cannot make a browser start a reload with it.
        assert client.ask("/api/harvest/reload", "POST", Authorization=right).status == 401


def test_a_link_on_a_page_of_another_site_may_lead_here(client: Client) -> None:
    follows = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert client.ask("/", "GET", None, **follows).status == 200
    assert client.ask("/", "GET", None, **{**follows, "Sec_Fetch_Dest": "iframe"}).status == 403
    assert client.ask("/", "GET", None, **{**follows, "Sec_Fetch_Mode": "no-cors"}).status == 403
    assert client.ask("/api/harvest/reload", "POST", None, **follows).status == 403


def test_health_without_the_token_says_only_whether_all_is_well(database: Path) -> None:
    fresh, old = FakeClock(), FakeClock(datetime(2026, 12, 24, tzinfo=UTC))
    for clock, status in ((fresh, 200), (old, 503)):
        with served(database, clock=clock, token="t-0123456789") as client:
            reply = client.ask("/health")
            assert (reply.status, reply.document) == (status, {"ok": status == 200})
            assert "sources" in client.ask("/health", Authorization="Bearer t-0123456789").document
            assert client.ask("/health", "POST").status == 401


def test_old_data_is_told_on_every_page(database: Path) -> None:
    with served(database, clock=FakeClock(datetime(2026, 11, 24, tzinfo=UTC))) as client:
        for path in EVERY:
            assert ": too old" in seen(client.ask(path)).text
    with served(database, clock=FakeClock(NOON)) as client:
        assert ": too old" not in seen(client.ask("/")).text


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Client]:
    """Every hostile text as a title, name, label, status, address and description."""
    texts = [
        *TITLES.values(),
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "</title>{{ 7*7 }}",
    ]
    issues = [issue("PV-1", "Product Version", summary=texts[-3])]
    issues += [
        issue(
            f"FEAT-{number}",
            "Feature",
            parent="PV-1",
            summary=text,
            status=text[:300],
            category="new",
            assignees=[text[:300]],
            labels=[text[:300]],
            url=f"javascript:alert({number})" if number % 2 else f"https://attacker.example/{number}",
            updated_at=HARVESTED_AT,
        )
        for number, text in enumerate(texts)
    ]
    path = fill(tmp_path / "hostile.db", issues)
    for number, text in enumerate(texts):
        describe(path, f"FEAT-{number}", text)
    with served(path, clock=FakeClock(NOON)) as client:
        yield client


def describe(path: Path, key: str, text: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE issue_texts SET description = ? WHERE issue_key = ?", [text, key])


@pytest.mark.parametrize(
    "path", ["/", "/list", "/summary", "/changes?since=2000d", "/flow", "/issue?key=FEAT-0"]
)
def test_hostile_text_is_only_text(path: str, hostile: Client) -> None:
    page = seen(hostile.ask(path))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "style"})
    assert not any(name.startswith("on") for _, given in page.tags for name in given)
    for link in page.all("a", "href"):
        assert urlsplit(link).scheme == ""
        assert urlsplit(link).netloc == ""
    assert not any(ord(letter) < 32 and letter != "\n" for letter in page.text)
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text
    assert "49" not in page.text.replace("alert(49)", "")


def described(tmp_path: Path, text: str, services: tuple[str, ...]) -> Seen:
    path = fill(tmp_path / "described.db", [issue("STORY-1", url="https://jira.example/browse/STORY-1")])
    describe(path, "STORY-1", text)
    with served(path, clock=FakeClock(NOON), services=services) as client:
        return seen(client.ask("/issue?key=STORY-1"))


def test_a_description_is_markdown_whose_links_lead_to_the_services_alone(tmp_path: Path) -> None:
    page = described(
        tmp_path,
        "# Why\n\n- one **two**\n- <b>three</b>\n\n[in](https://jira.example/browse/A-1)"
        " [out](https://evil.example) ![pixel](https://jira.example/pixel.png) [js](javascript:alert(1))"
        " <https://jira.example.evil.example>\n\n"
        "a | b\n--|--\n1 | \u202e2\n",
        ("https://jira.example",),
    )
    assert {tag for tag, _ in page.tags} >= {"strong", "li", "table"}
    assert "<b>three</b>" in page.text
    assert "\\u202e2" in page.text
    outward = [link for link in page.all("a", "href") if urlsplit(link).netloc]
    there = "https://jira.example/"
    assert outward == [f"{there}browse/STORY-1", f"{there}browse/A-1", f"{there}pixel.png"]
    assert "[out](https://evil.example)" in page.text
    assert "img" not in {tag for tag, _ in page.tags}


def test_without_a_configured_service_no_link_leads_outwards(tmp_path: Path) -> None:
    page = described(tmp_path, "[in](https://jira.example/browse/A-1)", ())
    assert not [link for link in page.all("a", "href") if urlsplit(link).netloc]
    assert "https://jira.example/browse/STORY-1" in page.text


def walked(client: Client, path: str) -> tuple[list[str], int]:
    """The keys that this page and those that it leads to show, and how many pages these are."""
    waiting, known, keys = [path], {path}, list[str]()
    while waiting:
        page = seen(client.ask(waiting.pop()))
        links = page.all("a", "href")
        keys += [link.removeprefix("issue?key=") for link in links if link.startswith("issue?key=")]
        for link in links:
            onward = f"/{link.removeprefix('./')}"
            if onward.startswith("/?") and onward not in known:
                known.add(onward)
                waiting.append(onward)
    return keys, len(known)


def test_all_of_a_large_tree_is_there_on_some_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branches, "MOST_ROWS", 12)
    monkeypatch.setattr(branches, "MOST_TOPS", 4)
    issues = [issue(f"PV-{n}", "Product Version", status="Done" if n % 2 else "Open") for n in range(9)]
    issues += [issue(f"FEAT-{n}", "Feature", parent=f"PV-{n % 3}") for n in range(20)]
    issues += [issue(f"STORY-{n}", parent=f"FEAT-{n % 4}", status="Done") for n in range(30)]
    issues += [issue(f"BUG-{n}", None) for n in range(7)]
    with served(fill(tmp_path / "large.db", issues), clock=FakeClock(NOON)) as client:
        first = seen(client.ask("/"))
        assert len([link for link in first.all("a", "href") if link.startswith("issue?")]) <= 12
        assert "part 1 of 4" in first.text
        keys, count = walked(client, "/")
        assert set(keys) == {row["issue_key"] for row in issues}
        assert count > 8
        # What is open stands in front of what a closed branch hides.
        assert "issue?key=FEAT-0" in first.all("a", "href")


def test_a_page_of_the_tree_reads_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issues = [issue("PV-1", "Product Version"), *(issue(f"S-{n}", parent="PV-1") for n in range(3000))]
    read: list[int] = []
    original = drawn_document

    def counted(*given: Any) -> Any:
        document = original(*given)
        read.append(len(document["nodes"]["depth"]))
        return document

    monkeypatch.setattr("worksupport.queries.branches.drawn_document", counted)
    with served(fill(tmp_path / "wide.db", issues), clock=FakeClock(NOON)) as client:
        assert "1001 more directly below PV-1" in seen(client.ask("/")).text
        assert "part 2 of 6" in seen(client.ask("/?key=PV-1&page=2")).text
    assert read == [2000, 501]


def test_a_long_list_goes_on_on_the_next_page(tmp_path: Path) -> None:
    issues = [issue(f"S-{n}") for n in range(450)]
    with served(fill(tmp_path / "long.db", issues), clock=FakeClock(NOON)) as client:
        shown = list[str]()
        for part in (1, 2, 3):
            page = seen(client.ask(f"/list?page={part}"))
            assert f"part {part} of 3" in page.text
            assert "450 issues" in page.text
            shown += [link for link in page.all("a", "href") if link.startswith("issue?")]
        assert len(set(shown)) == len(shown) == 450
        assert client.refusal("/list?page=4") == (404, "there is no part 4; there are 3")


def test_more_changes_than_a_page_takes_are_counted(
    monkeypatch: pytest.MonkeyPatch, changed: Callable[[int], Path]
) -> None:
    monkeypatch.setattr(pages, "_MOST_LINES", 5)
    with served(changed(9), clock=FakeClock(NOON)) as client:
        page = seen(client.ask("/changes?since=30d"))
        assert "4 more: those of" in page.text
        rows = [link for link in page.all("a", "href") if link.startswith("issue?")]
        assert len(rows) == 5
        document = client.ask("/api/changes?since=30d").document
        assert len(document["changes"]) == 9


def test_more_changes_outside_the_hierarchy_are_no_issues_own(
    monkeypatch: pytest.MonkeyPatch, changed: Callable[[int], Path]
) -> None:
    monkeypatch.setattr(pages, "_MOST_LINES", 5)
    path = changed(9)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE issues SET parent_key = NULL WHERE issue_key = 'S-8'")
    with served(path, clock=FakeClock(NOON)) as client:
        page = seen(client.ask("/changes?since=30d"))
        assert "1 more: all are in the CSV" in page.text
        for link in page.all("a", "href"):
            assert link == "#content" or client.ask(f"/{link.removeprefix('./')}").status == 200, link


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[int], Path]:
    """changed(n): a database in which n issues below one went to Done."""

    def make(count: int) -> Path:
        issues = [issue("PV-1", "Product Version", created_at=HARVESTED_AT)]
        issues += [
            issue(f"S-{n}", parent=f"FEAT-{n}", status="Done", created_at="2026-10-01T10:00:00.000Z")
            for n in range(count)
        ]
        issues += [issue(f"FEAT-{n}", "Feature", parent="PV-1") for n in range(count)]
        path = fill(tmp_path / "changed.db", issues)
        with sqlite3.connect(path) as connection:
            connection.executemany(
                "INSERT INTO changes (id, issue, field, old, new, at, seen_at, origin, is_past)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0)",
                [
                    (n + 1, n + 2, NUMBERS["status"], json.dumps("Open"), json.dumps("Done"), at, at)
                    for n, at in enumerate(f"2026-11-{10 + n % 9}T10:00:00.000Z" for n in range(count))
                ],
            )
        return path

    return make
