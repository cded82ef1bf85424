"""`worksupport help`: what no single command's `--help` tells."""

from typing import Annotated

import typer

from worksupport.commands import candidates
from worksupport.context import Context
from worksupport.errors import UsageError

Topic = Annotated[
    str | None,
    typer.Argument(metavar="[TOPIC]", help="What to explain.", autocompletion=candidates.topics),
]


def help(context: Context, topic: Topic = None) -> None:
    """Explain exit codes, the environment, the JSON or cron.

    \b
    Examples:
      worksupport help exit-codes
      worksupport help json
    """
    from worksupport import output
    from worksupport.topics import TOPICS, summary

    if topic is None:
        output.write(summary())
    elif topic.casefold() in TOPICS:
        output.write(TOPICS[topic.casefold()]())
    else:
        raise UsageError(
            f"there is no help topic {topic!r}; there is {', '.join(TOPICS)}",
            f"for a command: worksupport {topic} --help" if topic.isidentifier() else "",
        )
