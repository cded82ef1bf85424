"""GitHub's limits and rights, read from an answer's headers. Vendor facts: vendor-apis sections 6 and 7."""

import logging
import math
from datetime import datetime

from worksupport.clients.announcements import reset_seconds, retry_after_seconds, whole_number
from worksupport.clients.answers import Answer
from worksupport.clients.auth import Credentials
from worksupport.clients.limits import Limiter
from worksupport.clients.refusals import refused_credentials
from worksupport.clients.retries import LimitedTrouble
from worksupport.clock import Clock

# A secondary limit without announcement: at least a minute, doubled each time.
_SECONDARY_SECONDS = 60.0
_MOST_PAGES = 10
_SECONDARY_PAGES = (b"secondary-rate-limits", b"#abuse-rate-limits", b"rate limit")


class Limits:
    """Looks at every answer: raises for a limit, and keeps the search bucket from running dry."""

    def __init__(self, credentials: Credentials, limiter: Limiter, clock: Clock) -> None:
        self._credentials = credentials
        self._limiter = limiter
        self._clock = clock
        self.searches_planned = 0

    def judge(self, answer: Answer) -> None:
        """Raises LimitedTrouble for a rate limit, CredentialsError where single sign-on hides results."""
        if answer.headers.get("X-GitHub-SSO", "").startswith(("partial-results", "required")):
            said = f"{answer.address}: the token is not authorised for an organisation's single sign-on"
            raise refused_credentials("GitHub", self._credentials, said)
        if answer.status in (403, 429):
            _raise_if_limited(answer, self._clock.now())
        if _remaining(answer) == 0 and _is_search(answer):
            self._limiter.pause(self._seconds_to_reset(answer), "the search bucket is spent", logging.INFO)

    def searched(self, answer: Answer, further_pages: int) -> None:
        """After a search: let the rest of the bucket last until it is filled again, if it must.

        `further_pages`: how many more its query has, at most.
        """
        self.searches_planned = max(0, self.searches_planned - 1) + max(
            0, min(further_pages, _MOST_PAGES - 1)
        )
        remaining = _remaining(answer)
        if remaining and remaining < self.searches_planned:
            seconds = self._seconds_to_reset(answer) / remaining
            self._limiter.pause(seconds, "spreading searches until the bucket is filled again", logging.INFO)

    def _seconds_to_reset(self, answer: Answer) -> float:
        return reset_seconds(answer.headers, self._clock.now()) or 0.0


def _raise_if_limited(answer: Answer, now: datetime) -> None:
    """Tell a limit from a missing right, which has the same status."""
    retry_after = retry_after_seconds(answer.headers, now)
    if _remaining(answer) == 0:
        reset = reset_seconds(answer.headers, now)
        seconds = max(retry_after or 0.0, reset or 0.0)
        raise LimitedTrouble(
            "GitHub's rate limit is reached", seconds, first=_SECONDARY_SECONDS, longest=math.inf
        )
    if "Retry-After" in answer.headers or answer.status == 429 or _names_a_limit(answer):
        raise LimitedTrouble(
            f"GitHub answered {answer.status}", retry_after, first=_SECONDARY_SECONDS, longest=math.inf
        )


def _names_a_limit(answer: Answer) -> bool:
    """Whether the body links the page about secondary limits; the oldest have no link but only say so."""
    body = answer.body[:10_000].lower()
    return any(page in body for page in _SECONDARY_PAGES)


def _is_search(answer: Answer) -> bool:
    """Whether the headers are about the search bucket; old servers do not say."""
    default = "search" if "/search/" in answer.address else "core"
    return answer.headers.get("X-RateLimit-Resource", default) == "search"


def _remaining(answer: Answer) -> int | None:
    return whole_number(answer.headers.get("X-RateLimit-Remaining"))
