"""What is on record of reloads and harvest jobs."""

from pathlib import Path
from typing import Any

import pytest

from tests.filled_database import fill, result
from worksupport.errors import NotFoundError, UsageError
from worksupport.queries import history
from worksupport.queries.history import HistoryQuestion
from worksupport.queries.reader import answer

START = "2026-01-01T10:00:00.000Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Twelve reloads, every third failed, and one harvest job with two sources."""
    reloads = [
        {"reload_started": START, "status": "completed" if n % 3 else "failed", "triggered_by": f"user {n}"}
        for n in range(1, 12)
    ]
    last = {"completed_at": "2026-01-01T10:05:00.000Z", "records_processed": 7, "issues_deleted": 2}
    more = {"status": "completed", "duration_seconds": 300, "source": "scheduled", "triggered_by": "system"}
    job = {"run_id": "h", "started_at": START, "status": "failed", "requests": 5, "retries": 1}
    return fill(
        tmp_path / "issues.db",
        reloads=[*reloads, {"reload_started": START, **last, **more}],
        harvests=[{**job, "error_message": "down", "warnings": '["left out: x"]', "records_processed": 3}],
        results=[
            result("h", "github", status="failed", stored=0, error_message="down", requests=2),
            result("h", "jira", issues=3, new=2, changed=1, requests=3),
        ],
    )


def test_one_reload(path: Path) -> None:
    assert answer(path, lambda found: history.reload_document(found, 12)) == {
        "reload_id": 12,
        "reload_started": START,
        "status": "completed",
        "completed_at": "2026-01-01T10:05:00.000Z",
        "records_processed": 7,
        "issues_deleted": 2,
        "duration_seconds": 300,
        "source": "scheduled",
        "triggered_by": "system",
        "error_message": None,
    }


def test_one_harvest_job(path: Path) -> None:
    record = answer(path, lambda found: history.harvest_document(found, 1))
    assert record == {
        "job_id": 1,
        "status": "failed",
        "started_at": START,
        "completed_at": None,
        "records_processed": 3,
        "requests": 5,
        "retries": 1,
        "warnings": ["left out: x"],
        "error_message": "down",
        "scope": None,
        "sources": {
            "jira": _source(status="completed", issues=3, new=2, changed=1, requests=3),
            "github": _source(status="failed", requests=2, error_message="down"),
        },
    }
    assert answer(path, lambda found: history.runs_document(found, HistoryQuestion(kind="harvest"))) == [
        {"kind": "harvest", "id": "h1", **record}
    ]


def _source(**values: Any) -> dict[str, Any]:
    counts = {"issues": 0, "new": 0, "changed": 0, "missing": 0, "requests": 0, "error_message": None}
    return {**counts, **values}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (HistoryQuestion(), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]),
        (HistoryQuestion(limit=2), [12, 11]),
        (HistoryQuestion(limit=100, status="failed"), [9, 6, 3]),
        (HistoryQuestion(limit=2, status="Failed"), [9, 6]),
        (HistoryQuestion(status="running"), []),
    ],
)
def test_newest_first(path: Path, question: HistoryQuestion, expected: list[int]) -> None:
    records = answer(path, lambda found: history.reloads_document(found, question))
    assert [record["reload_id"] for record in records] == expected


def test_no_such_record(path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no reload r13"):
        answer(path, lambda found: history.reload_document(found, 13))
    with pytest.raises(NotFoundError, match="there is no harvest h2"):
        answer(path, lambda found: history.harvest_document(found, 2))


def test_runs_of_both_kinds_stand_in_the_order_of_the_data(tmp_path: Path) -> None:
    """Whatever the clock said: the harvest is the newest that has ended."""
    path = fill(
        tmp_path / "issues.db",
        reloads=[
            {"reload_started": "2027-01-01T00:00:00.000Z", "status": "completed", "data_version": 5},
            {"reload_started": START, "status": "running"},
        ],
        harvests=[{"run_id": "h", "started_at": START, "status": "completed", "data_version": 9}],
    )
    runs = answer(path, lambda found: history.runs_document(found, HistoryQuestion()))
    assert [run["id"] for run in runs] == ["r2", "h1", "r1"]
    assert runs[2] == {
        "kind": "reload",
        "id": "r1",
        **answer(path, lambda found: history.reload_document(found, 1)),
        "requests": 0,
        "retries": 0,
        "warnings": [],
        "scope": None,
        "sources": {},
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"limit": 0}, "the limit is 0; it must be 1 to 100"),
        ({"limit": 101}, "the limit is 101; it must be 1 to 100"),
        ({"kind": "backup"}, "the kind is 'backup'; it must be one of harvest, reload"),
        ({"status": "done"}, "the status is 'done'; it must be one of running, completed, failed"),
    ],
)
def test_values_there_are_not(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        HistoryQuestion(**values)
