"""The pictures of a flow: finished per week, burn-up with its forecast, days from start to finish, states."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from worksupport.render.charts import Mark, Picture, Plane

_FAN_CHANCES = ("50", "85", "95")
_MOST_KEYS = 5  # of issues in one place
_BY_WEEK = ("n", "p50", "p85", "longest")
_STATES = {"todo": "to do", "doing": "in progress", "done": "done"}


def pictures(document: dict[str, Any], name: str = "") -> list[Picture]:
    """The pictures that such a document (`queries/pictures.py`) is worth; `name` stands in their titles."""
    if not document["days"]:
        return []
    of = f" of {name}" if name else ""
    drawn = [_finished(document, of), _days(document, of), _states(document, of)]
    if document["fan"]:
        drawn.insert(0, _burn_up(document, of))
    return [picture for picture in drawn if picture]


def burn_up(document: dict[str, Any], name: str) -> list[Picture]:
    """The burn-up alone, where there is a forecast."""
    return [_burn_up(document, f" of {name}")] if document["fan"] else []


def _finished(document: dict[str, Any], of: str) -> Picture:
    weeks = [(date.fromisoformat(week["week"]), week["finished"]) for week in document["weeks"]]
    last = weeks[-1][0] + timedelta(days=7)
    plane = Plane(weeks[0][0], last, max(count for _, count in weeks))
    ends = [*(week for week, _ in weeks[1:]), last]
    marks = [
        Mark("high", plane.bar(week, end, count), f"week from {_named(week)}: {count}")
        for (week, count), end in zip(weeks, ends, strict=True)
        if count
    ]
    total = sum(count for _, count in weeks)
    about = f"{total} units of work in {len(weeks)} weeks; the last week is not over."
    return Picture(
        f"Finished per week{of}",
        about,
        marks,
        plane.rows,
        plane.columns,
        ("week from", "finished"),
        [(_named(week), count) for week, count in weeks],
        words=_meant(document, "unit of work", "finished"),
    )


def _days(document: dict[str, Any], of: str) -> Picture | None:
    points = [(date.fromisoformat(each["day"]), each) for each in document["points"]]
    if not points:
        return None
    first, today = _ends(document)
    plane = Plane(first, today, max(each["days"] for _, each in points))
    places: dict[tuple[date, int], list[str]] = {}
    for day, each in points:
        places.setdefault((day, each["days"]), []).append(each["issue_key"])
    marks = [
        Mark("dot", plane.dot(day, days), f"{_listed(keys)}: {days} days, {_named(day)}")
        for (day, days), keys in places.items()
    ]
    lines = [(chance, days) for chance, days in document["percentiles"].items() if days is not None]
    marks += [Mark(f"p{chance}", plane.line([(first, days), (today, days)])) for chance, days in lines]
    return Picture(
        f"Days from start to finish{of}",
        f"{len(points)} finished units whose start is known, each where it was finished. A line has its share"
        " of them on it or below.",
        marks,
        plane.rows,
        plane.columns,
        ("week from", "n", "50 %", "85 %", "longest"),
        [
            (_day_named(each["week"]), *(each[name] for name in _BY_WEEK))
            for each in document["points_by_week"]
        ],
        legend=[(f"p{chance}", f"{chance} %: {days} days") for chance, days in lines],
        words=_meant(document, "days", "known start", "85 %"),
    )


def _states(document: dict[str, Any], of: str) -> Picture:
    """What was done before the first day is left out: it would hide the rest."""
    days = [(date.fromisoformat(each["day"]), each) for each in document["days"]]
    before = days[0][1]["done"]
    first, today = _ends(document)
    layers = [("done", "high"), ("doing", "middle"), ("todo", "low")]
    most = max(sum(each[state] for state, _ in layers) - before for _, each in days)
    plane = Plane(first, today, most)
    lower = [(day, 0) for day, _ in days]
    marks = []
    for state, style in layers:
        less = before if state == "done" else 0
        upper = [
            (day, below + each[state] - less) for (day, each), (_, below) in zip(days, lower, strict=True)
        ]
        marks.append(Mark(style, plane.area(upper, lower)))
        lower = upper
    return Picture(
        f"In which state{of}",
        f"{sum(days[-1][1][state] for state, _ in layers)} units at the end of each day, by the category of"
        " their status; of the done ones those since the first day.",
        marks,
        plane.rows,
        plane.columns,
        ("day", *_STATES.values()),
        [(_named(day), each["todo"], each["doing"], each["done"] - before) for day, each in _some(days)],
        legend=[(style, _STATES[state]) for state, style in reversed(layers)],
        words=_meant(document, "unit of work", "categories"),
    )


def _burn_up(document: dict[str, Any], of: str) -> Picture:
    """What is done, and all there is, on each day; and by when how much more will be done."""
    days = [(date.fromisoformat(each["day"]), each) for each in document["days"]]
    total = [(day, each["todo"] + each["doing"] + each["done"]) for day, each in days]
    whole = total[-1][1]
    fan = {
        chance: [
            (date.fromisoformat(each["by"][chance]), whole - each["left"])
            for each in document["fan"]
            if each["by"][chance]
        ]
        for chance in _FAN_CHANCES
    }
    last = max(day for points in fan.values() for day, _ in points)
    plane = Plane(days[0][0], last, max(count for _, count in total))
    marks = [Mark("fan", plane.area(fan["50"], fan["95"]))]
    marks += [Mark(f"p{chance}", plane.line(points)) for chance, points in fan.items()]
    marks.append(Mark("whole", plane.line([*total, (last, whole)])))
    marks.append(Mark("line", plane.line([(day, each["done"]) for day, each in days])))
    done = days[-1][1]["done"]
    told = [
        f"by {_named(points[-1][0])} with a chance of {c} %" for c, points in fan.items() if len(points) > 1
    ]
    past = [(_named(day), each["done"], count, "", "", "") for (day, each), (_, count) in _pairs(days, total)]
    ahead = [
        ("ahead", whole - each["left"], whole, *(_day_named(each["by"][chance]) for chance in _FAN_CHANCES))
        for each in document["fan"][1:]
    ]
    return Picture(
        f"Burn-up{of}",
        f"{done} of {whole} units of work are done. All will be, if nothing is added, {', '.join(told)}.",
        marks,
        plane.rows,
        plane.columns,
        ("day", "done", "of", *(f"by, {chance} %" for chance in _FAN_CHANCES)),
        [*past, *ahead],
        legend=[
            ("line", "done"),
            ("whole", "all"),
            *((f"p{chance}", f"with a chance of {chance} %") for chance in _FAN_CHANCES),
        ],
        words=_meant(document, "unit of work", "finished", "forecast"),
    )


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return ", ".join(keys[:_MOST_KEYS]) + more


def _meant(document: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: document["definitions"][name] for name in names}


def _ends(document: dict[str, Any]) -> tuple[date, date]:
    days = document["days"]
    return date.fromisoformat(days[0]["day"]), date.fromisoformat(days[-1]["day"])


def _some(days: Sequence[Any]) -> list[Any]:
    """One a week, and the last."""
    return [day for at, day in enumerate(days) if at % 7 == 6 or at == len(days) - 1]


def _pairs(days: Sequence[Any], total: Sequence[Any]) -> list[Any]:
    return _some(list(zip(days, total, strict=True)))


def _named(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _day_named(day: str | None) -> str:
    return _named(date.fromisoformat(day)) if day else "beyond five years"
