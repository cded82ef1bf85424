"""Ages, durations and cells as people see them."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from worksupport.model.times import age_text, duration_text
from worksupport.render.table import aligned, cut, width

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (None, "never"),
        ("2026-01-02T12:00:00.000Z", "just now"),
        ("2026-01-02T12:30:00.000Z", "in the future"),
        ("2026-01-02T11:59:59.000Z", "1 second ago"),
        ("2026-01-02T11:00:01.000Z", "59 minutes ago"),
        ("2026-01-02T11:00:00.000Z", "1 hour ago"),
        ("2025-12-30T13:00:00.000Z", "2 days ago"),
    ],
)
def test_ages(moment: str | None, expected: str) -> None:
    assert age_text(moment, NOON) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, ""),
        (0.2, "0 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (7200, "2 h"),
        (7265, "2 h 1 min"),
        (-1, "0 s"),
    ],
)
def test_durations(seconds: float | None, expected: str) -> None:
    assert duration_text(seconds) == expected


@example("\x1f", 0)
@given(st.text(), st.integers(0, 30))
def test_cut_text_fits(text: str, cells: int) -> None:
    """Whatever it consists of; and text that fits stays as it is."""
    assert cell_len(cut(text, cells)) <= max(cells, 0)
    if cell_len(text) <= cells:
        assert cut(text, cells) == text


def test_each_character_takes_as_many_cells_as_the_library_says() -> None:
    wrong = [chr(code) for code in range(0x20, 0x3000) if width(chr(code)) != cell_len(chr(code))]
    assert wrong == []


def test_columns_count_cells_not_characters() -> None:
    assert aligned([["漢字", "a"], ["e\u0301", "b"], ["abcd", "c"]]) == "漢字  a\ne\u0301     b\nabcd  c\n"
