"""What rings of webhooks lead to: a quick harvest soon after, never two at once, again where search lags."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from worksupport.clock import Clock

# So many Jira takes at once; who has rung longest ago is forgotten first.
_MOST_IDS = 50


@dataclass
class Rhythm:
    """When a harvest is due, in seconds of a monotonic clock.

    One change rings several times, so a harvest begins `soon` after the first ring; however many come, one
    begins at most every `gap`. One that found nothing new is followed by others: searches lag.
    """

    soon: float = 5.0
    gap: float = 30.0
    again: tuple[float, ...] = (30.0, 180.0)
    due: float = math.inf
    _began: float = -math.inf
    _left: tuple[float, ...] = ()

    def ring(self, now: float) -> None:
        """Somebody has rung."""
        self._left = self.again
        self._by(now + self.soon)

    def _by(self, moment: float) -> None:
        self.due = min(self.due, max(moment, self._began + self.gap))

    def begin(self, now: float) -> None:
        """A harvest begins; rings from now on ask for another."""
        self.due, self._began = math.inf, now

    def end(self, now: float, *, has_news: bool) -> None:
        """It has ended."""
        if has_news:
            self._left = ()
        elif self._left and self.due == math.inf:
            wait, *left = self._left
            self._left = tuple(left)
            self._by(now + wait)


class Bell:
    """Runs harvests in a thread of its own, as its rhythm says."""

    def __init__(
        self, harvest: Callable[[tuple[str, ...]], bool], clock: Clock, rhythm: Rhythm | None = None
    ) -> None:
        """`harvest`: runs a quick one, and tells whether it found anything new.

        It is given the ids that came with the rings.
        """
        self._harvest = harvest
        self._clock = clock
        self._rhythm = rhythm or Rhythm()
        self._changed = threading.Condition()
        self._ids: dict[str, None] = {}
        self._is_stopping = False
        self._thread = threading.Thread(target=self._go_on, name="bell", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def ring(self, issue_id: str = "") -> None:
        """Have a harvest run soon, for this issue, if it is told; returns at once."""
        with self._changed:
            if issue_id:
                self._ids.pop(issue_id, None)
                self._ids[issue_id] = None
                self._ids = dict.fromkeys([*self._ids][-_MOST_IDS:])
            self._rhythm.ring(self._clock.monotonic())
            self._changed.notify()

    def stop(self) -> None:
        """Begin no more harvests; returns at once."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    def _go_on(self) -> None:
        while self._wait():
            asked = tuple(self._ids)
            has_news = self._harvest(asked)
            with self._changed:
                self._rhythm.end(self._clock.monotonic(), has_news=has_news)
                if has_news:
                    self._ids = {each: None for each in self._ids if each not in asked}

    def _wait(self) -> bool:
        """Until a harvest is due; False if none will be any more."""
        with self._changed:
            while not self._is_stopping:
                seconds = self._rhythm.due - self._clock.monotonic()
                if seconds <= 0:
                    self._rhythm.begin(self._clock.monotonic())
                    return True
                self._changed.wait(None if math.isinf(seconds) else seconds)
        return False
