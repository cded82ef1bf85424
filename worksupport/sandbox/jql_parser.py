"""JQL text to a tree of clauses: the part of the grammar that a harvester sends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


class JqlError(Exception):
    """JQL that Jira refuses with 400; carries the lines of `errorMessages`."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True)
class Clause:
    """`field operator values`; EMPTY is the value None."""

    field: str
    operator: str  # = != in "not in"
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class Group:
    """Conditions joined by "and" or "or", or one behind "not"."""

    word: str
    members: tuple["Condition", ...]


Condition = Clause | Group


@dataclass(frozen=True)
class Query:
    """A condition, and the fields to sort by, each with whether it descends."""

    condition: Condition
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|[()=,])
    |(?P<word>[^\s()=,<>~!"'+;?|*/%^$\#@\[\]{}&\\]+)|(?P<blank>\s+)|(?P<illegal>.)""",
    re.S | re.X,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_ESCAPED = {"'": "'", '"': '"', "t": "\t", "n": "\n", "r": "\r", "\\": "\\", " ": " "}
_END = _Token("end", "", -1)

_RESERVED_WORDS = """
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
RESERVED = frozenset(_RESERVED_WORDS.split())


def parse(text: str) -> Query:
    """The query in `text`. Raises JqlError: unbounded, a reserved word, an illegal escape, syntax."""
    return _Parser(text).query()


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind, found, at = str(match.lastgroup), match.group(), match.start() + 1
        if kind == "illegal":
            raise JqlError(f"Error in the JQL Query: The character '{found}' is reserved. (character {at})")
        if kind == "quoted":
            yield _Token(kind, _ESCAPE.sub(_unescaped, found[1:-1]), at)
        elif kind != "blank":
            yield _Token(kind, found, at)


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] == "u" and len(code) == 5:
        return chr(int(code[1:], 16))
    if code not in _ESCAPED:
        raise JqlError(f"Error in the JQL Query: '\\{code}' is an illegal JQL escape sequence.")
    return _ESCAPED[code]


class _Parser:
    def __init__(self, text: str) -> None:
        self._left = list(_tokens(text))[::-1]

    def query(self) -> Query:
        if not self._left or self._peek() == "order":
            raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction.")
        condition = self._joined("or")
        order = self._order() if self._take("order") else ()
        if self._left:
            raise self._unexpected()
        return Query(condition, order)

    def _peek(self) -> str:
        token = self._left[-1] if self._left else _END
        return "" if token.kind == "quoted" else token.text.casefold()

    def _take(self, *texts: str) -> str:
        found = self._peek()
        if found in texts:
            self._left.pop()
            return found
        return ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(text)

    def _unexpected(self, wanted: str = "") -> JqlError:
        token = self._left[-1] if self._left else _END
        hint = f" Expecting '{wanted}'." if wanted else ""
        return JqlError(f"Error in the JQL Query: unexpected '{token.text}' (character {token.at}).{hint}")

    def _joined(self, word: str) -> Condition:
        members = [self._joined("and") if word == "or" else self._single()]
        while self._take(word):
            members.append(self._joined("and") if word == "or" else self._single())
        return members[0] if len(members) == 1 else Group(word, tuple(members))

    def _single(self) -> Condition:
        if self._take("not"):
            return Group("not", (self._single(),))
        if self._take("("):
            inside = self._joined("or")
            self._expect(")")
            return inside
        return self._clause()

    def _clause(self) -> Clause:
        field = self._name() or ""
        if sign := self._take("=", "!="):
            return Clause(field, sign, (self._value(),))
        if self._take("is"):
            return Clause(field, "!=" if self._take("not") else "=", (self._value(),))
        operator = "not in" if self._take("not") else "in"
        self._expect("in")
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return Clause(field, operator, tuple(values))

    def _value(self) -> str | None:
        return None if self._take("empty", "null") else self._name()

    def _name(self) -> str:
        token = self._left.pop() if self._left else _END
        if token.kind not in ("quoted", "word"):
            self._left.append(token)
            raise self._unexpected()
        if token.kind == "word" and token.text.casefold() in RESERVED:
            raise JqlError(
                f"Error in the JQL Query: '{token.text}' is a reserved JQL word. You must surround it in "
                f"quotation marks to use it in a query. (line 1, character {token.at})"
            )
        return token.text

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("by")
        fields = [(self._name(), self._take("asc", "desc") == "desc")]
        while self._take(","):
            fields.append((self._name(), self._take("asc", "desc") == "desc"))
        if len(fields) > 7:
            raise JqlError("A maximum of 7 fields can be used in ORDER BY.")
        return tuple(fields)
