"""Long queries, brought by several workers at once; every issue comes once (README.md, "Long queries").

Pages come one after the other. What else can be done depends on the deployment: `id_chain`, `offset_chain`.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
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


def by_all_workers(chains: Sequence[Chain], count: int) -> Iterator[tuple[Chain, Page]]:
    """The pages of these queries that have something new, brought by `count` threads of its own.

    All begin at once; whoever is free helps with the first that can be shared. Raises what the first to fail
    raises.
    """
    workers, busy = Workers(count, "jira-query"), 0
    waiting = deque(chains)
    try:
        while True:
            while busy < count and (share := _next_share(waiting, chains)):
                workers.submit(None, partial(_report_each, workers, *share))
                busy += 1
            if not busy:
                return
            match workers.next_report():
                case Done(_, None):
                    busy -= 1
                case Done(_, Exception() as error):
                    raise error
                case (Chain() as chain, list() as page) if page:
                    yield chain, page
    finally:
        for chain in chains:
            chain.stop()
        workers.close()


def _next_share(waiting: deque[Chain], chains: Sequence[Chain]) -> tuple[Chain, Iterator[Page]] | None:
    if waiting:
        chain = waiting.popleft()
        return chain, chain.pages()
    shares = ((chain, pages) for chain in chains if (pages := chain.share()))
    return next(shares, None)


def _report_each(workers: Workers, chain: Chain, pages: Iterator[Page]) -> None:
    for page in pages:
        workers.report((chain, page))
