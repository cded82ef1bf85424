"""What a service tells in the headers of its answers: its clock, and what is left of our quota."""

from worksupport.clients.announcements import http_date, whole_number
from worksupport.clients.answers import Answer
from worksupport.clients.http import Service
from worksupport.clock import Clock


class Observation:
    """Watches the answers of one service from now on.

    Vendor facts: vendor-apis sections 5 and 7; GitHub names the bucket that an answer was counted against.
    """

    def __init__(self, service: Service, clock: Clock) -> None:
        self.clock_ahead_seconds: float | None = None  # ours before theirs, whose dates are whole seconds
        self.quotas: dict[str, tuple[int, int]] = {}  # by bucket: left, of how many
        self._clock = clock
        self._judge = service.judge
        service.judge = self._see

    def _see(self, answer: Answer) -> None:
        date = http_date(answer.headers.get("Date"))
        if date is not None:
            self.clock_ahead_seconds = (self._clock.now() - date).total_seconds()
        left = whole_number(answer.headers.get("X-RateLimit-Remaining"))
        limit = whole_number(answer.headers.get("X-RateLimit-Limit"))
        if left is not None and limit is not None:
            self.quotas[answer.headers.get("X-RateLimit-Resource", "")] = left, limit
        if self._judge:
            self._judge(answer)
