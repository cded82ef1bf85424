"""What stands behind the question mark, checked against what the route takes."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from worksupport.errors import UsageError
from worksupport.queries.moments import moment

Parser = Callable[[str, str], object]

_MAX_PARAMETERS = 50
_BOOLEANS = {"true": True, "false": False}


def parsed(query: str, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    """The values of an encoded query, by name; what was not given is not in it.

    Raises UsageError, naming what is allowed, for an unknown or repeated name, a value outside its closed
    list, and text that is not UTF-8.
    """
    values: dict[str, Any] = {}
    for name, text in _pairs(query):
        if name not in parsers:
            takes = f"takes {', '.join(parsers)}" if parsers else "takes none"
            raise UsageError(f"there is no parameter {name!r}; this route {takes}")
        if name in values:
            raise UsageError(f"{name} is given twice; give it once")
        values[name] = parsers[name](name, text)
    return values


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise UsageError("the parameters are not UTF-8 text; write them percent-encoded") from error
    except ValueError as error:
        raise UsageError(f"there are more than {_MAX_PARAMETERS} parameters") from error


def text(_name: str, value: str) -> str:
    """Any text."""
    return value


def boolean(name: str, value: str) -> bool:
    """true or false, without regard to case. Raises UsageError."""
    if value.casefold() not in _BOOLEANS:
        raise UsageError(f"{name} is {value!r}; it must be true or false")
    return _BOOLEANS[value.casefold()]


def whole_number(low: int, high: int) -> Parser:
    """A parser of whole numbers from `low` to `high`, which raises UsageError for anything else."""

    def parse(name: str, value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise UsageError(f"{name} is {value!r}; it must be {low} to {high}")
        return int(value)

    return parse


def moment_before(now: datetime) -> Parser:
    """A parser of moments, or of ages seen from `now`, into UTC text; raises UsageError for anything else."""
    return lambda name, value: moment(name, value, now)
