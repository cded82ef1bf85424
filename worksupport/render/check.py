"""What `check` found, as people read it."""

from typing import TYPE_CHECKING, Any

from worksupport.errors import ExitCode
from worksupport.render.table import padded, width
from worksupport.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"ok": "green", "note": "yellow", "failed": "bold red"}
_MARKS = {"ok": "✔", "note": "!", "failed": "✘"}
_FIX = "→"


def plain_checks(document: dict[str, Any], code: ExitCode) -> str:
    """The check document as aligned lines for pipes: mark, name, detail, then the fix; the verdict last."""
    rows = _rows(document)
    name_cells = max((width(name) for _, name, _ in rows), default=0)
    lines = [f"{mark:<6}  {padded(name, name_cells)}  {text}".rstrip() for mark, name, text in rows]
    return "".join(f"{line}\n" for line in [*lines, "", _verdict(document, code)])


def draw_checks(document: dict[str, Any], code: ExitCode, console: "Console") -> None:
    """Draw the check document on a terminal, long details folded within their column."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for no_wrap in (True, True, False):
        table.add_column(no_wrap=no_wrap, overflow="fold")
    for mark, name, text in _rows(document):
        shown = f"{_MARKS[mark]} {mark}" if mark else ""
        style = "cyan" if text.startswith(_FIX) else ""
        table.add_row(Text(shown, _STYLES.get(mark, "")), Text(name, "bold"), Text(text, style))
    console.print(table)
    console.print()
    console.print(Text(_verdict(document, code), "bold" if document["ok"] else "bold red"))


def _verdict(document: dict[str, Any], code: ExitCode) -> str:
    checks = document["checks"]
    if document["ok"]:
        noted = sum(bool(check["fix"]) for check in checks)
        return f"fit to run: {len(checks)} checks" + (f", {noted} worth a look" if noted else "")
    failed = sum(not check["ok"] for check in checks)
    return f"{failed} of {len(checks)} checks failed; exit code {int(code)}: {code.meaning}"


def _rows(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for check in document["checks"]:
        mark = "failed" if not check["ok"] else "note" if check["fix"] else "ok"
        first, *rest = [visible(line).strip() for line in check["detail"].split("\n")]
        rows.append((mark, check["name"], first))
        rows += [("", "", line) for line in rest]
        if check["fix"]:
            rows.append(("", "", f"{_FIX} {visible(check['fix'])}"))
    return rows
