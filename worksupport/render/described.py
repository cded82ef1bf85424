"""An issue's description as HTML: Markdown's home. Its own HTML is only text, and nothing is loaded."""

from collections.abc import Callable
from typing import cast

from markdown_it import MarkdownIt

from worksupport.text import visible

_LINES_BREAK = {"html": False, "breaks": True, "linkify": False}


def described(text: str, leads_inside: Callable[[str], bool]) -> str:
    """HTML of a description in Markdown. A link stays one where `leads_inside(address)`; else it is text."""
    reader = MarkdownIt("commonmark", _LINES_BREAK).enable(["table", "strikethrough"]).disable("image")
    # What it refuses, markdown-it leaves as it was written.
    reader.validateLink = leads_inside  # type: ignore[assignment, method-assign]
    lines = "\n".join(map(_visible_line, text.split("\n")))
    return cast(str, reader.render(lines))


def _visible_line(line: str) -> str:
    # A tab is indentation there.
    return "\t".join(map(visible, line.rstrip("\r").split("\t")))
