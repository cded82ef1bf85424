"""Markdown that pastes safely: strangers' text is no markup, and links lead to web pages only."""

import re
from collections.abc import Iterable, Sequence

from worksupport.text import visible

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~@&:])")


def escaped(text: str) -> str:
    """Text as text: each character that can be markup behind a backslash."""
    return _MARKUP.sub(r"\\\1", visible(text))


def linked(text: str, url: str | None) -> str:
    """A link, where the address is one of the web."""
    if not url or not re.fullmatch(r"https?://[^\s<>()\[\]\\]+", url):
        return escaped(text)
    return f"[{escaped(text)}](<{url}>)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first cell of each row is Markdown already, the others are text."""
    lines = [head, ["---"] * len(head), *([row[0], *map(escaped, row[1:])] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
