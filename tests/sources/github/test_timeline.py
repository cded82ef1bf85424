"""GitHub's timelines as entries: each trap of sources/github/README.md, "Timelines"."""

from typing import Any

import pytest

from worksupport.config.settings import GitHubSettings
from worksupport.model.names import TRACKED
from worksupport.sources.github.client import connect
from worksupport.sources.github.timeline import github_entries, read_timeline

BASE = "https://api.github.com"
PATH = f"{BASE}/repos/acme/tool/issues/3/timeline"


def event(kind: str, number: int | None = 7, **given: Any) -> dict[str, Any]:
    actor = {"login": "octo", "id": 1}
    return {"id": number, "event": kind, "actor": actor, "created_at": "2026-11-01T10:00:00Z", **given}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (event("labeled", label={"name": "bug"}), ("labels", None, None, "bug", None)),
        (event("unlabeled", label={"name": "bug"}), ("labels", None, None, None, "bug")),
        (event("assigned", assignee={"login": "a", "id": 2}), ("assignees", None, None, "2", None)),
        (event("unassigned", assignee={"login": "a", "id": 2}), ("assignees", None, None, None, "2")),
        (event("renamed", rename={"from": "x", "to": "y"}), ("title", "x", "y", None, None)),
        (event("closed"), ("status", "open", "closed", None, None)),
        (event("reopened"), ("status", "closed", "open", None, None)),
    ],
)
def test_what_we_track(sent: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (entry,) = github_entries(sent, "9")
    assert (entry.field, entry.old, entry.new, entry.added, entry.removed) == expected
    assert (entry.source_id, entry.entry, entry.author, entry.at) == (
        "9",
        "7",
        "1",
        "2026-11-01T10:00:00.000Z",
    )
    assert entry.field in TRACKED


@pytest.mark.parametrize(
    "sent",
    [event("closed", None), event("mentioned"), event("labeled"), event("closed", created_at=None), "odd"],
)
def test_the_rest_is_passed_over(sent: Any) -> None:
    assert list(github_entries(sent, "9")) == []


def test_from_the_last_page_back_to_what_is_known(web: Any, clock: Any) -> None:
    """What lies between a known event and the first page is known as well."""
    last = {"Link": f'<{PATH}?per_page=100&page=3>; rel="last"'}
    web.get(PATH, json=[event("closed", 1)], headers=last)
    web.get(PATH, json=[event("reopened", 5), event("closed", 6)])
    client = connect(GitHubSettings("t", "l"), clock=clock, timeout_seconds=5, max_wait_seconds=5)
    entries = read_timeline(client.service, "acme/tool#3", "9", frozenset({"5"}))
    assert entries is not None
    assert [entry.entry for entry in entries] == ["1", "5", "6"]
    assert [call.request.params.get("page") for call in web.calls] == [None, "3"]
    client.close()


@pytest.mark.parametrize("status", [301, 404, 410])
def test_what_is_not_there_has_no_past(web: Any, clock: Any, status: int) -> None:
    web.get(PATH, status=status, json={})
    client = connect(GitHubSettings("t", "l"), clock=clock, timeout_seconds=5, max_wait_seconds=5)
    assert read_timeline(client.service, "acme/tool#3", "9", frozenset()) is None
    client.close()
