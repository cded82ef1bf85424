"""`database.path` of a configuration file, for readers: without jproperties where the file is plain."""

from worksupport.errors import ConfigurationError

_KEY = "database.path"
_BLANKS = " \t\f"


def database_key(path: str) -> str:
    """The value of `database.path` in the properties file at `path`; "" if it has none.

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
        return _parsed(data)
    said = [said for line in lines if not (said := line.lstrip(_BLANKS)).startswith(("#", "!"))]
    return _parsed(data) if any("\\" in line or "\0" in line for line in said) else _plain(said)


def _plain(lines: list[str]) -> str:
    """Without a backslash no line goes on in the next one, and what is written is what is meant."""
    for written in lines:
        rest = written.removeprefix(_KEY)
        if rest != written and (not rest or rest[0] in _BLANKS + "=:"):
            value = rest.lstrip(_BLANKS)
            return value[value.startswith(("=", ":")) :].lstrip(_BLANKS)
    return ""


def _parsed(data: bytes) -> str:
    from worksupport.config import properties  # only now: to load jproperties takes longer than an answer

    entry = properties.parse(data, mentioning=_KEY).entries.get(_KEY)
    return entry.value if entry else ""
