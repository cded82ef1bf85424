"""The whole configuration, read once and checked; all problems are told at once."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worksupport.config import keys, locate, people, properties, sources, trust
from worksupport.config.given import Findings, Given, given_values, parsed_values
from worksupport.config.secrets import exposure_warning, is_exposed
from worksupport.config.settings import NotifySettings, ServeSettings, Settings
from worksupport.errors import ConfigurationError

_LIKE_A_KEY = re.compile(r"[A-Za-z_]{1,20}(\.[\w -]*)*")
_SERVE = "serve."


def load_settings(config: Path | None, database: Path | None, environment: Mapping[str, str]) -> Settings:
    """The configuration for `--config` and `--db` (None: not given) and this environment.

    Reads the files and runs the commands that the environment names for secrets. Raises one
    ConfigurationError with a line for each problem; no secret is in it.
    """
    findings = Findings()
    located, passed_over = locate.find_config(config, environment)
    path = Path(located)
    _require_own(path)
    document = properties.read(path)
    if passed_over:
        findings.warnings.append(f"./config/{locate.CONFIG_NAME} was passed over: {passed_over}")
    if writable := trust.writable_warning(str(path)):
        findings.warnings.append(writable)
    _check_file(path, document, findings)
    _check_variables(environment, findings)
    given = given_values(document, environment, findings)
    values = parsed_values(given, findings)
    filled = _by_object(values)
    parts = {
        "members": people.read_members(document, findings),
        "hierarchy": people.read_hierarchy(document, findings),
        **sources.read_sources(filled, given, findings),
        "serve": ServeSettings(**filled["serve"]),
        "notify": NotifySettings(**filled["notify"]),
        **filled[""],
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


def _require_own(path: Path) -> None:
    """Raise ConfigurationError for a file that another account can have written: its addresses get tokens."""
    if stranger := trust.other_owner(str(path)):
        raise ConfigurationError(
            f"the configuration {path} is not this account's own: {stranger}",
            "run as that account, or look at it first and copy it to a folder of your own",
        )


def load_serve_settings(config: Path | None, environment: Mapping[str, str]) -> ServeSettings:
    """What `serve.*` says, in the file (if there is any) and the environment; nothing else is looked at.

    For `serve`, which answers reads also where the configuration allows no run. Raises ConfigurationError
    for a wrong one, a doubled one, and lines that cannot be read: one of them may be the token, and without
    it everybody would be answered.
    """
    findings = Findings()
    path, document = _document_if_any(config, environment)
    for line, fault in document.faults:
        findings.problem_at(line, f"line {line}: {fault}")
    for name, entry in document.entries.items():
        if name.startswith(_SERVE) and len(entry.lines) > 1:
            findings.problem(name, "expected once", Given("", line=entry.lines[1]))
    own = {name: text for name, text in environment.items() if name.startswith(keys.variable(_SERVE))}
    given = given_values(document, own, findings)
    values = parsed_values({k: value for k, value in given.items() if k.startswith(_SERVE)}, findings)
    findings.raise_problems(path)
    return ServeSettings(**_by_object(values)["serve"])


def _by_object(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Parsed values by the settings object that they fill ('' for `Settings` itself) and its attribute."""
    filled: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in values.items():
        if fills := keys.BY_NAME[name].fills:
            holder, _, attribute = fills.rpartition(".")
            filled[holder][attribute] = value
    return filled


def _document_if_any(config: Path | None, environment: Mapping[str, str]) -> tuple[Path, properties.Document]:
    try:
        path = Path(locate.locate_config(config, environment))
    except ConfigurationError:
        if config or environment.get(locate.CONFIG_VARIABLE):
            raise
        return Path("environment"), properties.Document({}, [])
    return path, properties.read(path)


def _database_path(config: Path, given: Given | None, environment: Mapping[str, str]) -> str:
    """A relative path of the file counts from the file's folder, one of the environment from here."""
    folder = "" if given and given.variable else str(config.parent)
    return locate.database_at(given.text if given else "", folder, environment, "database.path")


def _warn_of_idle_github(parts: dict[str, Any], findings: Findings) -> None:
    if parts["github"] and not any(member.github_id for member in parts["members"]):
        findings.warnings.append("no member has a github_id: nothing will be asked of GitHub")


def _check_file(path: Path, document: properties.Document, findings: Findings) -> None:
    for line, fault in document.faults:
        findings.problem_at(line, f"line {line}: {fault}")
    for name, entry in document.entries.items():
        if len(entry.lines) > 1:
            lines = " and ".join(map(str, entry.lines))
            findings.problem(
                name, f"expected once; it stands on lines {lines}", Given("", line=entry.lines[0])
            )
        if not keys.is_known(name):
            findings.warnings.append(_unknown_key(name, entry.lines[0]))
    if is_exposed(path, document):
        findings.warnings.append(exposure_warning(path))


def _unknown_key(name: str, line: int) -> str:
    """A token that stands on a line of its own is read as a key: what does not look like one is not shown."""
    if _LIKE_A_KEY.fullmatch(name) or name in keys.known_variables():
        return f"unknown key {name!r} (line {line}){keys.nearest_key(name)}"
    return f"line {line} is not understood: expected a known key, = and a value"


def _check_variables(environment: Mapping[str, str], findings: Findings) -> None:
    known = keys.known_variables()
    for name in sorted(environment):
        if name.upper().startswith(keys.VARIABLE_PREFIX) and name not in known:
            findings.warnings.append(f"unknown variable {name!r}{keys.nearest_variable(name)}")
