"""Text of strangers made safe to show: no control, format or bidi character reaches a terminal or a log."""

import re
import unicodedata

_BLANKS = dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")
# Control, format (bidi, zero width), surrogate, private use and unassigned characters.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Zero width joiner and non-joiner.
_JOINERS = frozenset("\u200c\u200d")
_VIRAMA = 9  # its combining class: with a joiner it spells a letter of its own
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` on one line: unsafe characters as `\\x1b`-like escapes, line breaks and tabs as a blank."""
    if text.isprintable():
        return text
    line = text.translate(_BLANKS)
    if not _JOINERS.isdisjoint(line):
        return "".join(_visible_in(line, at) for at in range(len(line)))
    return "".join(map(_visible_character, line))


def _visible_in(line: str, at: int) -> str:
    """A character by its neighbours: a joiner passes between what it joins, and behind a virama."""
    character = line[at]
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    is_joint = _can_be_joined(before) and (_can_be_joined(after) or _is_virama(before))
    return character if character in _JOINERS and is_joint else _visible_character(character)


def _can_be_joined(neighbour: str) -> bool:
    """Letters, marks and symbols beyond ASCII: spelling in Persian and Malayalam, the parts of an emoji."""
    return not neighbour.isascii() and unicodedata.category(neighbour)[0] in "LMS"


def _is_virama(character: str) -> bool:
    return unicodedata.combining(character) == _VIRAMA


def _visible_character(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def remark(what: str, next_step: str = "") -> str:
    """What is said beside an answer, in one form: what is the matter, indented what to type or was meant."""
    lines = [f"worksupport: {visible(what)}", *([f"  {visible(next_step)}"] if next_step else [])]
    return "\n".join(lines)


def storable(text: str) -> str:
    """`text` as sent; only lone surrogates and NUL, which SQLite cannot keep as text, become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)
