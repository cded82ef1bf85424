"""A long query, brought by several workers at once; every issue comes once (README.md, "Long queries").

Pages come one after the other. What else can be done depends on the deployment: `id_chain`, `offset_chain`.
"""

import threading
from collections.abc import Iterator
from functools import partial

from worksupport.sources.jira.search import Page, sent_id
from worksupport.sources.jira.workers import Done, Workers


class Chain:
    """One query: its own walk, and what else workers that are free can do for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bringers: dict[object, object] = {}  # by the id of what has come
        self._is_over = False

    def pages(self) -> Iterator[Page]:
        """The walk from the front, without what others have brought; to its end, or to where they were."""
        raise NotImplementedError

    def share(self) -> Iterator[Page] | None:
        """Pages for one more worker to bring; None if there is nothing to share at this moment."""
        raise NotImplementedError

    def stop(self) -> None:
        """Nobody wants the rest."""
        self._is_over = True

    def _new(self, page: Page, bringer: object = None) -> Page:
        """What has not come yet. What has no id is kept."""
        with self._lock:
            new = [each for each in page if (sent := sent_id(each)) is None or sent not in self._bringers]
            self._bringers |= dict.fromkeys(map(sent_id, new), bringer)
        return new


def by_all_workers(chain: Chain, count: int) -> Iterator[Page]:
    """The pages of one query that have something new, brought by `count` threads of its own.

    Raises what the first to fail raises.
    """
    workers, busy = Workers(count, "jira-query"), 0
    try:
        more: Iterator[Page] | None = chain.pages()
        while busy or more:
            while more:
                workers.submit(chain, partial(_report_each, workers, more))
                busy += 1
                more = chain.share() if busy < count else None
            match workers.next_report():
                case Done(_, None):
                    busy -= 1
                case Done(_, Exception() as error):
                    raise error
                case list() as page if page:
                    yield page
            more = chain.share() if busy < count else None
    finally:
        chain.stop()
        workers.close()


def _report_each(workers: Workers, pages: Iterator[Page]) -> None:
    for page in pages:
        workers.report(page)
