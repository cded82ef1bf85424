"""Each key's value from the environment or the file, and what it means."""

import re
from collections.abc import Mapping
from typing import Any

from worksupport.config import keys
from worksupport.config.findings import Findings, Given
from worksupport.config.properties import Document
from worksupport.config.secret_values import secret_from_environment

# A token in the wrong place: long, and without the dots and colons of an address.
_LIKE_A_TOKEN = re.compile(r"[\w=+/-]{20,}")
_MAX_SHOWN = 80


def given_values(document: Document, environment: Mapping[str, str], findings: Findings) -> dict[str, Given]:
    """The value of each key that somebody gave, without the blanks around it: environment beats file.

    A key whose secret could not be got is missing here, and noted as a problem.
    """
    values = {}
    for key in keys.PARSERS:
        value = _from_environment(key, environment, findings)
        if value is None and key not in findings.keys:
            value = _from_file(key, document)
        if value is not None:
            values[key] = value
    return values


def parsed_values(given: dict[str, Given], findings: Findings) -> dict[str, Any]:
    """The given values as what they mean; empty ones and the example's placeholders are left out."""
    values = {}
    for key, value in given.items():
        if keys.is_placeholder(value.text) or (not value.text and key in keys.MAY_BE_EMPTY):
            continue
        try:
            values[key] = keys.PARSERS[key](value.text)
        except ValueError as error:
            findings.problem(key, f"{error}{_shown(key, value.text)}", value)
    return values


def _from_environment(key: str, environment: Mapping[str, str], findings: Findings) -> Given | None:
    if key in keys.SECRETS:
        return secret_from_environment(key, environment, findings)
    name = keys.variable(key)
    return Given(environment[name].strip(), variable=name) if name in environment else None


def _from_file(key: str, document: Document) -> Given | None:
    entry = document.entries.get(key)
    return Given(entry.value.strip(), line=entry.lines[0]) if entry else None


def _shown(key: str, text: str) -> str:
    """The wrong value for a message, unless it is a secret or may hold one."""
    if key in keys.SECRETS or (key.endswith("_url") and "@" in text) or _LIKE_A_TOKEN.fullmatch(text):
        return ""
    return f"; found {text[:_MAX_SHOWN]!r}"
