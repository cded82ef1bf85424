"""Text measured in terminal cells: wide characters take two, combining ones none."""

from collections.abc import Sequence

# Latin, Greek and Cyrillic letters, the lines of a tree, and the ellipsis: to measure them needs no library.
_RANGES = ((0x20, 0x7F), (0xA0, 0xAD), (0xAE, 0x300), (0x370, 0x483), (0x2026, 0x2027), (0x2500, 0x25FD))
_OF_ONE_CELL = frozenset(chr(number) for first, end in _RANGES for number in range(first, end))


def width(text: str) -> int:
    """How many cells `text` takes."""
    if (text.isascii() and text.isprintable()) or _OF_ONE_CELL.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, cells: int) -> str:
    """`text` with blanks up to this width; longer text stays whole."""
    return text + " " * (cells - width(text))


def cut(text: str, cells: int) -> str:
    """`text` in at most this many cells, with an ellipsis where something is cut off."""
    if width(text) <= cells:
        return text
    if cells <= 1:
        return "…"[:cells]
    from rich.cells import set_cell_size

    return set_cell_size(text, cells - 1).rstrip() + "…"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as lines of columns, two blanks between them, nothing cut."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(padded, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)
