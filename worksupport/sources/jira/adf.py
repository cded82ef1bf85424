"""Jira's document format as plain text, with every word that a person sees (README.md, "Descriptions")."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count, repeat
from typing import Any

Node = dict[str, Any]

# Deeper than anybody writes: from there on only the words count.
_DEEPEST = 40
# Where a node keeps words, beside `text` and `content`.
_WORDS = ("text", "title", "shortName", "alt", "url", "name")
_INDENT = "  "


def adf_text(document: object) -> str:
    """The text of an ADF document (`{"type": "doc", "content": [...]}`); of anything else what is text in it.

    Text itself, as Data Center sends it, stays as it is; "" for null.
    """
    if isinstance(document, str):
        return document
    node = document if isinstance(document, dict) else {"content": document}
    parts = _content(node) if node.get("type") in ("doc", None) else [node]
    blocks = ("\n".join(_lines([part], 0)) for part in parts)
    return "\n\n".join(block for block in blocks if block.strip())


def _kind(node: Node) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _content(node: Node) -> list[Node]:
    content = node.get("content")
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _lines(nodes: Iterable[Node], depth: int) -> list[str]:
    """The lines of nodes one below the other; those that stand in a line are joined."""
    lines, line = [], ""
    for node in nodes:
        is_inline = _kind(node) in _INLINE or not isinstance(node.get("content"), list)
        if is_inline and _kind(node) not in _BLOCKS:
            line += _inline(node)
        else:
            lines += [*line.splitlines(), *_block(node, depth)]
            line = ""
    return [*lines, *line.splitlines()]


def _inline(node: Node) -> str:
    make = _INLINE.get(_kind(node))
    text = make(node) if make else " ".join(_words(node))
    below = " ".join(_all_words(_content(node)))
    return f"{text} {below}".strip() if below else text


def _block(node: Node, depth: int) -> list[str]:
    if depth > _DEEPEST:
        return [" ".join(_all_words([node]))]
    if make := _BLOCKS.get(_kind(node)):
        return list(make(node, depth + 1))
    return [*_words(node), *_lines(_content(node), depth + 1)]


def _attributes(node: Node) -> Node:
    attributes = node.get("attrs")
    return attributes if isinstance(attributes, dict) else {}


def _words(node: Node) -> list[str]:
    """What a node says itself, of whatever kind it is; each text once."""
    places = (node, _attributes(node), _attributes(node).get("data"))
    values = (place.get(name) for place in places if isinstance(place, dict) for name in _WORDS)
    return list(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def _all_words(nodes: Iterable[Node]) -> Iterator[str]:
    """The words of these nodes and all below, in order, however deep."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield from _words(node)
        waiting += _content(node)[::-1]


def _text(node: Node) -> str:
    """A text node, and behind it where a link leads, unless the text says so."""
    text = node.get("text") if isinstance(node.get("text"), str) else ""
    marks = node.get("marks") if isinstance(node.get("marks"), list) else []
    links = (_attributes(mark).get("href") for mark in marks or [] if isinstance(mark, dict))
    link = next((each for each in links if isinstance(each, str)), "")
    return f"{text} ({link})" if link and link != text else str(text)


def _date(node: Node) -> str:
    """A day, in milliseconds since 1970 as text."""
    sent = str(_attributes(node).get("timestamp", ""))
    try:
        return datetime.fromtimestamp(int(sent) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return sent


def _items(node: Node, depth: int, marks: Iterable[str]) -> Iterator[str]:
    for item, mark in zip(_content(node), marks, strict=False):
        first, *others = _lines(_content(item) or [item], depth) or [""]
        yield mark + first
        yield from (_INDENT + other for other in others)


def _numbers(node: Node) -> Iterator[str]:
    first = _attributes(node).get("order")
    return (f"{number}. " for number in count(first if isinstance(first, int) else 1))


def _boxes(node: Node) -> Iterator[str]:
    done = (_attributes(item).get("state") == "DONE" for item in _content(node))
    return ("[x] " if each else "[ ] " for each in done)


def _rows(node: Node, depth: int) -> Iterator[str]:
    for row in _content(node):
        yield " | ".join(" ".join(_lines(_content(cell) or [cell], depth)) for cell in _content(row) or [row])


_INLINE: dict[str, Callable[[Node], str]] = {
    "text": _text,
    "date": _date,
    "hardBreak": lambda node: "\n",
}
_BLOCKS: dict[str, Callable[[Node, int], Iterable[str]]] = {
    "bulletList": lambda node, depth: _items(node, depth, repeat("- ")),
    "decisionList": lambda node, depth: _items(node, depth, repeat("- ")),
    "orderedList": lambda node, depth: _items(node, depth, _numbers(node)),
    "taskList": lambda node, depth: _items(node, depth, _boxes(node)),
    "blockquote": lambda node, depth: [f"> {line}" for line in _lines(_content(node), depth)],
    "table": _rows,
    "rule": lambda node, depth: ["---"],
}
