"""`worksupport keys ... --json` past Typer, which takes twice as long to load as the answer to make.

What is sure to be answered is answered here; the rest, help and usage and what needs explaining, is Typer's.
"""

import os
import sys
from collections.abc import Mapping

from worksupport import output
from worksupport.config.locate import CONFIG_VARIABLE, locate_database
from worksupport.errors import ConfigurationError, UsageError
from worksupport.queries.keys import NO_KEYS, KeysQuestion, keys_text
from worksupport.queries.reader import answer

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import Any

    from worksupport.clock import Clock

# The options of the command with a value, and without; the global ones may stand before it as well.
_FILTERS = ("--source", "--assignee", "--label", "--issue-type", "--parent-key", "--changed-since")
_FLAGS = ("--json", "--missing")
_GLOBAL = ("--config", "--db")


def answered(arguments: list[str], environment: Mapping[str, str], clock: "Clock | None" = None) -> bool:
    """Print the answer to these arguments; False, with nothing printed, if they are for Typer.

    Raises DatabaseError if the database cannot be read, and what `output.write` raises.
    """
    given = _given(arguments)
    if given is None or "--json" not in given or _is_read_once(given, environment):
        return False
    try:
        text = _answer(given, environment, clock)
    except (ConfigurationError, UsageError):
        return False
    if text.startswith(NO_KEYS) and _is_watched():
        return False
    output.write(text)
    return True


def _given(arguments: list[str]) -> dict[str, str] | None:
    """Each option with its value, of two the later; None if anything else stands there, or looks odd."""
    given: dict[str, str] = {}
    allowed: tuple[str, ...] = _GLOBAL
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if word == "keys" and allowed is _GLOBAL:
            allowed = (*_GLOBAL, *_FILTERS)
        elif word in _FLAGS and allowed is not _GLOBAL:
            given[word] = ""
        elif option in allowed:
            given[option] = value if equals else next(words, "")
            if given[option].startswith("-") or not given[option]:
                return None
        else:
            return None
    return given


def _is_read_once(given: dict[str, str], environment: Mapping[str, str]) -> bool:
    """A configuration from a pipe cannot be read again by Typer's way; one that is not there it tells."""
    config = given.get("--config") or environment.get(CONFIG_VARIABLE)
    return bool(config and not os.path.isfile(config))


def _answer(given: dict[str, str], environment: Mapping[str, str], clock: "Clock | None") -> str:
    path = locate_database(given.get("--config"), given.get("--db"), environment)
    filters: dict[str, Any] = {
        option.removeprefix("--").replace("-", "_"): given[option] for option in _FILTERS if option in given
    }
    if "changed_since" in filters:
        filters["changed_since"] = _moment(filters["changed_since"], clock)
    question = KeysQuestion(**filters, missing="--missing" in given)
    return answer(path, lambda found: keys_text(found, question))


def _moment(text: str, clock: "Clock | None") -> str:
    from worksupport.clock import Clock
    from worksupport.queries.moments import moment

    return moment("--changed-since", text, (clock or Clock()).now())


def _is_watched() -> bool:
    """Somebody will want to know why nothing was found."""
    from worksupport.render.terminal import is_terminal

    return is_terminal(sys.stderr)
