"""What `worksupport` alone shows: what it is, what to type first, and where things are on this machine."""

from worksupport import output
from worksupport.config.locate import CONFIG_VARIABLE, locate_config, user_config
from worksupport.context import Context
from worksupport.errors import ConfigurationError
from worksupport.text import visible

_NEW = (
    ("demo", "look around with made-up data; needs no account"),
    ("init", "write a configuration to fill in"),
    ("harvest", "copy your team's issues; cron does it every two hours"),
)
_FILLED = (
    ("tree", "what is below each product version, and how much is done"),
    ("keys", "issue keys for scripts; --assignee, --label and more"),
    ("harvest", "copy your team's issues; cron does it every two hours"),
)


def show_start_page(context: Context) -> None:
    """Print the start page; needs no configuration and no database, and reads no issues."""
    database, has_data = _database(context)
    lines = [
        "worksupport copies a team's Jira and GitHub issues into one SQLite file,",
        "and answers from it.",
        "",
        *(f"  worksupport {name:<9}{what}" for name, what in (_FILLED if has_data else _NEW)),
        "",
        f"configuration  {_config(context)}",
        f"database       {database}",
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


def _database(context: Context) -> tuple[str, bool]:
    """Where it is, in words, and whether it is there."""
    try:
        path = context.database_path
        return (
            (visible(str(path)), True) if path.exists() else (f"{visible(str(path))} (not there yet)", False)
        )
    except ConfigurationError as error:
        return visible(error.message), False
    except OSError as error:
        return f"{visible(str(path))} cannot be read: {error.strerror}", False
