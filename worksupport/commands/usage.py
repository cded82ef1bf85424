"""The pages of `--help`, made from the tables of commands, options and filters; they load nothing else.

Plain text without boxes, within the 24 lines and 80 columns of a terminal; what has no room stands in
`worksupport help TOPIC`.
"""

import os
from collections.abc import Iterable, Iterator
from textwrap import fill

from worksupport.commands.options import (
    BY_NAME,
    COMMANDS,
    GLOBAL,
    SUMMED_UP,
    TOPICS,
    Command,
    Option,
)
from worksupport.output import write

_FLAGS = ("-h", "--help")
_CELLS, MOST_LINES = 79, 24
# Need no words beside --format.
_SAID_BY_NAME = ("no_pager", "wide", "as_json", "ndjson")
_INTRODUCTION = """\
Usage: worksupport [OPTIONS] COMMAND

A team's Jira and GitHub issues in one SQLite file: who has what, what is stuck,
what changed. Try it without an account: worksupport demo
"""


def explained(arguments: list[str]) -> bool:
    """Print the page that these arguments ask for; False, with nothing printed, if they ask for none."""
    command: Command | None = None
    words = iter(arguments)
    for word in words:
        if word in _FLAGS:
            write(page(command) if command else overview())
            return True
        option = _option(word, command)
        if option is not None:
            if option.holds not in ("flag", "count") and "=" not in word:
                next(words, None)  # its value, whatever it looks like
        elif word == "--" or (command is None and not word.startswith("-") and word not in BY_NAME):
            return False
        command = command or BY_NAME.get(word)
    return False


def _option(word: str, command: Command | None) -> Option | None:
    options = (*GLOBAL, *(command.options if command else ()))
    return next((option for option in options if word.partition("=")[0] in option.flags), None)


def overview() -> str:
    """All commands under their headings, a line each."""
    headings = dict.fromkeys(command.heading for command in COMMANDS)
    parts = [_INTRODUCTION]
    for heading in headings:
        names = [command.name for command in COMMANDS if command.heading == heading]
        # Those who set it up have read about it already.
        lines = [f"{name:<12}{_sentence(name)}" for name in names]
        if heading in SUMMED_UP:
            lines = [", ".join(names)]
        parts.append("\n".join([heading, *(f"  {line}" for line in lines), ""]))
    topics = f"worksupport COMMAND --help · worksupport help: {', '.join(TOPICS)}"
    parts.append(f"Options\n{_packed((*GLOBAL, _VERSION, _HELP))}\n")
    return "\n".join([*parts, fill(topics, _CELLS, break_on_hyphens=False), ""])


def page(command: Command) -> str:
    """One command: what it does, examples, what it takes."""
    whole = _page(command, are_filters_told=True)
    return whole if whole.count("\n") <= MOST_LINES else _page(command, are_filters_told=False)


def _page(command: Command, *, are_filters_told: bool) -> str:
    arguments = [option.metavar for option in command.options if not option.flags]
    text, _, examples = help_text(command.name).partition("\n\nExamples:\n")
    usage = " ".join(["Usage: worksupport", command.name, "[OPTIONS]", *arguments])
    parts = [usage, "\n\n".join(fill(part, _CELLS) for part in text.split("\n\n")), examples.rstrip()]
    if command.filters:
        parts.append(_filters(command, are_told=are_filters_told))
    if own := command.own:
        forms = (
            [option for option in own if option.name in _SAID_BY_NAME]
            if any(option.name == "format" for option in own)
            else []
        )
        told = [option for option in own if option not in forms]
        parts.append("\n".join(["Options", *_told(told), *([_packed(forms)] if forms else [])]))
    shortest = (" ".join(filter(None, (option.flags[0], option.metavar))) for option in (*GLOBAL, _HELP))
    return "\n\n".join([*parts, "  ".join(["Global", *shortest])]) + "\n"


def help_text(name: str) -> str:
    """What the command's file says: a sentence, perhaps more, and examples."""
    with open(os.path.join(os.path.dirname(__file__), "help", f"{name}.txt"), encoding="utf-8") as file:
        return file.read()


def _sentence(name: str) -> str:
    """The first sentence of a command's text, as it stands behind its name."""
    sentence = help_text(name).partition(".\n")[0].replace("\n", " ")
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _filters(command: Command, *, are_told: bool) -> str:
    names = {row.name for row in command.filters}
    filters = [option for option in command.options if option.name in names]
    daily = [option for option in filters if len(option.flags[0]) == 2] if are_told else []
    others = [option for option in filters if option not in daily]
    head = "Filters (worksupport help filters; different ones: and, one repeated: or)"
    return "\n".join([head, *_told(daily), _packed(others)])


def _told(options: Iterable[Option]) -> Iterator[str]:
    """A line for each, with what it is for."""
    named = [(_called(option, ", "), option.help) for option in options]
    cells = max((len(name) for name, _ in named if len(name) < 28), default=0)
    return (
        fill(f"  {name:<{cells}}  {text}", _CELLS, subsequent_indent=" " * (cells + 4), drop_whitespace=True)
        for name, text in named
    )


def _packed(options: Iterable[Option]) -> str:
    """Only what they are called, as many a line as there is room for."""
    names = [_called(option, "/").replace(" ", "\N{NO-BREAK SPACE}") for option in options]
    indent = "  "
    text = fill(" \N{NO-BREAK SPACE}".join(names), _CELLS, initial_indent=indent, subsequent_indent=indent)
    lines = (line.replace("\N{NO-BREAK SPACE}", " ").strip() for line in text.splitlines())
    return "\n".join(indent + line for line in lines)


def _called(option: Option, between: str) -> str:
    return " ".join(part for part in (between.join(option.flags), option.metavar) if part)


_VERSION = Option("version", ("-V", "--version"), "Print the version.", holds="flag")
_HELP = Option("help", _FLAGS, "This page.", holds="flag")
