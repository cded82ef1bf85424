"""GitHub search text from values; pure. Vendor facts: vendor-apis section 6."""

import re
from collections.abc import Sequence
from datetime import datetime

# More than five operators in a query are refused, so six logins are as many as one can name.
LOGINS_PER_QUERY = 6
_PLAIN_LOGIN = re.compile(r"[A-Za-z0-9_.\[\]-]+")


def quote(value: str) -> str:
    """`value` in double quotes, so that blanks, colons and quotes in a label do no harm."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def issue_query(label: str, logins: Sequence[str], scope: str = "") -> str:
    """The query for labelled issues of these people; more than one needs a server that knows OR.

    `scope`: further qualifiers as configured, such as `org:acme`. A group stands in parentheses: a bare OR
    would leave label and scope behind.
    """
    people = [f"assignee:{login if _PLAIN_LOGIN.fullmatch(login) else quote(login)}" for login in logins]
    group = people[0] if len(people) == 1 else f"({' OR '.join(people)})"
    return " ".join(part for part in ("is:issue", f"label:{quote(label)}", scope.strip(), group) if part)


def created_between(query: str, first: datetime, last: datetime) -> str:
    """`query` for issues created from `first` to `last`, both included, in whole seconds of UTC.

    One range and not two bounds: since advanced search two qualifiers of one kind mean OR.
    """
    return f"{query} created:{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"
