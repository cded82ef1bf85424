"""Workers without threads or a clock: each answer takes about one tick."""

import heapq
import random
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from worksupport.errors import QueryRefusedError, WorksupportError
from worksupport.sources.jira.workers import Done


def pages(found: list[Any], size: int) -> list[list[Any]]:
    """As a service sends them: at least one, be it empty."""
    return [found[start : start + size] for start in range(0, max(1, len(found)), size)]


class TimedWorkers:
    """Stands in for `Workers`: what a task reports comes page by page, about one tick after the other."""

    def __init__(self, workers: int, seed: int) -> None:
        self.count = workers
        self.requests = 0
        self.now = 0.0
        self._random = random.Random(seed)
        self._numbers = count()
        self._coming: list[tuple[float, int, object]] = []
        self._reported: list[object] = []

    def submit(self, name: object, task: Callable[[], object]) -> None:
        self._reported, error = [], None
        try:
            task()
        except QueryRefusedError as refused:
            error = refused
        self.requests += len(self._reported) + bool(error)
        time = self.now
        for news in self._reported:
            time += self._random.uniform(0.85, 1.15)
            heapq.heappush(self._coming, (time, next(self._numbers), news))
        heapq.heappush(self._coming, (time + bool(error), next(self._numbers), Done(name, error)))

    def report(self, news: object) -> None:
        self._reported.append(news)

    def next_report(self) -> object:
        self.now, _, news = heapq.heappop(self._coming)
        return news


def at_once(tasks: Sequence[Callable[[], object]]) -> list[object]:
    """What `Workers.at_once` does, one after the other."""
    return [_outcome(task) for task in tasks]


def site_last(tasks: Sequence[Callable[[], object]]) -> list[object]:
    """The same, the last one first: what the site is comes when all else has been asked."""
    return at_once(tasks[::-1])[::-1]


def _outcome(task: Callable[[], object]) -> object:
    try:
        return task()
    except WorksupportError as error:
        return error
