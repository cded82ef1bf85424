"""The routes: byte for byte what the commands print, and told again only when it changed."""

import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.conftest import Answer
from tests.server.conftest import Client, fill_with_everything, served

Run = Callable[..., Answer]

KEYS, TREE, RELOADS = "/api/issues/keys", "/api/issues/hierarchy", "/api/harvest/reload"


@pytest.mark.parametrize(
    ("target", "command"),
    [
        (KEYS, "keys"),
        (f"{KEYS}?source=github", "keys --source github"),
        (f"{KEYS}?source=JIRA&assignee=anna+BERG", "keys --source JIRA --assignee 'Anna Berg'"),
        (f"{KEYS}?assignee=Zo%C3%AB", "keys --assignee Zoë"),
        (f"{KEYS}?label=red%20team", "keys --label 'red team'"),
        (f"{KEYS}?issue_type=story&parent_key=feat-1", "keys --issue-type Story --parent-key FEAT-1"),
        (f"{KEYS}?missing=true", "keys --missing"),
        (f"{KEYS}?missing=False", "keys"),
        (f"{KEYS}?changed_since=2026-11-01", "keys --changed-since 2026-11-01"),
        (f"{TREE}?changed_since=2026-11-01T12:00%2B01:00", "tree --changed-since 2026-11-01T12:00+01:00"),
        (f"{KEYS}?assignee=", "keys --assignee ''"),
        (f"{KEYS}?label=nobody-has-it", "keys --label nobody-has-it"),
        (TREE, "tree"),
        (f"{TREE}?max_depth=1", "tree --max-depth 1"),
        (f"{TREE}?root_type=Feature", "tree --root-type Feature"),
        (f"{TREE}?key=feat-1", "tree FEAT-1"),
        (
            f"{TREE}?assignee=Anna+Berg&status=done&label=",
            "tree --assignee 'Anna Berg' --status done --label ''",
        ),
        (RELOADS, "history --reloads"),
        (f"{RELOADS}?limit=1", "history --reloads --limit 1"),
        ("/api/history", "history"),
        ("/api/history?kind=harvest&limit=2", "history --harvests --limit 2"),
        (f"{RELOADS}?status=failed", "history --status failed --reloads"),
        (f"{RELOADS}/2", "history 2 --reloads"),
        ("/api/summary", "summary"),
        ("/api/summary?key=pv-2&source=jira", "summary PV-2 --source jira"),
        ("/api/aging?past=true", "aging --past"),
        ("/api/aging?assignee=Bo", "aging -a Bo"),
        ("/api/forecast?key=PV-2&label=red+team", "forecast PV-2 -l 'red team'"),
        ("/api/flow", "flow"),
        ("/api/flow?weeks=3&key=FEAT-1&issue_type=Story", "flow FEAT-1 --weeks 3 -t Story"),
        ("/api/lint", "lint"),
        ("/api/lint?rule=orphan", "lint --rule orphan"),
    ],
)
def test_answers_what_the_command_prints(
    client: Client, database: Path, run: Run, target: str, command: str
) -> None:
    printed = run(*shlex.split(command), "--json", "--db", database)
    reply = client.ask(target)
    assert (reply.status, reply.body.decode()) == (200, printed.out)
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("target", [KEYS, TREE, RELOADS, f"{RELOADS}/2", "/openapi.json", f"{KEYS}?x=1"])
def test_head_has_the_headers_of_get_and_no_body(client: Client, target: str) -> None:
    head, get = client.ask(target, "HEAD"), client.ask(target)
    assert head.body == b""
    assert head.status == get.status
    assert head.headers["Content-Length"] == str(len(get.body))
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize("target", [KEYS, f"{TREE}?max_depth=2", RELOADS, f"{RELOADS}/1", "/openapi.json"])
def test_says_not_modified_to_who_has_the_answer(client: Client, target: str) -> None:
    etag = client.ask(target).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        reply = client.ask(target, If_None_Match=known)
        assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", etag)
    assert client.ask(target, If_None_Match='"other"').status == 200


def test_an_issue_is_named_by_key_or_address_and_never_by_title(tmp_path: Path) -> None:
    path = fill_with_everything(tmp_path / "team.db")
    with closing(sqlite3.connect(path)) as writer, writer:
        former = "SELECT 'jira', 'OLD-7', id FROM issues WHERE issue_key = 'FEAT-1'"
        writer.execute(f"INSERT INTO former_keys {former}")
    with served(path) as client:
        for route in ("/api/issue", TREE):
            whole = client.ask(f"{route}?key=FEAT-1").body
            for way in ("feat-1", "old-7", "https://acme.example/browse/FEAT-1?focused=1"):
                assert client.ask(f"{route}?key={quote(way, safe='')}").body == whole
            assert client.ask(f"{route}?key=Title+of+FEAT-1").status == 404
            detail = "there is no issue 'FEAT-11' here; near: FEAT-1"
            assert client.refusal(f"{route}?key=FEAT-11") == (404, detail)


def test_each_question_has_an_etag_of_its_own(client: Client) -> None:
    targets = [KEYS, f"{KEYS}?source=jira", f"{KEYS}?label=jira", TREE, f"{TREE}?label=jira"]
    assert len({client.ask(target).headers["ETag"] for target in targets}) == len(targets)


def test_the_same_question_asked_in_another_way_has_the_same_etag(client: Client) -> None:
    ways = [KEYS, f"{KEYS}?missing=false", f"{KEYS}?", "/api/issues/%6Beys"]
    assert len({client.ask(target).headers["ETag"] for target in ways}) == 1


def test_a_missing_issue_is_never_not_modified(client: Client) -> None:
    assert client.ask(f"{TREE}?key=NO-1", If_None_Match="*").status == 404


def test_a_write_changes_the_answer_and_its_etag(tmp_path: Path) -> None:
    """The answer kept from before is not told again."""
    path = fill_with_everything(tmp_path / "team.db")
    with served(path) as client:
        before = client.ask(KEYS)
        assert client.ask(KEYS).body == before.body
        with closing(sqlite3.connect(path)) as writer, writer:
            writer.execute("DELETE FROM issues WHERE issue_key = 'BUG-1'")
            writer.execute("UPDATE data_state SET data_version = data_version + 1")
        after = client.ask(KEYS, If_None_Match=before.headers["ETag"])
    assert after.status == 200
    assert before.document["total_count"] - after.document["total_count"] == 1


def test_a_running_reload_is_seen_in_history_without_a_new_data_version(tmp_path: Path) -> None:
    path = fill_with_everything(tmp_path / "team.db")
    with served(path) as client:
        etag = client.ask(RELOADS).headers["ETag"]
        with closing(sqlite3.connect(path)) as writer, writer:
            writer.execute("INSERT INTO reload_tracking (id, status) VALUES (3, 'running')")
        reply = client.ask(RELOADS, If_None_Match=etag)
    assert [record["reload_id"] for record in reply.document] == [3, 2, 1]


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        (f"{KEYS}?source=gitlab", "the source is 'gitlab'; it must be one of jira, github"),
        (f"{KEYS}?missing=1", "missing is '1'; it must be true or false"),
        (f"{TREE}?max_depth=1&max_depth=2", "max_depth is given twice; give it once"),
        (
            f"{KEYS}?asignee=Bo",
            "there is no parameter 'asignee'; this route takes assignee, state, open, status, issue_type, "
            "label, source, team, under, parent_key, changed_since, changed_before, created_since, stale, "
            "missing, as_of",
        ),
        (f"{KEYS}?assignee=%FF", "the parameters are not UTF-8 text; write them percent-encoded"),
        (f"{KEYS}?{'a&' * 120}", "there are more than 100 parameters"),
        (f"{KEYS}?{'label=a&' * 11}", "label is given more than 10 times"),
        (
            f"{KEYS}?changed_since=2x",
            "changed_since is '2x'; it must be an age such as 2d or 5h, a day such as yesterday or monday,"
            " or a date such as 2026-11-01",
        ),
        (f"{KEYS}?assignee=@me", "assignee is '@me': who asks cannot be told here; name the person"),
        (
            f"{KEYS}?changed_since=2999-01-01",
            "changed_since is '2999-01-01': that lies in the future",
        ),
        (f"{TREE}?max_depth=0", "max_depth is '0'; it must be 1 to 100"),
        (f"{TREE}?max_depth=101", "max_depth is '101'; it must be 1 to 100"),
        (f"{TREE}?max_depth=%D9%A3", "max_depth is '\u0663'; it must be 1 to 100"),
        (f"{TREE}?max_depth={'9' * 5000}", f"max_depth is '{'9' * 5000}'; it must be 1 to 100"),
        (
            f"{TREE}?key=PV-2&root_type=Feature",
            "the tree starts at issue 'PV-2' or at a type of issues: leave one out",
        ),
        (f"{RELOADS}?limit=many", "limit is 'many'; it must be 1 to 100"),
        (f"{RELOADS}?status=done", "the status is 'done'; it must be one of running, completed, failed"),
        (f"{RELOADS}/2?limit=1", "there is no parameter 'limit'; this route takes none"),
        ("/health?verbose=true", "there is no parameter 'verbose'; this route takes none"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(client: Client, target: str, detail: str) -> None:
    assert client.refusal(target) == (400, detail)


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/api",
        "/api/issues/keys/",
        "/API/issues/keys",
        "/../etc/passwd",
        f"{TREE}?key=NO-1",
        f"{TREE}?key=STORY-2",
        f"{RELOADS}/3",
        f"{RELOADS}/",
        f"{RELOADS}/two",
        f"{RELOADS}/-1",
        f"{RELOADS}/2/2",
        f"{RELOADS}/9223372036854775808",
        f"{RELOADS}/{'9' * 5000}",
    ],
)
def test_what_is_not_there_is_404(client: Client, target: str) -> None:
    assert client.ask(target).status == 404


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("POST", KEYS, "GET, HEAD"),
        ("DELETE", f"{RELOADS}/2", "GET, HEAD"),
        ("PUT", RELOADS, "GET, HEAD, POST"),
        ("OPTIONS", TREE, "GET, HEAD"),
        ("TRACE", "/health", "GET, HEAD"),
        ("BREW", "/openapi.json", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_are_allowed(
    client: Client, method: str, target: str, allowed: str
) -> None:
    reply = client.ask(target, method)
    assert (reply.status, reply.headers["Allow"]) == (405, allowed)


def test_text_of_every_kind_can_be_asked_for(client: Client) -> None:
    """Quotes, NUL and emoji are values like any other."""
    for name in ("'; DROP TABLE issues; --", "a\0b", "\U0001f600", "%", "_"):
        reply = client.ask(f"{KEYS}?{urlencode({'assignee': name})}")
        assert (reply.status, reply.document["issue_keys"]) == (200, [])


def test_an_unreadable_database_is_503_until_it_is_readable(tmp_path: Path) -> None:
    """One that is not there, or not ours, is told without its path, and looked at again each time."""
    path = tmp_path / "secret-folder" / "team.db"
    path.parent.mkdir()
    with served(path) as client:
        replies = [client.ask(target) for target in (KEYS, TREE, RELOADS, f"{RELOADS}/1", "/health")]
        assert [reply.status for reply in replies] == [503] * 5
        assert not any(b"secret-folder" in reply.body for reply in replies)
        path.write_bytes(b"not a database, but long enough to be looked at" * 100)
        assert client.ask(KEYS).status == 503
        path.unlink()
        fill_with_everything(path)
        assert client.ask(f"{KEYS}?label={quote('red team')}").document["issue_keys"] == ["FEAT-1"]


def test_a_list_as_csv_is_what_the_command_prints(client: Client, database: Path, run: Run) -> None:
    target = "/api/issues?format=CSV&fields=key,title,labels&source=jira"
    reply = client.ask(target)
    line = ("list", "--format", "csv", "--fields", "key,title,labels", "--source", "jira", "--db", database)
    assert (reply.status, reply.body.decode()) == (200, run(*line).out)
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["ETag"] != client.ask(target.replace("CSV", "json")).headers["ETag"]
    assert client.ask(target, If_None_Match=reply.headers["ETag"]).status == 304
    assert client.ask("/api/issues?format=xml").status == 400
    described = client.ask("/openapi.json").document["paths"]["/api/issues"]["get"]["responses"]["200"]
    assert set(described["content"]) == {"application/json", "text/csv"}
    whole, nothing = (client.ask(f"/api/issues?format=csv&q={words}").body for words in ("", "zzz"))
    assert nothing == whole[: whole.index(b"\n") + 1]
