"""Reloads and harvest jobs as people read them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from worksupport.model.times import age_text, duration_text, seconds_between
from worksupport.render.table import aligned
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"completed": "green", "failed": "red", "running": "yellow"}
_NUMBERS = ("id", "issues", "deleted", "requests")
_INTERRUPTED = "interrupted"
_WIDE = 100


def plain_history(records: list[dict[str, Any]], now: datetime, *, is_live: bool) -> str:
    """Reload or harvest records as aligned columns under their titles, for pipes."""
    rows = [_row(record, now, is_live=is_live) for record in records]
    return aligned([[title.upper() for title in rows[0]], *(list(row.values()) for row in rows)])


def draw_history(records: list[dict[str, Any]], now: datetime, console: "Console", *, is_live: bool) -> None:
    """Draw the records as a table on a terminal; `is_live`: a run holds the lock at `now`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = [_row(record, now, is_live=is_live) for record in records]
    # What is left out where width is dear, `history ID` has.
    left_out = {"started"} | ({"deleted", "source", "by"} if console.width < _WIDE else set())
    titles = [title for title in rows[0] if title not in left_out]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        justify: Literal["right", "left"] = "right" if title in _NUMBERS else "left"
        table.add_column(title, justify=justify, overflow="fold", no_wrap=title != "error")
    for row in rows:
        status_style = _STYLES.get(row["status"], "red")
        table.add_row(*(Text(row[title], status_style if title == "status" else "") for title in titles))
    console.print(table)


def record_text(record: dict[str, Any], *, is_live: bool) -> str:
    """One record in full, a field a line."""
    shown = {**record, "status": _status(record, is_live=is_live)}
    for source, outcome in shown.pop("sources", {}).items():
        shown |= {f"{source}.{name}": value for name, value in outcome.items()}
    return aligned([(name, _value_text(value)) for name, value in shown.items()])


def _row(record: dict[str, Any], now: datetime, *, is_live: bool) -> dict[str, str]:
    started = record.get("reload_started") or record.get("started_at")
    row = {
        "id": record["reload_id"] if "reload_id" in record else record["job_id"],
        "started": started,
        "age": age_text(started, now),
        "status": _status(record, is_live=is_live),
        "took": duration_text(_seconds(record)),
        "issues": record["records_processed"],
        **_own_columns(record),
        "error": record["error_message"],
    }
    return {name: _value_text(value) for name, value in row.items()}


def _seconds(record: dict[str, Any]) -> float | None:
    """How long it took; a reload knows it itself, whatever was done to the clock meanwhile."""
    if "reload_id" in record:
        return record["duration_seconds"]  # type: ignore[no-any-return]
    return seconds_between(record["started_at"], record["completed_at"])


def _own_columns(record: dict[str, Any]) -> dict[str, Any]:
    if "reload_id" in record:
        return {"deleted": record["issues_deleted"], "source": record["source"], "by": record["triggered_by"]}
    return {"requests": record["requests"], "warnings": len(record["warnings"]) or ""}


def _status(record: dict[str, Any], *, is_live: bool) -> str:
    """The stored status; 'running' without a living run is one that was cut off and not yet repaired."""
    if record["status"] == "running" and not is_live:
        return _INTERRUPTED
    return str(record["status"])


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return visible("; ".join(map(_value_text, value)))
    return "" if value is None else visible(str(value))
