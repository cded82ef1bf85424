"""What `worksupport` alone shows: once there is data the summary, before that what to type first."""

from worksupport import output
from worksupport.config.locate import CONFIG_VARIABLE, locate_config, user_config
from worksupport.context import Context
from worksupport.errors import ConfigurationError
from worksupport.model.filters import Filters
from worksupport.queries.reader import answer
from worksupport.text import visible

_NEW = (
    ("demo", "look around with made-up data; needs no account"),
    ("init", "write a configuration to fill in"),
    ("harvest", "copy your team's issues; cron does it every two hours"),
)


def start(context: Context) -> None:
    """Print the summary, or the start page, which needs no configuration and no database.

    Raises what reading a database raises.
    """
    if _has_data(context):
        from worksupport.commands.summary import summary  # only now: the start page needs none of it

        summary(context, key=None, filters=Filters(), format=None, as_json=False)
    else:
        _show_start_page(context)


def _has_data(context: Context) -> bool:
    try:
        path = context.database_path
        if not path.exists():
            return False
    except (ConfigurationError, OSError):
        return False
    return answer(path, lambda found: found.execute(_ANY).fetchone()) is not None


_ANY = "SELECT 1 FROM issues LIMIT 1"


def _show_start_page(context: Context) -> None:
    lines = [
        "worksupport copies a team's Jira and GitHub issues into one SQLite file,",
        "and answers from it.",
        "",
        *(f"  worksupport {name:<9}{what}" for name, what in _NEW),
        "",
        f"configuration  {_config(context)}",
        f"database       {_database(context)}",
        "",
        "All commands: worksupport --help",
        "In depth:     worksupport help exit-codes, environment, json or cron",
    ]
    output.write("".join(f"{line}\n" for line in lines))


def _config(context: Context) -> str:
    try:
        return visible(locate_config(context.options.config, context.environment))
    except ConfigurationError as error:
        if context.options.config or context.environment.get(CONFIG_VARIABLE):
            return visible(error.message)
        return f"{visible(user_config(context.environment))} (not there yet)"


def _database(context: Context) -> str:
    """Where it is, in words, and whether it is there."""
    try:
        path = context.database_path
        return visible(str(path)) if path.exists() else f"{visible(str(path))} (not there yet)"
    except ConfigurationError as error:
        return visible(error.message)
    except OSError as error:
        return f"{visible(str(path))} cannot be read: {error.strerror}"
