"""Which failures are asked again, how often, and after how long.

A faulty connection or response: at most 5 tries and 60 seconds. A rate limit: as long as the service asks
for, up to `http.max_wait_seconds` for one request.
"""

import random
from collections.abc import Callable

import tenacity

from worksupport.clock import Clock
from worksupport.network.responses import OversizedError, RateLimited, TransientError, UnreachedError

TRIES = 5
_OVERSIZED_TRIES = 2  # it would be as large again
WATCHED_TRIES = 2  # where a person waits, of a host that has not answered yet: its name is misspelt, say
_FAULT_SECONDS = 60.0
# 1, 3, 9 and 27 seconds, give or take 30 %: a hiccup costs little, a restart of half a minute is outlived.
_FIRST_WAIT, _WAIT_FACTOR, _JITTER = 1.0, 3.0, (0.7, 1.3)


class RetryBudget:
    """How many tries and seconds of waiting one request has left."""

    def __init__(
        self,
        clock: Clock,
        max_wait_seconds: float,
        tries: int = TRIES,
        unreached_tries: int = TRIES,
    ) -> None:
        """`unreached_tries`: how often to look for a host that does not answer at all."""
        self._clock = clock
        self._tries = tries
        self._unreached_tries = unreached_tries
        self._faults = 0
        self._faults_began = 0.0
        self._limits = 0
        self._left = max_wait_seconds

    def limit_seconds(self, limit: RateLimited) -> float:
        """How long to leave the service alone: as announced; limited again, ever longer."""
        usual: float = min(limit.first * 2**self._limits, limit.longest)
        self._limits += 1
        if limit.seconds > 0:
            return limit.seconds if self._limits == 1 else max(limit.seconds, usual)
        return usual

    def spend(self, seconds: float) -> bool:
        """Take a wait for the service's limit off the budget; False if there is not enough left of it."""
        if seconds > self._left:
            return False
        self._left -= seconds
        self._faults_began += seconds
        return True

    def back_off(self, state: tenacity.RetryCallState) -> float:
        """Tenacity's wait: seconds before the next try. None for a limit: the limiter holds all threads."""
        if _is_limited(state):
            return 0.0
        self._faults += 1
        if self._faults == 1:
            self._faults_began = self._clock.monotonic()
        seconds: float = _FIRST_WAIT * _WAIT_FACTOR ** (self._faults - 1)
        return seconds * random.uniform(*_JITTER)

    def is_spent(self, state: tenacity.RetryCallState) -> bool:
        """Tenacity's stop: whether to give up. Limits end in the limiter instead."""
        if _is_limited(state):
            return False
        next_try = self._clock.monotonic() + state.upcoming_sleep
        return self._faults >= self._tries_for(state) or next_try - self._faults_began > _FAULT_SECONDS

    def _tries_for(self, state: tenacity.RetryCallState) -> int:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, UnreachedError):
            return min(self._tries, self._unreached_tries)
        return min(self._tries, _OVERSIZED_TRIES) if isinstance(error, OversizedError) else self._tries


def retrying(
    budget: RetryBudget,
    before_wait: Callable[[Exception, float], None],
    wait: Callable[[float], None],
) -> tenacity.Retrying:
    """Tenacity's caller of one request; raises the last TransientError when the budget is spent."""

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Exception):
            before_wait(error, state.upcoming_sleep)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        wait=budget.back_off,
        stop=budget.is_spent,
        before_sleep=before_sleep,
        sleep=wait,
        reraise=True,
    )


def _is_limited(state: tenacity.RetryCallState) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), RateLimited)
