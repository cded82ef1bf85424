"""CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

from worksupport.text import visible


def csv_text(names: Sequence[str], rows: Iterable[Sequence[object]], *, is_shown: bool) -> str:
    """RFC 4180 with a head, every value as stored; lists are joined by commas, null is empty.

    `is_shown`: it goes to a terminal, on which no text of strangers may act.
    """
    shown = visible if is_shown else str
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([shown(raw_text(value)) for value in row] for row in rows)
    return text.getvalue()


def raw_text(value: object) -> str:
    """A value of an answer as text."""
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
