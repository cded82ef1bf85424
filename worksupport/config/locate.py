"""Where the configuration and the database are.

Every start of a reading command loads this: it imports little, and its paths are text.
"""

import os
from collections.abc import Mapping

from worksupport.errors import ConfigurationError

CONFIG_NAME = "team_members.properties"
CONFIG_VARIABLE = "WORKSUPPORT_CONFIG"
DATABASE_VARIABLE = "WORKSUPPORT_DB"
_LOCAL = os.path.join("config", CONFIG_NAME)
_DATABASE_KEY_VARIABLE = "WORKSUPPORT_DATABASE_PATH"
_KEY = "database.path"
_TOKENS = ("jira.api_token", "github.api_token")
_TOKEN_VARIABLES = ("WORKSUPPORT_JIRA_API_TOKEN", "WORKSUPPORT_GITHUB_API_TOKEN")
_BLANKS = " \t\f"
_HINT = "worksupport init writes one to fill in; worksupport demo shows everything without any account"

Location = str | os.PathLike[str]


def locate_config(config: Location | None, environment: Mapping[str, str]) -> str:
    """The configuration file: `--config`, WORKSUPPORT_CONFIG, `./config`, the user's configuration folder.

    Raises ConfigurationError naming the places looked at.
    """
    return find_config(config, environment)[0]


def find_config(config: Location | None, environment: Mapping[str, str]) -> tuple[str, str]:
    """As `locate_config`, and why `./config/team_members.properties` was passed over ("": it was not)."""
    if named := _named_config(config, environment):
        return named, ""
    passed_over = ""
    if os.path.lexists(_LOCAL):
        from worksupport.config.trust import others_work  # only now: most starts find no such file

        passed_over = others_work(_LOCAL) or _of_a_stranger(_LOCAL, environment)
        if not passed_over:
            return os.path.abspath(_LOCAL), ""
    own = user_config(environment)
    if os.path.exists(own):
        return own, passed_over
    if passed_over:
        raise ConfigurationError(
            f"no configuration file; looked at ./{_LOCAL} (passed over: {passed_over}) and {own}",
            f"if you trust it, name it: --config ./{_LOCAL}",
        )
    raise ConfigurationError(f"no configuration file; looked at ./{_LOCAL} and {own}", _HINT)


def locate_database(
    config: Location | None, database: Location | None, environment: Mapping[str, str]
) -> str:
    """The database, for readers: `--db`, WORKSUPPORT_DB, `database.path`, the user's data folder.

    Needs no valid configuration, and reads none where the database is named directly. Raises
    ConfigurationError if a configuration that was named is not there or cannot be read.
    """
    if named := named_database(database, environment):
        return named
    if _DATABASE_KEY_VARIABLE in environment:
        return database_at(environment[_DATABASE_KEY_VARIABLE], "", environment, _DATABASE_KEY_VARIABLE)
    try:
        path = locate_config(config, environment)
    except ConfigurationError:
        if _named(config, environment, CONFIG_VARIABLE):
            raise
        return default_database(environment)
    text = database_key(path)
    is_wrong = has_shell_writing(text) or is_no_file(text)
    place = f"{_KEY} ({path}, line {_line_of_key(path)})" if is_wrong else _KEY
    return database_at(text, os.path.dirname(path), environment, place)


def named_database(database: Location | None, environment: Mapping[str, str]) -> str | None:
    """The database that `--db` or WORKSUPPORT_DB names; None if neither does.

    Raises ConfigurationError for shell writing in the variable, and for what is no file.
    """
    if database is not None:
        return os.path.expanduser(_file(os.fspath(database), "--db"))
    text = environment.get(DATABASE_VARIABLE, "")
    return _in_full(text, DATABASE_VARIABLE) if text else None


def database_at(text: str, folder: str, environment: Mapping[str, str], place: str) -> str:
    """The database for the value `text` of `database.path`, relative to `folder`; empty: the default one.

    Raises ConfigurationError, naming `place`, for shell writing in it.
    """
    text = text.strip()
    return os.path.join(folder, _in_full(text, place)) if text else default_database(environment)


def has_shell_writing(text: str) -> bool:
    """Whether a path holds what only a shell expands: `$HOME`, `$(...)`, backticks, `%HOME%`, `~stranger`."""
    after = [part[:1] for part in text.split("$")[1:]]
    is_variable = any(first.isalnum() or first in "_{($" for first in after if first)
    is_of_windows = any(len(name) > 2 and name.isidentifier() for name in text.split("%")[1:-1])
    is_template = "`" in text or "{{" in text
    return is_variable or is_of_windows or is_template or os.path.expanduser(text).startswith("~")


def _in_full(text: str, place: str) -> str:
    if has_shell_writing(text):
        raise ConfigurationError(
            f"{place}: expected a path in full; found {text!r}, which nothing here expands (nor does cron)"
        )
    return os.path.expanduser(_file(text, place))


def is_no_file(text: str) -> bool:
    """Whether a path is none of this system: SQLite's `:memory:`, an address, a drive of Windows."""
    scheme, colon, rest = text.casefold().partition(":")
    is_drive, is_address = len(scheme) == 1, rest.startswith("//") and "/" not in scheme
    return bool(colon) and (
        scheme in ("file", "sqlite") or text.casefold() == ":memory:" or is_drive or is_address
    )


def _file(text: str, place: str) -> str:
    """Refuse what is no file: SQLite would keep nothing, or we would keep it under another name."""
    if is_no_file(text):
        raise ConfigurationError(f"{place}: expected the path of a file; found {text!r}")
    return text


def default_database(environment: Mapping[str, str]) -> str:
    """The database in the user's data folder (XDG base directory specification)."""
    return os.path.join(_user_folder(environment, "XDG_DATA_HOME", ".local/share"), "worksupport.db")


def user_config(environment: Mapping[str, str]) -> str:
    """The configuration file in the user's configuration folder (XDG base directory specification)."""
    return os.path.join(_user_folder(environment, "XDG_CONFIG_HOME", ".config"), CONFIG_NAME)


def _user_folder(environment: Mapping[str, str], variable: str, below_home: str) -> str:
    """The XDG folder of this program; the specification says that relative paths are to be ignored."""
    given = environment.get(variable, "")
    home = environment.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(given) and not os.path.isabs(home):
        raise ConfigurationError(
            "there is no home folder to look in (HOME is not set)", "name the files with --config and --db"
        )
    return os.path.join(given if os.path.isabs(given) else os.path.join(home, below_home), "worksupport")


def _named(option: Location | None, environment: Mapping[str, str], variable: str) -> str | None:
    if option is not None:
        return os.fspath(option)
    return environment.get(variable) or None


def _named_config(config: Location | None, environment: Mapping[str, str]) -> str | None:
    path = _named(config, environment, CONFIG_VARIABLE)
    if path is None:
        return None
    path = os.path.expanduser(path)
    by = "--config" if config else CONFIG_VARIABLE
    if not os.path.exists(path):
        raise ConfigurationError(f"no configuration file at {path} ({by})", _HINT)
    if os.path.isdir(path):
        raise ConfigurationError(f"{path} ({by}) is a folder, not a configuration file", _HINT)
    return path


def _of_a_stranger(path: str, environment: Mapping[str, str]) -> str:
    """Why a configuration in the current folder may be a cloned repository's; "" if it is the user's own.

    One that holds a token is nobody else's. Tokens from elsewhere would go to the address that it names.
    """
    given = [name for name in environment if name.startswith(_TOKEN_VARIABLES) and environment[name]]
    if given:
        return f"{given[0]} would be sent to the address that it names"
    return "" if any(key_value(path, key).strip() for key in _TOKENS) else "it holds no token"


def database_key(path: str) -> str:
    """The value of `database.path` in the properties file at `path`; "" if it has none.

    Raises what `key_value` raises.
    """
    return key_value(path, _KEY)


def key_value(path: str, key: str) -> str:
    """The value of one key in the properties file at `path`; "" if it has none.

    Raises ConfigurationError if the file cannot be read; whatever else is wrong in it is not looked at.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigurationError(f"the configuration {path} cannot be read: {error.strerror}") from error
    try:
        lines = data.decode("utf-8-sig").replace("\r", "\n").split("\n")
    except UnicodeDecodeError:
        return _parsed(data, path, key)
    said = [said for line in lines if not (said := line.lstrip(_BLANKS)).startswith(("#", "!"))]
    is_plain = b"\0" not in data and not any("\\" in line for line in said)
    return _value_in(said, key) if is_plain else _parsed(data, path, key)


def _value_in(lines: list[str], key: str) -> str:
    """Without a backslash no line goes on in the next one, and what is written is what is meant."""
    for written in lines:
        rest = written.removeprefix(key)
        if rest != written and (not rest or rest[0] in _BLANKS + "=:"):
            value = rest.lstrip(_BLANKS)
            return value[value.startswith(("=", ":")) :].lstrip(_BLANKS)
    return ""


def _parsed(data: bytes, path: str, key: str) -> str:
    from worksupport.config import properties  # only now: to load jproperties takes longer than an answer

    entry = properties.parse(data, path, mentioning=key).entries.get(key)
    return entry.value if entry else ""


def _line_of_key(path: str) -> int:
    from pathlib import Path

    from worksupport.config import properties  # only now: see _parsed

    return properties.read(Path(path)).entries[_KEY].lines[0]
