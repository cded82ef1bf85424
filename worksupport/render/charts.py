"""Where the marks of a picture stand: scales, ticks and paths, in the units of its view box."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 20, 28
_MOST_ROWS, _MOST_COLUMNS = 5, 8
_DOT = 3.5


class Mark(NamedTuple):
    """One shape; `style` is its class in the style sheet, `title` what it says of itself."""

    style: str
    path: str
    title: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture with what is said of it, and all that it shows as a table.

    `rows` and `columns`: the ticks of its axes. Colours, and so light and dark, are the style sheet's.
    """

    title: str
    about: str
    marks: Sequence[Mark]
    rows: Sequence[tuple[float, str]]
    columns: Sequence[tuple[float, str]]
    head: Sequence[str]
    table: Sequence[Sequence[object]]
    legend: Sequence[tuple[str, str]] = ()
    words: Mapping[str, str] = field(default_factory=dict)  # what those in it mean
    width: int = field(default=WIDTH, init=False)
    height: int = field(default=HEIGHT, init=False)
    left: int = field(default=_LEFT, init=False)
    right: int = field(default=WIDTH - _RIGHT, init=False)


class Plane:
    """From days and counts to places: days run to the right, counts from 0 upwards."""

    def __init__(self, first: date, last: date, most: int) -> None:
        self._first = first
        self._days = max(1, (last - first).days)
        self._steps = _steps(most)
        self._most = self._steps[-1]

    def x(self, day: date) -> float:
        """Where a day stands; beyond the last one it is the edge."""
        share = min(1.0, (day - self._first).days / self._days)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, count: float) -> float:
        """Where a count stands."""
        return round(HEIGHT - _BOTTOM - count / self._most * (HEIGHT - _BOTTOM - _TOP), 1)

    @property
    def rows(self) -> list[tuple[float, str]]:
        """The ticks of the counts."""
        return [(self.y(step), str(step)) for step in self._steps]

    @property
    def columns(self) -> list[tuple[float, str]]:
        """The ticks of the days."""
        count = min(_MOST_COLUMNS, self._days)
        days = [self._first + timedelta(days=round(self._days * n / count)) for n in range(count)]
        return [(self.x(day), f"{day.day} {day:%b}") for day in days]

    def line(self, points: Iterable[tuple[date, float]]) -> str:
        """The path through these points."""
        return "M" + "L".join(f"{self.x(day)} {self.y(count)}" for day, count in points)

    def area(self, upper: Sequence[tuple[date, float]], lower: Sequence[tuple[date, float]]) -> str:
        """The path around what lies between two lines."""
        return self.line([*upper, *reversed(lower)]) + "Z"

    def bar(self, first: date, last: date, count: int) -> str:
        """The path around a bar that stands on these days, with a little room between two."""
        return f"M{self.x(first) + 2} {self.y(0)}V{self.y(count)}H{self.x(last) - 2}V{self.y(0)}Z"

    def dot(self, day: date, count: float) -> str:
        """The path around a dot."""
        x, y = self.x(day), self.y(count)
        return f"M{x - _DOT} {y}a{_DOT} {_DOT} 0 1 0 {2 * _DOT} 0a{_DOT} {_DOT} 0 1 0 {-2 * _DOT} 0Z"


def _steps(most: int) -> list[int]:
    """Round counts from 0 to one that is `most` or above, a few of them."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * _MOST_ROWS >= most:
                return list(range(0, max(most, 1) + step, step))
        size *= 10
