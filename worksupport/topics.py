"""The topics of `worksupport help`, made from what the code itself goes by wherever that is possible."""

from collections.abc import Callable

_SUMMARIES = {
    "exit-codes": "what the exit code of a command says",
    "environment": "the variables that are read, and their keys",
    "json": "the documents that --json and --ndjson print",
    "cron": "lines for crontab, and what cron mails",
}


def summary() -> str:
    """The topics, a line each."""
    lines = [f"  worksupport help {topic:<13}{text}" for topic, text in _SUMMARIES.items()]
    return "\n".join(["Topics:", "", *lines, "", "Every command has --help.", ""])


def exit_codes() -> str:
    """Every exit code and its meaning."""
    from textwrap import fill

    from worksupport.errors import ExitCode

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


def environment() -> str:
    """Every variable, with the configuration key that it beats."""
    from worksupport.config import keys
    from worksupport.config.locate import CONFIG_VARIABLE, DATABASE_VARIABLE

    values = {keys.variable(key): key for key in keys.PARSERS}
    secrets = "".join(f"  {keys.variable(key)}\n" for key in keys.PARSERS if key in keys.SECRETS)
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


_OTHERS = {
    "PAGER, LESS": "the pager of tree and its options (default: less, FRX)",
    "NO_COLOR": "set and not empty: no colours",
    "COLUMNS": "the width to draw for, instead of the terminal's",
    "TERM": "dumb: no colours, no progress, no pager",
    "XDG_CONFIG_HOME": "instead of ~/.config",
    "XDG_DATA_HOME": "instead of ~/.local/share",
    "HTTPS_PROXY, NO_PROXY": "the way to the services",
}


def _columns(rows: dict[str, str]) -> str:
    cells = max(map(len, rows))
    return "".join(f"  {name:<{cells}}  {text}\n" for name, text in rows.items())


def json() -> str:
    """The documents of DESIGN section 7, for people who write scripts."""
    return _JSON


_JSON = """\
--json prints one compact document and a newline; on stdout is nothing else.
Fields may be added, never renamed. Times are UTC, YYYY-MM-DDTHH:MM:SS.mmmZ.

keys --json
  issue_keys [...], total_count, harvested_at, sources {jira, github}
tree --json
  hierarchy [node...], total_count, outside, harvested_at, sources
  node: issue_key, summary, issue_type, status, status_category (new,
  indeterminate, done or null), assignee, labels [...], source, url,
  done, total, children_omitted, children [node...]
history --json
  [record...], or one record for history ID: reload_id, reload_started,
  status, completed_at, records_processed, issues_deleted,
  duration_seconds, source, triggered_by, error_message
history --harvests --json, harvest --json
  job_id, status, started_at, completed_at, records_processed, requests,
  retries, warnings [...], error_message, sources {name: {status, issues,
  new, changed, removed, requests, error_message}}
reload --json: its record of history, and requests, retries, warnings, sources
recover --json: recovered [record...], reload (a record or null)
check --json: ok, checks [{name, ok, detail}]

harvested_at: the end of the newest completed run that asked every source.
sources: the end of the newest run in which that source was stored.
done, total: of everything below the issue, shown or not.

--ndjson prints one object a line, for tools that read line by line:
  keys   issue_key, source
  tree   a node without children, but with depth (1: top) and parent_key
         (the node above; null at the top); parents before their children

An empty answer is an empty list and exit 0; a failed one prints nothing.
serve answers the same documents over HTTP.
"""


def cron() -> str:
    """How to run it from cron, and what cron then mails."""
    return _CRON


_CRON = """\
What crontab -e takes; name the folder of `command -v worksupport` in PATH:

PATH=/usr/local/bin:/usr/bin:/bin
17 */2 * * *  worksupport harvest -q --wait 600
41 3 * * 0    worksupport reload -q --scheduled --wait 3600
53 1 * * *    worksupport backup -q "$HOME/worksupport-backups" --keep 14
@reboot       worksupport recover -q --wait 600

cron mails what a command prints. A good run with -q prints nothing; a failed
one says what to do about it, and the next run repairs what it left. Two runs
never meet: the second waits (--wait), then exits 11 and names the first.

Is the data still fresh? `worksupport check` exits 0 if it is. With
monitor.ping_url set, every run also tells a monitor how it went.

cron starts with an almost empty environment: name the files with --config
and --db, or let them be where they are looked for (worksupport help
environment). Tokens belong into the configuration, mode 0600.
"""

TOPICS: dict[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "environment": environment,
    "json": json,
    "cron": cron,
}
