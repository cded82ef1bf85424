"""Who `@me` is."""

import getpass
import sqlite3

from worksupport.config.locate import key_value, locate_config
from worksupport.context import Context
from worksupport.errors import ConfigurationError
from worksupport.model.filters import folded
from worksupport.queries.reader import answer

_MEMBERS = "SELECT name, jira_id, github_id FROM team_members"


def who_is_me(context: Context) -> str:
    """The name under which issues of the person at this terminal are found.

    WORKSUPPORT_ME, else the key `me`, else the one member whose login or mail name is the account's. Raises
    ConfigurationError if none of them tells.
    """
    said = context.environment.get("WORKSUPPORT_ME", "").strip() or _configured(context)
    members = answer(context.database_path, _members)
    if said:
        return next((name for name, *ids in members if folded(said) in map(folded, (name, *ids))), said)
    mine = {
        name for name, *ids in members if _account() in (each.casefold().partition("@")[0] for each in ids)
    }
    if len(mine) == 1:
        return mine.pop()
    raise ConfigurationError(
        f"who @me is cannot be told: no single member has the login or mail name {_account()!r}",
        "set WORKSUPPORT_ME, or me in the configuration, to your name, e-mail address or login",
    )


def _members(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute(_MEMBERS).fetchall()


def _configured(context: Context) -> str:
    try:
        return key_value(locate_config(context.options.config, context.environment), "me").strip()
    except ConfigurationError:
        return ""


def _account() -> str:
    try:
        return getpass.getuser().casefold()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return ""
