"""What stands behind the question mark, checked against what the route takes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from worksupport.clock import utc_text
from worksupport.errors import UsageError
from worksupport.model.filters import ME, Filter
from worksupport.model.times import DAYS, Weekend, moment

MAX_PARAMETERS = 100
# How often one filter may be given.
MAX_VALUES = 10
_BOOLEANS = {"true": True, "false": False}
_TIME = {
    "anyOf": [
        {"pattern": "^[0-9]{1,4}[mhdw]$"},
        {"enum": list(DAYS)},
        {"format": "date"},
        {"format": "date-time"},
    ]
}

# (name, text, the time of day, the days off) -> value. Raises UsageError naming what is allowed.
Parse = Callable[[str, str, datetime, Weekend], object]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a route; `schema` and `description` are what `openapi.json` says of it.

    One that `is_repeated` has a list of values, whose items `schema` describes; one that `is_refused` is
    there only to say why it is not.
    """

    name: str
    parse: Parse
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    is_repeated: bool = False
    is_required: bool = False
    is_refused: bool = False


def of_filter(row: Filter) -> Parameter:
    """A filter as a parameter."""
    if row.holds == "time":
        return replace(time(row.name, row.help), is_repeated=True)
    if row.holds == "flag":
        return boolean(row.name, row.help)
    if row.holds == "days":
        return replace(boolean(row.name, row.help), parse=partial(_days_ago, row.days))
    schema = {"type": "string", "enum": list(row.choices)} if row.choices else {"type": "string"}
    parameter = replace(text(row.name, row.help, schema), is_repeated=True)
    return replace(parameter, parse=_person) if row.name == "assignee" else parameter


def _person(name: str, value: str, *_: object) -> str:
    if value == ME:
        raise UsageError(f"{name} is {value!r}: who asks cannot be told here; name the person")
    return value


def _days_ago(days: int, name: str, value: str, now: datetime, weekend: Weekend) -> str | None:
    # To the minute, so that answers can be kept for a while.
    minute = now.replace(second=0, microsecond=0)
    return utc_text(minute - timedelta(days=days)) if _boolean(name, value, now, weekend) else None


def text(name: str, description: str, schema: dict[str, Any] | None = None) -> Parameter:
    """Any text."""
    return Parameter(name, lambda _name, value, *_: value, description, schema or {"type": "string"})


def time(name: str, description: str, parse: Parse = moment) -> Parameter:
    """A moment, as people say it; the value is UTC text."""
    return Parameter(name, parse, description, {"type": "string", **_TIME})


def refused(name: str, why: str) -> Parameter:
    """One that is there only to say why it is not."""

    def parse(name: str, value: str, *_: object) -> str:
        raise UsageError(f"there is no parameter {name!r}: {why}")

    return Parameter(name, parse, why, is_refused=True)


def choice(name: str, description: str, values: tuple[str, ...]) -> Parameter:
    """One of a closed list; the first is meant where none is given."""

    def parse(name: str, value: str, *_: object) -> str:
        if value.casefold() not in values:
            raise UsageError(f"{name} is {value!r}; it must be one of {', '.join(values)}")
        return value.casefold()

    schema = {"type": "string", "enum": list(values), "default": values[0]}
    return Parameter(name, parse, description, schema)


def boolean(name: str, description: str) -> Parameter:
    """true or false, without regard to case."""
    return Parameter(name, _boolean, description, {"type": "boolean", "default": False})


def whole_number(name: str, description: str, low: int, high: int, default: int) -> Parameter:
    """A whole number from `low` to `high`."""

    def parse(name: str, value: str, *_: object) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}", value) or not low <= int(value) <= high:
            raise UsageError(f"{name} is {value!r}; it must be {low} to {high}")
        return int(value)

    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return Parameter(name, parse, description, schema)


def parsed(query: str, parameters: Iterable[Parameter], now: datetime, weekend: Weekend) -> dict[str, Any]:
    """The values of an encoded query, by name, in a list where it may be repeated; only what was given.

    Raises UsageError, naming what is allowed, for an unknown, missing or repeated name, a value outside its
    closed list, and text that is not UTF-8.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, value in given_pairs(query):
        if name not in known:
            names = [parameter.name for parameter in known.values() if not parameter.is_refused]
            takes = f"takes {', '.join(names)}" if names else "takes none"
            raise UsageError(f"there is no parameter {name!r}; this route {takes}")
        meant = known[name].parse(name, value, now, weekend)
        if known[name].is_repeated:
            if len(values.setdefault(name, [])) == MAX_VALUES:
                raise UsageError(f"{name} is given more than {MAX_VALUES} times")
            values[name].append(meant)
        elif name in values:
            raise UsageError(f"{name} is given twice; give it once")
        else:
            values[name] = meant
    for name, parameter in known.items():
        if parameter.is_required and name not in values:
            raise UsageError(f"the parameter {name} is missing: {parameter.description}")
    return values


def given_pairs(query: str) -> list[tuple[str, str]]:
    """Name and value of each parameter, decoded. Raises UsageError for what is no text, and for too many."""
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise UsageError("the parameters are not UTF-8 text; write them percent-encoded") from error
    except ValueError as error:
        raise UsageError(f"there are more than {MAX_PARAMETERS} parameters") from error


def _boolean(name: str, value: str, *_: object) -> bool:
    if value.casefold() not in _BOOLEANS:
        raise UsageError(f"{name} is {value!r}; it must be true or false")
    return _BOOLEANS[value.casefold()]
