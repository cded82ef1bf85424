"""A few threads that ask one service, and the reports they make to the one thread that plans."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
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

    def run_all(self, tasks: list[Callable[[], object]]) -> None:
        """Run tasks side by side and wait for all; raises the first error."""
        for task in tasks:
            self.submit(None, task)
        reports = [self.next_report() for _ in tasks]
        for report in reports:
            if isinstance(report, Done) and report.error:
                raise report.error

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
