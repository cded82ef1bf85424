"""Descriptions as plain text: every word stays, whatever the document looks like."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worksupport.sources.jira.adf import adf_text


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    """A node of this kind with what is in it; strings are text nodes."""
    inside = [text(each) if isinstance(each, str) else each for each in content]
    return {
        "type": kind,
        **({"content": inside} if content else {}),
        **({"attrs": attributes} if attributes else {}),
    }


def text(words: str, href: str = "") -> dict[str, Any]:
    marks = {"marks": [{"type": "link", "attrs": {"href": href}}]} if href else {}
    return {"type": "text", "text": words, **marks}


def paragraph(*content: Any) -> dict[str, Any]:
    return node("paragraph", *content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([paragraph("One ", "line"), paragraph("Two")], "One line\n\nTwo"),
        ([node("heading", "Why", level=2)], "Why"),
        ([paragraph("a", node("hardBreak"), "b")], "a\nb"),
        ([paragraph("Ask ", node("mention", id="1", text="@Ann"), "!")], "Ask @Ann!"),
        ([paragraph(node("emoji", shortName=":smile:", text="😀"))], "😀 :smile:"),
        ([paragraph("Due ", node("date", timestamp="1764892800000"))], "Due 2025-12-05"),
        ([paragraph(node("date", timestamp="soon"))], "soon"),
        ([paragraph("Now ", node("status", text="IN PROGRESS", color="blue"))], "Now IN PROGRESS"),
        ([paragraph(node("inlineCard", url="https://a.example/x"))], "https://a.example/x"),
        (
            [paragraph(node("inlineCard", data={"url": "https://a.example", "name": "A"}))],
            "https://a.example A",
        ),
        ([paragraph(text("here", "https://a.example"))], "here (https://a.example)"),
        ([paragraph(text("https://a.example", "https://a.example"))], "https://a.example"),
        (
            [
                node(
                    "bulletList",
                    node("listItem", paragraph("one"), node("bulletList", node("listItem", "in"))),
                )
            ],
            "- one\n  - in",
        ),
        ([node("orderedList", node("listItem", "a"), node("listItem", "b"), order=4)], "4. a\n5. b"),
        ([node("taskList", node("taskItem", "a", state="DONE"), node("taskItem", "b"))], "[x] a\n[ ] b"),
        ([node("decisionList", node("decisionItem", "so"))], "- so"),
        ([node("blockquote", paragraph("said"), paragraph("again"))], "> said\n> again"),
        ([node("panel", paragraph("Mind"), panelType="info")], "Mind"),
        ([node("expand", paragraph("inside"), title="More")], "More\ninside"),
        ([node("codeBlock", "if x:\n    y", language="python")], "if x:\n    y"),
        (
            [
                node(
                    "table",
                    node("tableRow", node("tableHeader", paragraph("h")), node("tableCell", paragraph("c"))),
                )
            ],
            "h | c",
        ),
        ([paragraph("a"), node("rule"), paragraph("b")], "a\n\n---\n\nb"),
        ([node("mediaSingle", node("media", id="7", alt="A plan"))], "A plan"),
        ([node("neverHeardOf", paragraph("still here"), title="And this")], "And this\nstill here"),
        ([node("extension", text="a macro")], "a macro"),
    ],
)
def test_each_kind_of_node(content: list[Any], expected: str) -> None:
    assert adf_text({"type": "doc", "version": 1, "content": content}) == expected


@pytest.mark.parametrize(("document", "expected"), [(None, ""), ("h1. Wiki", "h1. Wiki"), ({}, ""), (7, "")])
def test_what_is_no_document(document: object, expected: str) -> None:
    assert adf_text(document) == expected


_KINDS = [
    "paragraph",
    "bulletList",
    "listItem",
    "table",
    "tableRow",
    "tableCell",
    "panel",
    "text",
    "x",
    None,
    7,
]
_WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
_LEAVES = st.builds(text, _WORD)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda kind, content: {"type": kind, "content": content},
        st.sampled_from(_KINDS),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "attrs", "marks", "timestamp", "order"]), inner
        )
    ),
    max_leaves=30,
)


@settings(max_examples=200)
@given(tree=_TREES)
def test_every_word_of_any_tree_stays_in_order(tree: dict[str, Any]) -> None:
    def words(each: dict[str, Any]) -> list[str]:
        return [
            *([each["text"]] if "text" in each else []),
            *(w for inner in each.get("content", []) for w in words(inner)),
        ]

    found = adf_text({"type": "doc", "content": [tree]})
    at = 0
    for word in words(tree):
        at = found.index(word, at) + len(word)


@settings(max_examples=200)
@given(document=_JSON)
def test_no_json_is_too_odd(document: object) -> None:
    assert isinstance(adf_text({"type": "doc", "content": document}), str)
    assert isinstance(adf_text(document), str)


def test_documents_deeper_than_python_recurses() -> None:
    deep: dict[str, Any] = paragraph("bottom")
    for number in range(5_000):
        deep = node("panel", f"word{number}", deep)
    found = adf_text({"type": "doc", "content": [deep]})
    assert "bottom" in found
    assert all(f"word{number}" in found for number in range(0, 5_000, 500))
