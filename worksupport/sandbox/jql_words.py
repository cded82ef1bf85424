"""JQL text cut into words: quoted ones unescaped, reserved ones and characters refused as Jira does."""

import re
from dataclasses import dataclass

_RESERVED_TEXT = """
abort access add after alias all alter and any as asc audit avg before begin between boolean break by byte
catch cf char character check checkpoint collate collation column commit connect continue count create
current date decimal declare decrement default defaults define delete delimiter desc difference distinct
divide do double drop else empty encoding end equals escape exclusive exec execute exists explain false
fetch file field first float for from function go goto grant greater group having identified if immediate in
increment index initial inner inout input insert int integer intersect intersection into is isempty isnull
join last left less like limit lock long max min minus mode modify modulo more multiply next noaudit not
notin nowait null number object of on option or order outer output power previous prior privileges public
raise raw remainder rename resource return returns revoke right row rowid rownum rows select session set
share size sqrt start strict string subtract sum synonym table then to trans transaction trigger true uid
union unique update user validate values view when whenever where while with
"""
_RESERVED = frozenset(_RESERVED_TEXT.split())
_WORD = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|[<>]=?|[()=,])
    |(?P<bare>[^\s()=,<>~!"'+;?|*/%^$\#@\[\]{}&\\]+)|(?P<blank>\s+)|(?P<illegal>.)""",
    re.S | re.X,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_ESCAPED = {"'": "'", '"': '"', "t": "\t", "n": "\n", "r": "\r", "\\": "\\", " ": " "}


class JqlError(Exception):
    """JQL that Jira refuses with 400; carries the lines of `errorMessages`."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True)
class Word:
    """One word or sign, and the character at which it stands (from 1)."""

    kind: str  # quoted, bare, sign
    text: str
    at: int

    @property
    def keyword(self) -> str:
        """The word as a keyword or sign, folded; nothing if it is quoted."""
        return "" if self.kind == "quoted" else self.text.casefold()

    def name(self) -> str:
        """The word as a field or value. Raises JqlError for a sign and for a reserved word."""
        if self.kind not in ("quoted", "bare"):
            raise self.unexpected()
        if self.keyword in _RESERVED:
            raise JqlError(
                f"Error in the JQL Query: '{self.text}' is a reserved JQL word. You must surround it in "
                f"quotation marks to use it in a query. (line 1, character {self.at})"
            )
        return self.text

    def unexpected(self) -> JqlError:
        """The complaint about a word that cannot stand where it stands."""
        return JqlError(f"Error in the JQL Query: '{self.text}' is unexpected. (line 1, character {self.at})")


END = Word("end", "the end of the query", 0)


def words(jql: str) -> list[Word]:
    """The words and signs of `jql`. Raises JqlError for an illegal character or escape."""
    matches = [match for match in _WORD.finditer(jql) if match.lastgroup != "blank"]
    return [_word(str(match.lastgroup), match.group(), match.start() + 1) for match in matches]


def _word(kind: str, text: str, at: int) -> Word:
    if kind == "illegal":
        raise JqlError(
            f"Error in the JQL Query: The character '{text}' is reserved. (line 1, character {at})"
        )
    return Word(kind, _ESCAPE.sub(_unescaped, text[1:-1]) if kind == "quoted" else text, at)


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) == 5:
        return chr(int(code[1:], 16))
    if code not in _ESCAPED:
        raise JqlError(f"Error in the JQL Query: '\\{code}' is an illegal JQL escape sequence.")
    return _ESCAPED[code]
