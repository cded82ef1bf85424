"""A few threads that ask one service, and the reports they make to the one thread that plans."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue


@dataclass(frozen=True)
class Done:
    """A task ended, well (error None) or not."""

    name: object
    error: Exception | None = None


class Workers:
    """Daemon threads that run what is submitted: a hanging request does not hold the exit."""

    def __init__(self, count: int, name: str) -> None:
        self.count = count
        self._tasks: SimpleQueue[tuple[object, Callable[[], object]] | None] = SimpleQueue()
        self._reports: SimpleQueue[object] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def submit(self, name: object, task: Callable[[], object]) -> None:
        """Run `task` in one of the threads; `Done(name)` is reported when it ends."""
        self._tasks.put((name, task))

    def report(self, news: object) -> None:
        """From inside a task: tell the planning thread something."""
        self._reports.put(news)

    def next_report(self) -> object:
        """Wait for what the tasks report, in the order they do."""
        return self._reports.get()

    def at_once(self, tasks: Sequence[Callable[[], object]]) -> list[object]:
        """Run tasks side by side and wait for all; for each its result, or the exception that it raised."""
        outcomes: list[object] = [None] * len(tasks)

        def run(number: int, task: Callable[[], object]) -> None:
            outcomes[number] = task()

        for number, task in enumerate(tasks):
            self.submit(number, partial(run, number, task))
        for _ in tasks:
            match self.next_report():
                case Done(int() as number, Exception() as error):
                    outcomes[number] = error
        return outcomes

    def close(self) -> None:
        """Let each thread end after the task it is at."""
        for _ in range(self.count):
            self._tasks.put(None)

    def _work(self) -> None:
        while (job := self._tasks.get()) is not None:
            name, task = job
            try:
                task()
            except Exception as error:
                self.report(Done(name, error))
            else:
                self.report(Done(name))
