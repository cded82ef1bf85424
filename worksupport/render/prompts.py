"""Questions on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.prompt import Prompt

from worksupport.text import visible


class Prompts:
    """Asks on stderr, so that stdout has nothing but the answer of the command."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, markup=False, highlight=False, emoji=False)

    def text(self, question: str, default: str = "") -> str:
        """One line; Enter gives the default."""
        hint = f" [{visible(default)}]" if default else ""
        return (self._ask(f"{visible(question)}{hint}") or default).strip()

    def secret(self, question: str) -> str:
        """One line that is not shown."""
        return self._ask(visible(question), password=True)

    def choose(self, question: str, choices: Sequence[str]) -> list[int]:
        """The places of those whose numbers are given, as `1 3-5`; all for Enter."""
        for number, choice in enumerate(choices, 1):
            self._console.print(f"  {number:>2}  {visible(choice)}")
        while True:
            given = self._ask(f"{visible(question)}, by number, as 1 3-5 (Enter: all)")
            chosen = _numbers(given, len(choices))
            if chosen:
                return chosen
            self._console.print(f"  {visible(given)!r} is no number from 1 to {len(choices)}")

    def tell(self, sentence: str) -> None:
        """Say something."""
        self._console.print("\n".join(map(visible, sentence.split("\n"))))

    def _ask(self, question: str, *, password: bool = False) -> str:
        from rich.text import Text

        return Prompt.ask(
            Text(question), console=self._console, password=password, default="", show_default=False
        )


def _numbers(given: str, count: int) -> list[int]:
    """The places that are named; none for what cannot be read."""
    if not given.strip():
        return list(range(count))
    places: list[int] = []
    for part in given.replace(",", " ").split():
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            return []
        places += range(int(first) - 1, int(last or first))
    return list(dict.fromkeys(places)) if all(0 <= place < count for place in places) else []
