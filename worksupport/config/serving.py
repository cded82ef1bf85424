"""The settings of `serve` alone: it answers reads also where the configuration allows no run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worksupport.config import keys, locate, properties
from worksupport.config.findings import Findings, Given
from worksupport.config.given import given_values, parsed_values
from worksupport.config.settings import ServeSettings
from worksupport.errors import ConfigurationError

_PREFIX = "serve."


def load_serve_settings(config: Path | None, environment: Mapping[str, str]) -> ServeSettings:
    """What `serve.*` says, in the file (if there is any) and the environment; nothing else is looked at.

    Raises ConfigurationError for a wrong one, a doubled one, and lines that cannot be read: one of them
    may be the token, and without it everybody would be answered.
    """
    findings = Findings()
    path, document = _document(config, environment)
    for line, fault in document.faults:
        findings.problem_at(line, f"line {line}: {fault}")
    for key, entry in document.entries.items():
        if key.startswith(_PREFIX) and len(entry.lines) > 1:
            findings.problem(key, "expected once", Given("", line=entry.lines[1]))
    own = {name: text for name, text in environment.items() if name.startswith(keys.variable(_PREFIX))}
    given = given_values(document, own, findings)
    values = parsed_values({k: value for k, value in given.items() if k.startswith(_PREFIX)}, findings)
    findings.raise_problems(path)
    fields: dict[str, Any] = {key.removeprefix(_PREFIX): value for key, value in values.items()}
    return ServeSettings(**fields)


def _document(config: Path | None, environment: Mapping[str, str]) -> tuple[Path, properties.Document]:
    try:
        path = Path(locate.locate_config(config, environment))
    except ConfigurationError:
        if config or environment.get(locate.CONFIG_VARIABLE):
            raise
        return Path("environment"), properties.Document({}, [])
    return path, properties.read(path)
