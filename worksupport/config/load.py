"""The whole configuration, read once and checked; all problems are told at once."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worksupport.config import keys, locate, members, properties, sources
from worksupport.config.exposure import exposure_warning, is_exposed
from worksupport.config.findings import Findings, Given
from worksupport.config.given import given_values, parsed_values
from worksupport.config.settings import ServeSettings, Settings

_LIKE_A_KEY = re.compile(r"[A-Za-z_]{1,20}(\.[\w -]*)*")
_SETTINGS_OF = {
    "harvest.interval_hours": "interval_hours",
    "harvest.retention_days": "retention_days",
    "harvest.concurrency": "concurrency",
    "http.timeout_seconds": "timeout_seconds",
    "http.max_wait_seconds": "max_wait_seconds",
    "reload.max_delete_percent": "max_delete_percent",
    "monitor.ping_url": "ping_url",
}
_SERVE_SETTINGS_OF = {
    "serve.host": "host",
    "serve.port": "port",
    "serve.token": "token",
    "serve.rate_limit_per_minute": "rate_limit_per_minute",
}


def load_settings(config: Path | None, database: Path | None, environment: Mapping[str, str]) -> Settings:
    """The configuration for `--config` and `--db` (None: not given) and this environment.

    Reads the files and runs the commands that the environment names for secrets. Raises one
    ConfigurationError with a line for each problem; no secret is in it.
    """
    findings = Findings()
    located, passed_over = locate.find_config(config, environment)
    path = Path(located)
    document = properties.read(path)
    if passed_over:
        findings.warnings.append(f"./config/{locate.CONFIG_NAME} was passed over: {passed_over}")
    _check_file(path, document, findings)
    _check_variables(environment, findings)
    given = given_values(document, environment, findings)
    values = parsed_values(given, findings)
    parts = {
        "members": members.read_members(document, findings),
        "hierarchy": members.read_hierarchy(document, findings),
        **sources.read_sources(values, given, findings),
        "serve": ServeSettings(**_present(values, _SERVE_SETTINGS_OF)),
        **_present(values, _SETTINGS_OF),
    }
    _warn_of_idle_github(parts, findings)
    findings.raise_problems(path)
    return Settings(
        path=path,
        database_path=Path(
            locate.named_database(database, environment)
            or _database_path(path, given.get("database.path"), environment)
        ),
        warnings=tuple(findings.warnings),
        notes=tuple(findings.notes),
        **parts,
    )


def _present(values: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    return {field: values[key] for key, field in fields.items() if key in values}


def _database_path(config: Path, given: Given | None, environment: Mapping[str, str]) -> str:
    """A relative path of the file counts from the file's folder, one of the environment from here."""
    folder = "" if given and given.variable else str(config.parent)
    return locate.database_at(given.text if given else "", folder, environment)


def _warn_of_idle_github(parts: dict[str, Any], findings: Findings) -> None:
    if parts["github"] and not any(member.github_id for member in parts["members"]):
        findings.warnings.append("no member has a github_id: nothing will be asked of GitHub")


def _check_file(path: Path, document: properties.Document, findings: Findings) -> None:
    for line, fault in document.faults:
        findings.problem_at(line, f"line {line}: {fault}")
    for key, entry in document.entries.items():
        if len(entry.lines) > 1:
            lines = " and ".join(map(str, entry.lines))
            findings.problem(
                key, f"expected once; it stands on lines {lines}", Given("", line=entry.lines[0])
            )
        if not keys.is_known(key):
            findings.warnings.append(_unknown_key(key, entry.lines[0]))
    if is_exposed(path, document):
        findings.warnings.append(exposure_warning(path))


def _unknown_key(key: str, line: int) -> str:
    """A token that stands on a line of its own is read as a key: what does not look like one is not shown."""
    if _LIKE_A_KEY.fullmatch(key):
        return f"unknown key {key!r} (line {line}){keys.nearest_key(key)}"
    return f"line {line} is not understood: expected a known key, = and a value"


def _check_variables(environment: Mapping[str, str], findings: Findings) -> None:
    known = keys.known_variables()
    for name in sorted(environment):
        if name.startswith(keys.VARIABLE_PREFIX) and name not in known:
            findings.warnings.append(f"unknown variable {name!r}{keys.nearest_variable(name)}")
