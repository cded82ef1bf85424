"""Each key's value as somebody gave it, what it means, and what is wrong with it, told all at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from worksupport.config import keys
from worksupport.config.properties import Document
from worksupport.config.secrets import read_secret, secret_variable
from worksupport.errors import ConfigurationError

# A token in the wrong place: long, and without the dots and colons of an address.
_LIKE_A_TOKEN = re.compile(r"[\w=+/-]{20,}")
_MAX_SHOWN = 80
_Meaning = TypeVar("_Meaning")
_AFTER_ALL_LINES = 1 << 30


@dataclass(frozen=True)
class Given:
    """One key's value as somebody gave it, and where it stands: a line of the file or a variable's name."""

    text: str = field(repr=False)
    line: int | None = None
    variable: str | None = None

    @property
    def place(self) -> str:
        """Where to look, for a message: `line 4` or the variable's name."""
        return self.variable or f"line {self.line}"


@dataclass
class Findings:
    """Problems (each refuses the configuration), warnings and notes for the log; never a secret in any."""

    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)  # the keys that have a problem
    _problems: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, key: str, text: str, given: Given | None = None) -> None:
        """Note a problem with `key`, which stands at `given` (None: nowhere)."""
        place = f" ({given.place})" if given else ""
        self.problem_at((given.line if given else None), f"{key}{place}: {text}")
        self.keys.add(key)

    def problem_at(self, line: int | None, text: str) -> None:
        """Note a problem that has a line at most; `text` is shown as it is."""
        self._problems.append((line or _AFTER_ALL_LINES, text))

    def raise_problems(self, path: Path) -> None:
        """Raise one ConfigurationError with a line for each problem, in the file's order, if there is any.

        The warnings follow: a misspelt key is why a needed one is missing.
        """
        if not self._problems:
            return
        ordered = [text for _, text in sorted(self._problems, key=lambda problem: problem[0])]
        count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
        told = [*ordered, *(f"warning: {text}" for text in self.warnings)]
        lines = [f"the configuration {path} has {count}:", *(f"  {text}" for text in told)]
        raise ConfigurationError("\n".join(lines), "correct this, then type the same command again")


def given_values(document: Document, environment: Mapping[str, str], findings: Findings) -> dict[str, Given]:
    """The value of each key that somebody gave, without the blanks around it: environment beats file.

    A key whose secret could not be got is missing here, and noted as a problem.
    """
    values = {}
    for key in keys.KEYS:
        value = _from_environment(key, environment, findings)
        if value is None and key.name not in findings.keys:
            value = _from_file(key.name, document)
        if value is not None:
            values[key.name] = value
    return values


def parsed_values(given: dict[str, Given], findings: Findings) -> dict[str, Any]:
    """The given values as what they mean; empty ones and the example's placeholders are left out."""
    values = {}
    for name, value in given.items():
        key = keys.BY_NAME[name]
        if keys.is_placeholder(value.text) or (not value.text and key.may_be_empty):
            continue
        try:
            values[name] = key.parse(value.text)
        except ValueError as error:
            findings.problem(name, f"{error}{_shown(key, value.text)}", value)
    return values


def parsed_or_noted(
    parse: Callable[[str], _Meaning], key: str, given: Given, findings: Findings
) -> _Meaning | None:
    """What a value outside the table means; None, after noting the problem, if it is wrong."""
    try:
        return parse(given.text)
    except ValueError as error:
        findings.problem(key, f"{error}; found {given.text[:_MAX_SHOWN]!r}", given)
        return None


def _from_environment(key: keys.Key, environment: Mapping[str, str], findings: Findings) -> Given | None:
    if key.is_secret:
        return _secret(key.name, environment, findings)
    variable = keys.variable(key.name)
    return Given(environment[variable].strip(), variable=variable) if variable in environment else None


def _secret(name: str, environment: Mapping[str, str], findings: Findings) -> Given | None:
    variable = None
    try:
        variable = secret_variable(name, environment)
        if variable is None:
            return None
        return Given(read_secret(variable, environment[variable]).strip(), variable=variable)
    except ValueError as error:
        findings.problem(name, str(error), Given("", variable=variable) if variable else None)
        return None


def _from_file(key: str, document: Document) -> Given | None:
    entry = document.entries.get(key)
    return Given(entry.value.strip(), line=entry.lines[0]) if entry else None


def _shown(key: keys.Key, text: str) -> str:
    """The wrong value for a message, unless it is a secret or may hold one."""
    is_address_with_user = key.name.endswith("_url") and "@" in text
    if key.is_secret or is_address_with_user or _LIKE_A_TOKEN.fullmatch(text):
        return ""
    return f"; found {text[:_MAX_SHOWN]!r}"
