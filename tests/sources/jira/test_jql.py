"""JQL text: values survive quoting, whatever they are; queries have their order and their parentheses."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worksupport.sources.jira import jql

_LITERAL = re.compile(r'"((?:\\["\\nrt]|[^"\\\n\r\t])*)"')
_READ = {"\\\\": "\\", '\\"': '"', "\\n": "\n", "\\r": "\r", "\\t": "\t"}


def read(literal: str) -> str:
    """The value of one JQL string literal that uses no other escape than ours."""
    match = _LITERAL.fullmatch(literal)
    assert match, f"not one literal: {literal!r}"
    return re.sub(r"\\.", lambda escape: _READ[escape[0]], match[1])


@given(st.text())
@example('"')
@example("\\")
@example('\\" OR key != "x')
@example("a\nb\rc\td")
@example("EMPTY")
@example("héllo ☃ \u202e𝄞")
def test_a_quoted_value_reads_back_as_itself(value: str) -> None:
    """Only legal escapes are written and nothing leaves the quotes."""
    assert read(jql.quote(value)) == value


@given(st.lists(st.text(), min_size=1))
def test_a_list_keeps_its_values_apart(values: list[str]) -> None:
    """As many literals as values, in their order."""
    inside = jql.in_list(values).removeprefix("(").removesuffix(")")
    assert [read(f'"{found}"') for found in _LITERAL.findall(inside)] == values


@pytest.mark.parametrize("word", ["DO", "IT", "for", "EMPTY", "order", "and", "first"])
def test_reserved_words_stand_in_quotes(word: str) -> None:
    """Bare, they are answered 400: they bite project keys and labels."""
    assert jql.label_query(word, ["id"]) == f'labels = "{word}" AND assignee IN ("id") ORDER BY key ASC'


def test_the_default_roots_are_the_documents_with_the_ids_found() -> None:
    assert jql.root_query(["10004", "10777"]) == (
        'project IN ("IAIPORT", "AIPRDV", "AIMP", "IACU") AND type IN (10004, 10777)'
        ' AND labels = "SE_product_family" ORDER BY key ASC'
    )


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        ("project = A", "project = A ORDER BY key ASC"),
        ("project = A or labels = b  order  BY updated", "project = A or labels = b ORDER BY key ASC"),
        ('summary ~ "order by me"', 'summary ~ "order by me" ORDER BY key ASC'),
        ("summary ~ 'it\\'s order by' ORDER BY x", "summary ~ 'it\\'s order by' ORDER BY key ASC"),
        (r'labels = "a\" order by b" order by c', r'labels = "a\" order by b" ORDER BY key ASC'),
    ],
)
def test_an_own_root_query_gets_our_order(own: str, sent: str) -> None:
    """Its own order gives way; the words inside a quoted value are no order."""
    assert jql.root_query([], own) == sent


def test_children_of_a_batch_of_parents() -> None:
    assert jql.children_jql(["IT-1", "DO-2"], ["10000", "11140"]) == (
        'parent IN ("IT-1", "DO-2") AND type IN (10000, 11140) ORDER BY key ASC'
    )


def test_several_parent_fields_stand_in_parentheses() -> None:
    """A bare OR would let the types escape."""
    query = jql.children_jql(["A-1"], ["7"], ["parent", '"Epic Link"'])
    assert query == '(parent IN ("A-1") OR "Epic Link" IN ("A-1")) AND type IN (7) ORDER BY key ASC'


def test_a_type_id_that_is_no_number_is_quoted() -> None:
    assert 'type IN (10, "1) OR (1", "٣")' in jql.children_jql(["A-1"], ["10", "1) OR (1", "٣"])


def test_a_person_is_quoted_too() -> None:
    assert jql.assignee_query('a"b@example.com') == 'assignee = "a\\"b@example.com" ORDER BY key ASC'


def test_without_types_children_may_be_of_any() -> None:
    """That is how a walk finds out whether the parent is refused or the type."""
    assert jql.children_jql(["A-1"], []) == 'parent IN ("A-1") ORDER BY key ASC'
