"""A long query of Data Center: who is free walks from the middle of what is left.

README.md, "Long queries".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from worksupport.network.responses import Response
from worksupport.sources.jira.chains import Chain
from worksupport.sources.jira.search import Ask, Page, sent_id

# Fewer pages are not worth the request or two that another walk costs.
_WORTH_A_WALK = 6


@dataclass
class _Stretch:
    """The issues from an offset on, and how far somebody has walked."""

    start: int
    reached: int


class Walk(Protocol):
    """Walks from an offset, by `ask`."""

    def __call__(self, ask: Ask, start: int, /) -> Iterator[Page]: ...


class OffsetChain(Chain):
    """A query of Data Center: who is free walks from the middle of the longest stretch.

    A walk ends where it meets the next, whose pages overlap one another: nothing is between them.
    """

    def __init__(self, ask: Ask, walk: Walk) -> None:
        super().__init__()
        self._ask, self._walk = ask, walk
        self._stretches = [_Stretch(0, 0)]
        self._total = self._size = 0

    def pages(self) -> Iterator[Page]:
        """As `Chain` says."""
        return self._walked(self._stretches[0])

    def share(self) -> Iterator[Page] | None:
        """As `Chain` says."""
        with self._lock:
            ends = [*(each.start for each in self._stretches[1:]), self._total]
            left = [end - each.reached for each, end in zip(self._stretches, ends, strict=True)]
            longest = left.index(max(left))
            if self._is_over or left[longest] < max(1, self._size) * _WORTH_A_WALK:
                return None
            start = ends[longest] - left[longest] // 2
            self._stretches.insert(longest + 1, stretch := _Stretch(start, start))
        return self._walked(stretch)

    def _walked(self, stretch: _Stretch) -> Iterator[Page]:
        for page in self._walk(partial(self._noting, stretch), stretch.start):
            yield self._new(page, id(stretch))
            if self._is_over or self._meets(page, stretch):
                return

    def _noting(self, stretch: _Stretch, method: str, path: str, /, **options: Any) -> Response:
        response = self._ask(method, path, **options)
        with self._lock:
            length, self._total = len(response.document["issues"]), response.document["total"]
            self._size, stretch.reached = max(self._size, length), options["json"]["startAt"] + length
        return response

    def _meets(self, page: Page, stretch: _Stretch) -> bool:
        """Whether the page ends in a later stretch; one issue that has moved up from there does not count."""
        with self._lock:
            later = {id(each) for each in self._stretches if stretch.start < each.start <= stretch.reached}
            return any(self._bringers.get(sent_id(each)) in later for each in page[-1:])
