"""Runs as people read them: one line each, or one whole."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from worksupport.model.names import SOURCE_TITLES
from worksupport.model.times import duration_text, local_text, seconds_between, stored_moment
from worksupport.render.table import aligned, cut, padded, width
from worksupport.render.terminal import drawn
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_GAP = "  "
_COUNTS = ("new", "changed", "missing")
_FAILED = "failed"
RIGHT = ("took", *_COUNTS)


def history_rows(runs: list[dict[str, Any]], now: datetime, *, is_live: bool) -> list[dict[str, str]]:
    """What is shown of each run, by the name of the column; `is_live`: a run holds the lock at `now`."""
    return [_row(run, now, is_live=is_live) for run in runs]


def plain_history(runs: list[dict[str, Any]], now: datetime, *, is_live: bool) -> str:
    """Runs as aligned columns under their names, nothing cut, for pipes."""
    rows = history_rows(runs, now, is_live=is_live)
    return aligned([list(rows[0]), *(list(row.values()) for row in rows)])


def terminal_history(runs: list[dict[str, Any]], now: datetime, console: "Console", *, is_live: bool) -> str:
    """Runs as a table as wide as `console`; `is_live`: a run holds the lock at `now`."""
    from rich.text import Text

    rows = history_rows(runs, now, is_live=is_live)
    widths = {name: max(map(width, [name, *(row[name] for row in rows)])) for name in rows[0]}
    room = console.width - sum(cells + len(_GAP) for name, cells in widths.items() if name != _FAILED)
    widths[_FAILED] = max(width(_FAILED), min(widths[_FAILED], room))
    with console.capture() as captured:
        lines = [Text(_line(dict(zip(widths, widths, strict=True)), widths), "dim")]
        for run, row in zip(runs, rows, strict=True):
            line = Text(_line(row, widths))
            if row[_FAILED]:
                line.stylize("yellow" if run["status"] == "running" and is_live else "red", _start(widths))
            lines.append(line)
        console.print(*lines, sep="\n", no_wrap=True, crop=False, overflow="ignore")
    return drawn(captured.get())


def run_text(run: dict[str, Any], *, is_live: bool) -> str:
    """One run in full, a field a line."""
    shown = {**run, "status": _status(run, is_live=is_live)}
    for source, outcome in shown.pop("sources").items():
        shown |= {f"{source}.{name}": value for name, value in outcome.items()}
    return aligned([(name, _value_text(value)) for name, value in shown.items()])


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = (
        " " * (widths[name] - width(text)) + text
        if name in RIGHT
        else padded(cut(text, widths[name]), widths[name])
        for name, text in row.items()
    )
    return _GAP.join(cells).rstrip()


def _start(widths: dict[str, int]) -> int:
    """Where the last column begins."""
    return sum(cells + len(_GAP) for name, cells in widths.items() if name != _FAILED)


def _row(run: dict[str, Any], now: datetime, *, is_live: bool) -> dict[str, str]:
    results = run["sources"].values()
    # What is no longer found, a harvest marks as missing and a reload removes.
    counts = {
        "new": sum(result["new"] for result in results),
        "changed": sum(result["changed"] for result in results),
        "missing": sum(result["missing" if run["kind"] == "harvest" else "removed"] for result in results),
    }
    if run["kind"] == "reload" and not results:
        counts["missing"] = run["issues_deleted"] or 0
    return {
        "id": run["id"],
        "run": " ".join([_kind(run), *_asked_only(run)]),
        "when": _when(_began(run), now),
        "took": duration_text(_seconds(run)),
        **{name: str(count) if count else "" for name, count in counts.items()},
        _FAILED: _failed(run, is_live=is_live),
    }


def _kind(run: dict[str, Any]) -> str:
    """A harvest that asked some source only for what changed is a quick one."""
    return "quick" if run["scope"] == "since" else str(run["kind"])


def _asked_only(run: dict[str, Any]) -> list[str]:
    """The sources that were asked, where others that are on were not."""
    statuses = {name: result["status"] for name, result in run["sources"].items()}
    if "skipped" not in statuses.values():
        return []
    return [name for name, status in statuses.items() if status not in ("skipped", "off")]


def _began(run: dict[str, Any]) -> str | None:
    return run.get("reload_started") or run.get("started_at")


def _when(began: str | None, now: datetime) -> str:
    """The local time; the day too where it is not today's."""
    moment = stored_moment(began)
    if began is None or moment is None:
        return ""
    local = moment.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else local_text(began, now)


def _seconds(run: dict[str, Any]) -> float | None:
    """How long it took; a reload knows it itself, whatever was done to the clock meanwhile."""
    if run["kind"] == "reload":
        return run["duration_seconds"]  # type: ignore[no-any-return]
    return seconds_between(run["started_at"], run["completed_at"])


def _status(run: dict[str, Any], *, is_live: bool) -> str:
    """The stored status; 'running' without a living run is one that was cut off and not yet repaired."""
    if run["status"] == "running" and not is_live:
        return "interrupted"
    return str(run["status"])


def _failed(run: dict[str, Any], *, is_live: bool) -> str:
    """What went wrong, by source where one is at fault; that it still runs."""
    if run["status"] != "failed":
        status = _status(run, is_live=is_live)
        return "" if status == "completed" else status
    faults = [
        f"{SOURCE_TITLES.get(name, name)}: {_value_text(result['error_message'])}"
        for name, result in run["sources"].items()
        if result["error_message"] and result["error_message"] != run["error_message"]
    ]
    return "; ".join(faults) or _value_text(run["error_message"]) or _FAILED


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return visible("; ".join(map(_value_text, value)))
    return "" if value is None else visible(str(value))
