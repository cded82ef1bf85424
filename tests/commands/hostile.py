"""Text as strangers may write it into titles, names, labels and statuses."""

import unicodedata

# Control, format, surrogate, private and unassigned characters, and line ends that are not \n.
_ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

# What a terminal or a log must never receive as it is.
TITLES = {
    "escape sequence": "red \x1b[31malert\x1b[0m \x9b5m",
    "link and clipboard": "\x1b]8;;http://evil\x07here\x1b]52;c;aGk=\x07",
    "markup": "[bold]loud[/bold] [link=http://evil]x[/link] :smile:",
    "newlines": "one\ntwo\r\nthree\tfour\u2028five",
    "bidi": "ab\u202e\u2066cba\u2069 \u200bzero\u200dwidth",
    "hebrew": "שלום עולם",
    "wide": "漢字かな交じり文 😀🎉",
    "combining": "e\u0301a\u0308",
    "long": "x" * 10_000,
    "empty": "",
}


def is_clean(text: str) -> bool:
    """No character that acts instead of showing, except the newlines of the answer itself.

    Joiners only join; what Python does not know yet among the pictures shows as a box at worst.
    """
    harmless = ("\n", "\u200c", "\u200d")
    return all(
        unicodedata.category(each) not in _ACTING or each in harmless or "\U0001f000" <= each < "\U0001fb00"
        for each in text
    )
