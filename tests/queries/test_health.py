"""What `/health` says, from the records alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.filled_database import fill, result
from worksupport.queries.health import health_document, unhealthy_document
from worksupport.queries.reader import answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)


def health(path: Path, *, is_locked: bool = False, now: datetime = NOW, **rows: Any) -> dict[str, Any]:
    """The document for a new database with these runs."""
    fill(path, **rows)
    return answer(
        path, lambda found: health_document(found, now=now, interval=TWO_HOURS, is_locked=is_locked)
    )


def harvest(ended_at: str, **columns: Any) -> dict[str, Any]:
    """A completed harvest job."""
    return {"run_id": "h1", "status": "completed", "completed_at": ended_at, **columns}


@pytest.mark.parametrize(
    ("ended_at", "age", "ok"),
    [
        ("2026-11-22T12:00:00.000Z", 0, True),
        ("2026-11-22T07:00:00.000Z", 18000, True),
        ("2026-11-22T06:59:59.000Z", 18001, False),
        # A clock was wrong: how old the data is nobody knows.
        ("2026-11-22T12:30:00.000Z", None, False),
    ],
)
def test_data_may_be_two_intervals_and_an_hour_old(
    tmp_path: Path, ended_at: str, age: int | None, ok: bool
) -> None:
    document = health(
        tmp_path / "db", harvests=[harvest(ended_at)], results=[result("h1", "jira", ended_at=ended_at)]
    )
    assert (document["ok"], document["age_seconds"], document["max_age_seconds"]) == (ok, age, 18000)


def test_no_data_yet_is_not_healthy(tmp_path: Path) -> None:
    document = health(tmp_path / "db")
    assert document == {
        "ok": False,
        "database": {"ok": True, "detail": None},
        "harvested_at": None,
        "age_seconds": None,
        "max_age_seconds": 18000,
        "full_harvested_at": None,
        "full_age_seconds": None,
        "max_full_age_seconds": 176400,
        "running": [],
        "orphaned": [],
        "sources": {"jira": None, "github": None},
        "last_reload": None,
        "next_reload": None,
    }
    assert unhealthy_document("gone").keys() == document.keys()


def test_a_recorded_run_is_running_only_under_the_lock(tmp_path: Path) -> None:
    """Under the lock only the newest can be it; without, all of them are orphans."""
    harvests = [{"id": 4, "status": "running", "started_at": "2026-11-22T11:00:00.000Z"}]
    reloads = [{"id": 9, "status": "running", "reload_started": "2026-11-22T11:30:00.000Z"}]
    newest = {"run": "reload", "id": 9, "started_at": "2026-11-22T11:30:00.000Z"}
    older = {"run": "harvest", "id": 4, "started_at": "2026-11-22T11:00:00.000Z"}
    locked = health(tmp_path / "locked", is_locked=True, harvests=harvests, reloads=reloads)
    free = health(tmp_path / "free", harvests=harvests, reloads=reloads)
    assert (locked["running"], locked["orphaned"]) == ([newest], [older])
    assert (free["running"], free["orphaned"]) == ([], [newest, older])


def test_the_last_outcome_of_each_source_counts(tmp_path: Path) -> None:
    """A source that was skipped or off since then has no newer outcome."""
    results = [
        result("h1", "jira", ended_at="2026-11-22T09:00:00.000Z"),
        result(
            "h2",
            "jira",
            ended_at="2026-11-22T10:00:00.000Z",
            status="failed",
            stored=0,
            error_message="Jira refused the credentials",
        ),
        result("h3", "jira", ended_at="2026-11-22T11:00:00.000Z", status="skipped", asked=0, stored=0),
    ]
    assert health(tmp_path / "db", results=results)["sources"] == {
        "jira": {
            "status": "failed",
            "ended_at": "2026-11-22T10:00:00.000Z",
            "error_message": "Jira refused the credentials",
        },
        "github": None,
    }


def test_the_next_reload_is_due_an_interval_after_the_last(tmp_path: Path) -> None:
    reloads = [{"id": 1, "status": "failed", "reload_started": "2026-11-22T11:00:00.000Z"}]
    document = health(tmp_path / "db", reloads=reloads)
    assert document["last_reload"]["reload_id"] == 1
    assert document["next_reload"] == "2026-11-22T13:00:00.000Z"
