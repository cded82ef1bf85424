"""A properties file as keys, values and line numbers, read with jproperties."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jproperties import ParseError, Properties

from worksupport.errors import ConfigurationError

_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t\f"
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_WIDE_ENDS = (b"\n\0", b"\0\n")  # of lines: also of one that PowerShell has added to a file
_COMMENT_MARKS = ("#", "!")
_BAD_ESCAPE = r"a wrong escape: \u needs four hexadecimal digits (a backslash itself is written \\)"


@dataclass(frozen=True)
class Entry:
    """One key's first value, and every line on which the key stands."""

    value: str = field(repr=False)
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Document:
    """The entries of one file in its order, and what could not be read: (line, sentence)."""

    entries: dict[str, Entry]
    faults: list[tuple[int, str]]


def read(path: Path) -> Document:
    """The properties of the file at `path`. Raises ConfigurationError if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the configuration {path} cannot be read: {error.strerror}") from error
    return parse(data, path)


def parse(data: bytes, path: str | Path, mentioning: str = "") -> Document:
    """The properties in these bytes of UTF-8 text, read from `path`; a byte order mark is dropped.

    `mentioning`: parse only lines that may hold this text, for readers that want one key fast. Wrong bytes
    and escapes are `faults`. Raises ConfigurationError for UTF-16 or UTF-32, of which nothing can be read.
    """
    if (
        data.startswith(_OTHER_MARKS)
        or data.count(0) * 4 > len(data)
        or any(end in data for end in _WIDE_ENDS)
    ):
        raise ConfigurationError(
            f"the configuration {path} is not UTF-8 text but UTF-16 or the like, which editors call Unicode",
            "save the file as UTF-8",
        )
    text, faults = _decoded(data)
    entries: dict[str, Entry] = {}
    for line, logical in _logical_lines(text):
        if mentioning in logical or "\\" in logical:
            _take_line(entries, faults, line, logical)
    return Document(entries, faults)


def _decoded(data: bytes) -> tuple[str, list[tuple[int, str]]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        start = error.start
    line = len(_LINE_END.split(data[:start].decode("utf-8", "replace")))
    return data.decode("utf-8-sig", "replace"), [(line, "not UTF-8 text: save the file as UTF-8")]


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each logical line with the number of its first natural line, without blank lines and comments.

    jproperties would parse the whole text as well, but it tells no line numbers, stops at the first
    wrong escape, and takes comments that start with `#:` for data of its own.
    """
    logical, first = "", 0
    for number, natural in enumerate(_LINE_END.split(text), start=1):
        if not logical:
            first = number
            if not natural.strip(_BLANKS) or natural.lstrip(_BLANKS).startswith(_COMMENT_MARKS):
                continue
        logical += natural
        if _goes_on(natural):
            logical += "\n"
            continue
        yield first, logical
        logical = ""
    if logical:
        yield first, logical


def _goes_on(natural: str) -> bool:
    """An odd number of backslashes at its end joins a line with the next one."""
    return (len(natural) - len(natural.rstrip("\\"))) % 2 == 1


def _take_line(entries: dict[str, Entry], faults: list[tuple[int, str]], line: int, logical: str) -> None:
    parser = Properties()
    try:
        parser.load(logical)
    except ParseError:
        faults.append((line, _BAD_ESCAPE))
        return
    for key, value in parser.properties.items():
        if "\0" in value:
            faults.append((line, f"{key}: a NUL character, which no value can hold"))
        elif key in entries:
            entries[key] = Entry(entries[key].value, (*entries[key].lines, line))
        else:
            entries[key] = Entry(value, (line,))
