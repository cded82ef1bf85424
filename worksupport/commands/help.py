"""`worksupport help`: what no single command's `--help` tells."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import resources
from textwrap import fill

from worksupport import output
from worksupport.commands.options import BY_NAME, TOPICS
from worksupport.commands.usage import page
from worksupport.config import keys
from worksupport.config.locate import CONFIG_VARIABLE, DATABASE_VARIABLE
from worksupport.context import Context
from worksupport.errors import ExitCode, UsageError
from worksupport.model.definitions import DEFINITIONS, LINT_RULES
from worksupport.model.filters import FILTERS
from worksupport.store.views import VIEWS

_SUMMARIES = {
    "filters": "what tree, list, keys and the routes can be asked for",
    "times": "the ways to say when",
    "definitions": "what words and marks of answers mean",
    "exit-codes": "what the exit code of a command says",
    "environment": "the variables that are read, and their keys",
    "json": "the documents that --json and --ndjson print",
    "sql": "the views that other programs may read, column by column",
    "recipes": "questions in SQL: sqlite3, DuckDB, Datasette, PostgreSQL, Grafana",
    "scale": "what one file holds, and what comes after it",
    "cron": "lines for crontab, and what cron mails",
    "webhooks": "how serve hears of changes at once",
    "fzf": "a picker of issues, from list and show",
}

_OTHERS = {
    "PAGER, LESS": "the pager of tree and its options (default: less, FRX)",
    "NO_COLOR": "set and not empty: no colours",
    "COLUMNS": "the width to draw for, instead of the terminal's",
    "TERM": "dumb: no colours, no progress, no pager",
    "XDG_CONFIG_HOME": "instead of ~/.config",
    "XDG_DATA_HOME": "instead of ~/.local/share",
    "HTTPS_PROXY, NO_PROXY": "the way to the services",
}


def help(context: Context, *, topic: str | None) -> None:
    """Print the topic, or the list of topics."""
    if topic is None:
        output.write(_summary())
    elif topic.casefold() in TOPICS:
        output.write(_text(topic.casefold()))
    elif topic.casefold() in BY_NAME:
        output.write(page(BY_NAME[topic.casefold()]))
    else:
        near = get_close_matches(topic.casefold(), (*TOPICS, *BY_NAME))
        raise UsageError(
            f"there is no help topic {topic!r}; there is {', '.join(TOPICS)}",
            f"near: worksupport help {near[0]}" if near else "and every command: worksupport --help",
        )


def _summary() -> str:
    """The topics, a line each."""
    lines = [f"  worksupport help {topic:<13}{_SUMMARIES[topic]}" for topic in TOPICS]
    return "\n".join(["Topics:", "", *lines, "", "And every command: worksupport help COMMAND.", ""])


def _text(topic: str) -> str:
    """The topic's text: made from what the code goes by where that is possible, else the file of its name."""
    if topic in _MADE:
        return _MADE[topic]()
    return resources.files("worksupport.commands").joinpath(f"help/topic-{topic}.txt").read_text("utf-8")


def _filters() -> str:
    """Every filter, from the table that options and routes go by."""
    flags = {
        row.name: " ".join([", ".join(row.flags), *([row.metavar] if row.metavar else [])]) for row in FILTERS
    }
    lines = [fill(f"  {flags[row.name]}: {row.help}", 79, subsequent_indent=" " * 6) for row in FILTERS]
    head = "Different filters must all fit, of one that is given several times any value."
    tail = [
        "Names are compared whole, without regard to case. --state open is todo, doing",
        "or blocked. Routes take the same names with _ for -. Times: worksupport help times",
        "A change passes by its old value as well (changes, notify): changes -a NAME shows",
        "what NAME got, has and gave away, between the two moments; with --raw each step.",
    ]
    return "\n".join([head, "", *lines, "", *tail, ""])


def _definitions() -> str:
    """The words of all answers, then those of reviews and the rules of `lint`, as answers carry them."""
    file = resources.files("worksupport.commands").joinpath("help/topic-definitions.txt")
    figures, found = (_explained(texts) for texts in (DEFINITIONS, LINT_RULES))
    parts = [file.read_text("utf-8"), "Figures of summary, aging, forecast and flow:\n", *figures]
    return "\n".join(
        [*parts, "\nRules of lint; the issue of a finding is what its rule names first:\n", *found, ""]
    )


def _explained(texts: dict[str, str]) -> list[str]:
    return [fill(f"{name}: {text}", 79, subsequent_indent=" " * 4) for name, text in texts.items()]


def _sql() -> str:
    """How the database is read, then every view with its columns, from the table that makes them."""
    file = resources.files("worksupport.commands").joinpath("help/topic-sql.txt")
    pages = (
        f"\n{view.name}: {view.rows}\n{_columns({name: says for name, (_, says) in view.columns.items()})}"
        for view in VIEWS
    )
    return "".join([file.read_text("utf-8"), *pages])


def _exit_codes() -> str:
    """Every exit code and its meaning."""
    lines = [fill(f"{code.value:>5}  {code.meaning}", 79, subsequent_indent=" " * 7) for code in ExitCode]
    return "\n".join(
        [
            "Exit codes, the same for every command:",
            "",
            *lines,
            "",
            "Treat a code that is not listed as a failure. Of several faults in one run",
            "the first of 130/143, 11, 3, 4, 6, 5, 1 is answered.",
            "",
        ]
    )


def _environment() -> str:
    """Every variable, with the configuration key that it beats."""
    values = {keys.variable(key.name): key.name for key in keys.KEYS}
    secrets = "".join(f"  {keys.variable(key.name)}\n" for key in keys.KEYS if key.is_secret)
    own = {
        CONFIG_VARIABLE: "the configuration file, like --config",
        DATABASE_VARIABLE: "the database file, like --db",
        keys.PAGER_VARIABLE: "the pager of tree; empty: none (else PAGER, else less)",
    }
    return (
        f"Where things are, and how answers are shown:\n\n{_columns(own | _OTHERS)}\n"
        f"A key of the configuration; the variable beats the file:\n\n{_columns(values)}\n"
        "A secret can also be in a file or come from a command (run without a shell),\n"
        f"named by the variable with _FILE or _COMMAND behind it:\n\n{secrets}"
    )


def _columns(rows: dict[str, str]) -> str:
    cells = max(map(len, rows))
    return "".join(f"  {name:<{cells}}  {text}\n" for name, text in rows.items())


_MADE: dict[str, Callable[[], str]] = {
    "filters": _filters,
    "definitions": _definitions,
    "sql": _sql,
    "exit-codes": _exit_codes,
    "environment": _environment,
}
