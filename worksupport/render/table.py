"""Text measured in terminal cells: wide characters take two, combining ones none."""

from collections.abc import Sequence

_OF_ONE_CELL = str.maketrans("├└│─▸…·", "||||>..")


def width(text: str) -> int:
    """How many cells `text` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    # The lines of a tree take a cell each: what is beside them often is plain.
    plain = text.translate(_OF_ONE_CELL)
    if plain.isascii() and plain.isprintable():
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
