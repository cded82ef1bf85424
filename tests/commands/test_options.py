"""The table of commands and the bodies fit together: what Typer hands over is what the body takes."""

import inspect
from importlib import import_module, resources

import pytest

from worksupport.commands.options import COMMANDS, Command
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
