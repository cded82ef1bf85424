"""Where the configuration and the database are; imports little, because every read command starts here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from worksupport.errors import ConfigurationError

CONFIG_NAME = "team_members.properties"
CONFIG_VARIABLE = "WORKSUPPORT_CONFIG"
DATABASE_VARIABLE = "WORKSUPPORT_DB"
_LOCAL = Path("config", CONFIG_NAME)
_DATABASE_KEY = "database.path"
_DATABASE_KEY_VARIABLE = "WORKSUPPORT_DATABASE_PATH"
_HINT = "worksupport init writes one to fill in; worksupport demo shows everything without any account"


class Found(NamedTuple):
    """The configuration file to read, and why `./config/...` was passed over ("": it was not)."""

    path: Path
    passed_over: str = ""


def locate_config(config: Path | None, environment: Mapping[str, str]) -> Path:
    """The configuration file: `--config`, WORKSUPPORT_CONFIG, `./config`, the user's configuration folder.

    Raises ConfigurationError naming the places looked at.
    """
    return find_config(config, environment).path


def find_config(config: Path | None, environment: Mapping[str, str]) -> Found:
    """As `locate_config`, with the reason for which `./config/team_members.properties` was passed over."""
    if named := _named_config(config, environment):
        return Found(named)
    own, passed_over = user_config(environment), ""
    if os.path.lexists(_LOCAL):
        passed_over = _distrust(_LOCAL)
        if not passed_over:
            return Found(_LOCAL.absolute())
    if os.path.exists(own):
        return Found(own, passed_over)
    reason = f" (passed over: {passed_over})" if passed_over else ""
    raise ConfigurationError(f"no configuration file; looked at ./{_LOCAL}{reason} and {own}", _HINT)


def locate_database(config: Path | None, database: Path | None, environment: Mapping[str, str]) -> Path:
    """The database, for readers: `--db`, WORKSUPPORT_DB, `database.path`, the user's data folder.

    Needs no valid configuration, and reads none where the database is named directly. Raises
    ConfigurationError if a configuration that was named is not there or cannot be read.
    """
    if named := named_database(database, environment):
        return named
    if _DATABASE_KEY_VARIABLE in environment:
        return database_at(environment[_DATABASE_KEY_VARIABLE], Path(), environment)
    try:
        path = locate_config(config, environment)
    except ConfigurationError:
        if _named(config, environment, CONFIG_VARIABLE):
            raise
        return default_database(environment)
    return database_at(_database_key_of(path), path.parent, environment)


def named_database(database: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The database that `--db` or WORKSUPPORT_DB names; None if neither does."""
    return _named(database, environment, DATABASE_VARIABLE)


def database_at(text: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """The database for the value `text` of `database.path`, relative to `folder`; empty: the default one."""
    text = text.strip()
    return folder / os.path.expanduser(text) if text else default_database(environment)


def default_database(environment: Mapping[str, str]) -> Path:
    """The database in the user's data folder (XDG base directory specification)."""
    return _user_folder(environment, "XDG_DATA_HOME", ".local/share") / "worksupport.db"


def user_config(environment: Mapping[str, str]) -> Path:
    """The configuration file in the user's configuration folder (XDG base directory specification)."""
    return _user_folder(environment, "XDG_CONFIG_HOME", ".config") / CONFIG_NAME


def _user_folder(environment: Mapping[str, str], variable: str, below_home: str) -> Path:
    """The XDG folder of this program; the specification says that relative paths are to be ignored."""
    given = environment.get(variable, "")
    home = environment.get("HOME") or os.path.expanduser("~")
    return (Path(given) if os.path.isabs(given) else Path(home, below_home)) / "worksupport"


def _named(option: Path | None, environment: Mapping[str, str], variable: str) -> Path | None:
    if option is not None:
        return option
    return Path(environment[variable]) if environment.get(variable) else None


def _named_config(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    path = _named(config, environment, CONFIG_VARIABLE)
    if path is None:
        return None
    by = "--config" if config else CONFIG_VARIABLE
    if not os.path.exists(path):
        raise ConfigurationError(f"no configuration file at {path} ({by})", _HINT)
    if path.is_dir():
        raise ConfigurationError(f"{path} ({by}) is a folder, not a configuration file", _HINT)
    return path


def _distrust(path: Path) -> str:
    """Why the file at `path` may be somebody else's work; "" if only the user or root can have written it.

    The folders count too: who may write them can put another file in its place.
    """
    real = Path(os.path.realpath(path))
    for place in dict.fromkeys((path.parent, real.parent, real)):
        try:
            status = place.stat()
        except OSError as error:
            return f"{place}: {error.strerror}"
        if status.st_uid not in (0, os.geteuid()):
            return f"{place} belongs to another account (user id {status.st_uid})"
        if status.st_mode & 0o022:
            return f"other accounts may write {place}; chmod go-w {place}"
    return ""


def _database_key_of(path: Path) -> str:
    from worksupport.config import properties  # only now: jproperties is not needed when a path is given

    entry = properties.read(path, mentioning=_DATABASE_KEY).entries.get(_DATABASE_KEY)
    return entry.value if entry else ""
