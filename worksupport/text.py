"""Text of strangers made safe to show: no control, format or bidi character reaches a terminal or a log."""

import re
import unicodedata

_BLANKS = dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")
# Control, format (bidi, zero width), surrogate, private use and unassigned characters.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Zero width joiner and non-joiner.
_JOINERS = frozenset("\u200c\u200d")
_VIRAMA = 9  # its combining class: with a joiner it spells a letter of its own
# Kept for pictures, also for those that are newer than Python's tables.
_PICTURES = range(0x1F000, 0x1FB00)
# England, Scotland, Wales: a black flag and letters that nobody sees.
_COUNTRIES = ("gbeng", "gbsct", "gbwls")
_TAGS = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in name) for name in _COUNTRIES)
_FLAG = re.compile(f"(🏴(?:{_TAGS})\U000e007f)")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` on one line: unsafe characters as `\\x1b`-like escapes, line breaks and tabs as a blank."""
    if text.isprintable():
        return text
    line = text.translate(_BLANKS)
    parts = _FLAG.split(line) if "\U0001f3f4" in line else [line]
    return "".join(part if at % 2 else _visible_line(part) for at, part in enumerate(parts))


def _visible_line(line: str) -> str:
    if not _JOINERS.isdisjoint(line):
        return "".join(_visible_in(line, at) for at in range(len(line)))
    return "".join(map(_visible_character, line))


def _visible_in(line: str, at: int) -> str:
    """A character by its neighbours: a joiner passes where it joins."""
    is_joint = line[at] in _JOINERS and _is_joint(line[at - 1 : at], line[at + 1 : at + 2])
    return line[at] if is_joint else _visible_character(line[at])


def _is_joint(before: str, after: str) -> bool:
    """Between two of which one at least is beyond ASCII (`PDF` and a Persian ending), or behind a virama.

    Behind an Arabic letter also before a full stop or the like, in abbreviations.
    """
    if not before or not _can_be_joined(before):
        return False
    is_arabic = unicodedata.bidirectional(before) == "AL" and after.isprintable() and bool(after.strip())
    return is_arabic or _is_virama(before) or (_can_be_joined(after) and not (before + after).isascii())


def _can_be_joined(neighbour: str) -> bool:
    """Letters, marks, digits and symbols: spelling in Persian and Malayalam, the parts of an emoji."""
    return neighbour.isalnum() if neighbour.isascii() else _category(neighbour)[0] in "LMNS"


def _is_virama(character: str) -> bool:
    return unicodedata.combining(character) == _VIRAMA


def _category(character: str) -> str:
    category = unicodedata.category(character)
    return "So" if category == "Cn" and ord(character) in _PICTURES else category


def _visible_character(character: str) -> str:
    if _category(character) not in _UNSAFE_CATEGORIES:
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
