"""Answers on stdout, in one form for every door."""

import codecs
import os
import sys
from functools import lru_cache

from worksupport.errors import OutputError


def json_text(document: object) -> str:
    """`document` as the command line prints it and `serve` sends it: compact ASCII and a newline."""
    import json  # only now: most of the reads have SQLite write their JSON

    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), default=_decoded) + "\n"


def _decoded(value: object) -> str:
    """A damaged database can hold bytes where text belongs."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def json_ascii(text: str) -> str:
    """JSON text as SQLite writes it, as `json_text` writes it: what is not printable ASCII as `\\uXXXX`."""
    if text.isascii() and "\x7f" not in text:
        return text
    return text.replace("\x7f", "\\u007f").encode("ascii", _ESCAPED).decode("ascii")


def _escape(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return _escapes(error.object[error.start : error.end]), error.end


@lru_cache(maxsize=1000)
def _escapes(text: str) -> str:
    """Kept: the same letters come again and again, and each call made anew doubles the time of a tree."""
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


_ESCAPED = "worksupport.json"
codecs.register_error(_ESCAPED, _escape)


# What we draw with, for a terminal or a file that is not UTF-8.
MARKS = "worksupport.marks"
PLAIN_MARKS = {
    **{
        "├": "|",
        "└": "`",
        "│": "|",
        "─": "-",
        "▰": "#",
        "▱": ".",
        "…": "...",
        "·": "-",
        "▸": ">",
        "▲": "^",
        "→": ">",
        "\u203a": ">",  # between the parts of a path
        "\N{EN DASH}": "-",
        "\ufe0f": "",
    },
    **dict(zip("▁▂▃▄▅▆▇█", "_.-:=+*#", strict=True)),
    **{"✅": "ok", "⚠": "!", "❌": "x", "\u2139": "i", "🔍": "?", "❔": "?"},
}


def _plain_marks(error: UnicodeError) -> tuple[str, int]:
    """Our own marks in ASCII; what else cannot be shown as an escape."""
    assert isinstance(error, UnicodeEncodeError)
    characters = error.object[error.start : error.end]
    shown = (PLAIN_MARKS.get(each, each).encode("ascii", "backslashreplace") for each in characters)
    return b"".join(shown).decode("ascii"), error.end


codecs.register_error(MARKS, _plain_marks)


def write(text: str) -> None:
    """Print an answer; a reader that closed the pipe (`| head`) is not an error.

    Raises OutputError if stdout is closed or its disk is full.
    """
    if sys.stdout is None:
        raise OutputError("the answer cannot be written: stdout is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python flushes stdout once more at exit, which would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"the answer cannot be written: {error.strerror}") from error
