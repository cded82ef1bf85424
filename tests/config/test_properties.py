"""Keys, values and line numbers against jproperties' own reading and writing of whole files."""

import io
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jproperties import Properties

from worksupport.config import properties
from worksupport.errors import ConfigurationError

_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_texts = st.text(_characters, max_size=20)
_pieces = st.sampled_from([*"ab =:\\#!\t\f\r\né", "\\u00e9"])
_written_badly = st.lists(_pieces, max_size=60).map("".join)
_fillers = st.sampled_from(
    ["", "   ", "\t\f", "# a note", "  ! jira.email=no", "#: meta=data", "#:", "# no \\"]
)


def _read(data: bytes) -> properties.Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.properties")
        path.write_bytes(data)
        return properties.read(path)


@given(st.dictionaries(_texts, _texts))
def test_what_a_properties_writer_writes_is_read_back(pairs: dict[str, str]) -> None:
    written = Properties()
    for key, value in pairs.items():
        written[key] = value
    stream = io.BytesIO()
    written.store(stream, encoding="utf-8", strict=False)
    document = _read(stream.getvalue())
    assert {key: entry.value for key, entry in document.entries.items()} == pairs
    assert document.faults == []


@given(_written_badly)
def test_any_text_means_what_jproperties_makes_of_the_whole_of_it(text: str) -> None:
    """Except that `#:` begins a comment as in Java, and no metadata."""
    assume(not re.search("[#!]:", text))
    whole = Properties()
    whole.load(text)
    document = _read(text.encode())
    assert document.faults == []
    assert document.entries.keys() == whole.properties.keys()
    once = {key: entry.value for key, entry in document.entries.items() if len(entry.lines) == 1}
    assert once == {key: whole.properties[key] for key in once}


@given(
    st.lists(st.tuples(st.lists(_fillers, max_size=3), st.integers(1, 3)), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_a_key_has_the_line_it_stands_on(
    blocks: list[tuple[list[str], int]], line_end: str, with_mark: bool
) -> None:
    lines: list[str] = []
    expected = {}
    for number, (fillers, length) in enumerate(blocks):
        lines += fillers
        expected[f"key.{number}"] = (len(lines) + 1,)
        lines += [f"key.{number} = a\\", *["  b\\"] * (length - 1), "  # end"]
    data = line_end.join(lines).encode("utf-8-sig" if with_mark else "utf-8")
    assert {key: entry.lines for key, entry in _read(data).entries.items()} == expected


def test_a_byte_order_mark_is_dropped() -> None:
    assert list(_read(b"\xef\xbb\xbfjira.email=a").entries) == ["jira.email"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_wrong_bytes_are_told_with_their_line(line_end: bytes) -> None:
    assert _read(line_end.join([b"a=1", b"b=2", b"c=M\xfcller", b"d=4"])).faults == [
        (3, "not UTF-8 text: save the file as UTF-8")
    ]


@pytest.mark.parametrize("escape", ["\\u12", "\\u12zz", "\\ud800", "\\ud800x", "\\udc00"])
def test_each_wrong_escape_is_told_with_its_line_and_without_the_value(escape: str) -> None:
    document = _read(f"a=1\nb=secret{escape}\nc=3\nd=secret{escape}".encode())
    assert [line for line, _ in document.faults] == [2, 4]
    assert "secret" not in str(document.faults)
    assert list(document.entries) == ["a", "c"]


def test_a_nul_character_is_a_fault() -> None:
    assert _read(b"database.path=a\\u0000b").faults == [
        (1, "database.path: a NUL character, which no value can hold")
    ]


def test_a_reader_of_one_key_finds_it_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.properties"
    path.write_text("a=1\ndatabase\\u002epath=here\n")
    assert (
        properties.parse(path.read_bytes(), path, mentioning="database.path").entries["database.path"].value
        == "here"
    )


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory"):
        properties.read(tmp_path / "nothing")
