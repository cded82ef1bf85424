"""How often one address may ask: a bucket that fills evenly and is emptied by requests."""

import math
import threading
from collections import OrderedDict

from worksupport.clock import Clock

# More addresses than this are not remembered: those that asked longest ago start anew.
_MAX_ADDRESSES = 4096


class RateLimit:
    """At most so many requests a minute from each address, all at once or spread."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        """`per_minute` 0 turns it off."""
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # (requests left, at)

    def seconds_to_wait(self, address: str) -> int:
        """0, and the request counts; or the whole seconds after which there is room for one again."""
        if not self._per_minute:
            return 0
        with self._lock:
            now = self._clock.monotonic()
            left, at = self._buckets.pop(address, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - at) * self._per_minute / 60)
            allowed = left >= 1
            self._buckets[address] = (left - allowed, now)
            if len(self._buckets) > _MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * 60 / self._per_minute))
