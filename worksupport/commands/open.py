"""`worksupport open`: an issue's page in a browser."""

import os
import re
import sys
import webbrowser

from worksupport import output
from worksupport.context import Context
from worksupport.errors import NotFoundError
from worksupport.queries.issue import show_document
from worksupport.queries.reader import answer
from worksupport.render import terminal
from worksupport.text import visible


def open(context: Context, *, key: str) -> None:
    """Show the page, or print its address where there is no display."""
    is_for_people = terminal.is_terminal(sys.stderr)
    document, found = answer(
        context.database_path,
        lambda connection: show_document(connection, key, context.clock.now(), is_for_people=is_for_people),
    )
    url = document["issue"]["url"] or ""
    if not re.fullmatch(r"https?://\S+", url):
        raise NotFoundError(f"{found.key} has no page on the web: its address is {url!r}")
    if found.note and context.options.verbosity >= 0:
        terminal.show_hints([(found.note, "")])
    if not (_has_display(context) and webbrowser.open(url)):
        output.write(f"{visible(url)}\n")


def _has_display(context: Context) -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return sys.platform == "darwin" or os.name == "nt" or any(map(context.environment.get, names))
