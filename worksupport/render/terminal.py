"""Whether people are looking, and what only they are told."""

import os
import sys
from collections.abc import Iterable

from worksupport.output import PLAIN_MARKS

# In as many cells as the marks take.
_ASCII = str.maketrans({**PLAIN_MARKS, "…": "~"})

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console


def is_terminal(stream: "TextIO | None" = None) -> bool:
    """Whether this stream (default: stdout) is a terminal; a closed one is not."""
    stream = sys.stdout if stream is None else stream
    return stream is not None and not stream.closed and stream.isatty()


def console() -> "Console":
    """Stdout as rich sees it: NO_COLOR, COLUMNS and dumb terminals are honoured, text is never markup.

    Where no colours are wanted there is no bold and no dim either.
    """
    from rich.console import Console

    is_plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
        color_system=None if is_plain else "auto",
    )


def knows_links(console: "Console") -> bool:
    """Whether addresses may stand behind texts: on terminals of today, where colours are wanted."""
    return console.color_system is not None and os.environ.get("TERM") not in ("dumb", "linux")


def drawn(text: str) -> str:
    """What we have drawn, with marks of ASCII where the locale says that there is nothing else."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return text.translate(_ASCII) if next(filter(None, names), "") in ("C", "POSIX") else text


def show_hints(hints: "Iterable[tuple[str, str]]") -> None:
    """Print on stderr what is the matter and what to do, or was meant ("": nothing), each."""
    from worksupport.text import remark

    for hint in hints:
        print(remark(*hint), file=sys.stderr)
