"""What is wrong with a configuration, gathered first and told all at once."""

from dataclasses import dataclass, field
from pathlib import Path

from worksupport.errors import ConfigurationError

_AFTER_ALL_LINES = 1 << 30


@dataclass(frozen=True)
class Given:
    """One key's value as somebody gave it, and where it stands: a line of the file or a variable's name."""

    text: str = field(repr=False)
    line: int | None = None
    variable: str | None = None

    @property
    def place(self) -> str:
        """Where to look, for a message: `line 4` or the variable's name."""
        return self.variable or f"line {self.line}"


@dataclass
class Findings:
    """Problems (each refuses the configuration), warnings and notes for the log; never a secret in any."""

    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)  # the keys that have a problem
    _problems: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, key: str, text: str, given: Given | None = None) -> None:
        """Note a problem with `key`, which stands at `given` (None: nowhere)."""
        place = f" ({given.place})" if given else ""
        self.problem_at((given.line if given else None), f"{key}{place}: {text}")
        self.keys.add(key)

    def problem_at(self, line: int | None, text: str) -> None:
        """Note a problem that has a line at most; `text` is shown as it is."""
        self._problems.append((line or _AFTER_ALL_LINES, text))

    def raise_problems(self, path: Path) -> None:
        """Raise one ConfigurationError with a line for each problem, in the file's order, if there is any."""
        if not self._problems:
            return
        ordered = [text for _, text in sorted(self._problems, key=lambda problem: problem[0])]
        count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
        lines = [f"the configuration {path} has {count}:", *(f"  {text}" for text in ordered)]
        raise ConfigurationError("\n".join(lines), "correct this, then type the same command again")
