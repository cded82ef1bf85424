"""Text of strangers made safe to show: no control, format or bidi character reaches a terminal or a log."""

import re
import unicodedata

_BLANKS = dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")
# Control, format (bidi, zero width), surrogate, private use and unassigned characters.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` on one line: unsafe characters as `\\x1b`-like escapes, line breaks and tabs as a blank."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text.translate(_BLANKS))


def _visible_character(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def storable(text: str) -> str:
    """`text` as sent; only lone surrogates and NUL, which SQLite cannot keep as text, become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)
