"""`database.path` for readers is what the whole configuration's parser reads."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worksupport.config import properties
from worksupport.config.locate import database_key
from worksupport.errors import ConfigurationError

_PARTS = st.sampled_from(
    [
        *("database.path", "database.pathology", "x", "/data/ü.db", "=", ":", "#", "!", "\\", "\\u0064"),
        *(" ", "\t", "\f", "\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\ufeff", "\0"),
    ]
)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "team.properties"
    path.write_bytes(content)
    return path


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(_PARTS, max_size=12).map("".join) | _TEXT.map(lambda text: f"database.path{text}"))
@example("database.path = a\ndatabase.path = b\n")
@example("database.path")
@example("database.path = : x")
@example("\ufeffdatabase.path = x")
@example("\fdatabase.path\f=\fx\f")
@example("database.path = x\0y\ndatabase.path = z")
@example("# database.path = x\ndatabase.path:y ")
@example("x = 1\\\ndatabase.path = no\ndatabase.path = yes")
def test_the_value_is_the_parser_s(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = _file(Path(folder), text.encode())

        def parsed() -> str:
            entry = properties.read(path).entries.get("database.path")
            return entry.value if entry else ""

        assert _outcome(lambda: database_key(str(path))) == _outcome(parsed)


def _outcome(read: Callable[[], str]) -> str:
    """The value, or why there is none."""
    try:
        return read()
    except ConfigurationError as error:
        return error.message


def test_wrong_bytes_elsewhere_do_not_matter(tmp_path: Path) -> None:
    assert database_key(str(_file(tmp_path, b"x = M\xfcller\ndatabase.path = y"))) == "y"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        database_key(str(tmp_path))
