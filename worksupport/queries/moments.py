"""Moments as people give them: `2d`, `5h`, `2026-11-01`; UTC throughout."""

import re
from datetime import UTC, datetime, timedelta

from worksupport.clock import utc_text
from worksupport.errors import UsageError

_AGE = re.compile(r"(\d{1,6})([mhdw])")
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080}


def moment(option: str, text: str, now: datetime) -> str:
    """The moment that `text` names, seen from `now`, as stored: UTC `YYYY-MM-DDTHH:MM:SS.mmmZ`.

    An age (`30m`, `5h`, `2d`, `1w`), a date (its beginning) or an ISO 8601 time; without a zone it is UTC.
    Raises UsageError naming `option` for anything else.
    """
    try:
        if age := _AGE.fullmatch(text.strip().casefold()):
            return utc_text(now - timedelta(minutes=int(age[1]) * _MINUTES[age[2]]))
        given = datetime.fromisoformat(text.strip())
        return utc_text(given if given.tzinfo else given.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} is {text!r}; it must be an age such as 2d or 5h, or a date such as 2026-11-01"
        ) from None
