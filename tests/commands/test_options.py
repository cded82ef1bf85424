"""The table of commands and the bodies fit together: what Typer hands over is what the body takes."""

import inspect
from collections.abc import Callable
from importlib import import_module, resources

import pytest

from tests.conftest import Answer
from worksupport.commands.options import BY_NAME, COMMANDS, GUESSES, Command
from worksupport.context import Context


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_body_takes_what_its_row_says(command: Command) -> None:
    body = getattr(import_module(f"worksupport.commands.{command.name}"), command.name)
    parameters = list(inspect.signature(body).parameters.values())
    assert parameters[0].annotation is Context
    assert {parameter.kind for parameter in parameters[1:]} <= {inspect.Parameter.KEYWORD_ONLY}
    wanted = {*command.defaults, *(["filters"] if command.filters else [])}
    assert {parameter.name for parameter in parameters[1:]} == wanted


def test_every_command_has_its_help_and_every_help_its_command() -> None:
    texts = {
        file.name.removesuffix(".txt")
        for file in resources.files("worksupport.commands").joinpath("help").iterdir()
    }
    assert {text for text in texts if not text.startswith("topic-")} == {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    ("arguments", "said", "step"),
    [
        ("status", "no such command 'status'", "did you mean: worksupport summary"),
        ("ls", "no such command 'ls'", "did you mean: worksupport list"),
        ("tre", "no such command 'tre'", "did you mean: worksupport tree"),
        ("zzzz", "no such command 'zzzz'", "worksupport --help lists them"),
        ("keys --lable x", "no such option: --lable", "worksupport keys --help tells what there is"),
        ("tree --max-depth many", "invalid value for '--max-depth'", "worksupport tree --help tells"),
        ("show", "missing argument", "worksupport show --help tells what there is"),
    ],
)
def test_what_is_not_understood_is_told_in_one_form(
    run: Callable[..., Answer], arguments: str, said: str, step: str
) -> None:
    answer = run(*arguments.split())
    assert (answer.exit_code, answer.out) == (2, "")
    first, second = answer.err.splitlines()
    assert first.startswith(f"worksupport: {said}")
    assert second.startswith(f"  {step}")


def test_every_guess_is_answered_with_a_command_there_is() -> None:
    assert not GUESSES.keys() & BY_NAME.keys()
    assert {guess.split()[0] for guess in GUESSES.values()} <= BY_NAME.keys()
