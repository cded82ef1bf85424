"""Which troubles pass, how long we are patient with them, and how long we wait before we ask again.

Trouble with the connection or the answer: at most 5 tries and 60 seconds. Being limited: as long as the
service asks for, up to `http.max_wait_seconds` for one request.
"""

import random
from collections.abc import Callable

import tenacity

from worksupport.clock import Clock

TRIES = 5
_TROUBLE_SECONDS = 60.0
# 1, 3, 9 and 27 seconds, give or take 30 %: a hiccup costs little, a restart of half a minute is outlived.
_FIRST_WAIT, _WAIT_FACTOR, _JITTER = 1.0, 3.0, (0.7, 1.3)


class PassingTrouble(Exception):
    """Asking again can help; the message says what happened, without secrets."""


class LimitedTrouble(PassingTrouble):
    """The service wants to be left alone for `seconds`; None, or nothing, if it does not say how long.

    Then it is `first` seconds, doubled each time up to `longest`; the defaults are Jira's advice.
    """

    def __init__(
        self, reason: str, seconds: float | None, *, first: float = 2.0, longest: float = 30.0
    ) -> None:
        super().__init__(reason)
        self.seconds = seconds or 0.0
        self.first = first
        self.longest = longest


class Patience:
    """What one request has used up of our patience."""

    def __init__(self, clock: Clock, max_wait_seconds: float, tries: int = TRIES) -> None:
        self._clock = clock
        self._tries = tries
        self._troubles = 0
        self._trouble_began = 0.0
        self._limits = 0
        self._left = max_wait_seconds

    def limit_seconds(self, trouble: LimitedTrouble) -> float:
        """How long to leave the service alone: as announced; limited again, ever longer."""
        usual: float = min(trouble.first * 2**self._limits, trouble.longest)
        self._limits += 1
        if trouble.seconds > 0:
            return trouble.seconds if self._limits == 1 else max(trouble.seconds, usual)
        return usual

    def spend(self, seconds: float) -> bool:
        """Take a wait for the service's limit off the patience; False if there is not enough left of it."""
        if seconds > self._left:
            return False
        self._left -= seconds
        self._trouble_began += seconds
        return True

    def back_off(self, state: tenacity.RetryCallState) -> float:
        """Tenacity's wait: seconds before the next try. None for a limit: the limiter holds all threads."""
        if _limited(state):
            return 0.0
        self._troubles += 1
        if self._troubles == 1:
            self._trouble_began = self._clock.monotonic()
        seconds: float = _FIRST_WAIT * _WAIT_FACTOR ** (self._troubles - 1)
        return seconds * random.uniform(*_JITTER)

    def is_spent(self, state: tenacity.RetryCallState) -> bool:
        """Tenacity's stop: whether to give up. Limits end in the limiter instead."""
        if _limited(state):
            return False
        next_try = self._clock.monotonic() + state.upcoming_sleep
        return self._troubles >= self._tries or next_try - self._trouble_began > _TROUBLE_SECONDS


def retrying(
    patience: Patience,
    before_wait: Callable[[Exception, float], None],
    wait: Callable[[float], None],
) -> tenacity.Retrying:
    """Tenacity's caller of one request; raises the last PassingTrouble when patience ends."""

    def before_sleep(state: tenacity.RetryCallState) -> None:
        trouble = state.outcome.exception() if state.outcome else None
        if isinstance(trouble, Exception):
            before_wait(trouble, state.upcoming_sleep)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingTrouble),
        wait=patience.back_off,
        stop=patience.is_spent,
        before_sleep=before_sleep,
        sleep=wait,
        reraise=True,
    )


def _limited(state: tenacity.RetryCallState) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), LimitedTrouble)
