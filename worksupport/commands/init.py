"""`worksupport init`: the configuration, from answers on a terminal; else a commented starter."""

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from worksupport import output
from worksupport.config.dialogue import Answers, ask_all
from worksupport.config.keys import variable
from worksupport.config.locate import CONFIG_NAME, user_config
from worksupport.config.settings import GitHubSettings, Settings
from worksupport.config.starter import starter_text
from worksupport.context import Context
from worksupport.errors import ConfigurationError, ExitCode
from worksupport.render import terminal
from worksupport.store.disk import make_private_folder
from worksupport.text import visible


def init(context: Context, *, file: Path | None, no_input: bool) -> ExitCode:
    """Write the configuration that the answers make, or the starter, and print what to do next."""
    own = Path(user_config(context.environment))
    path = file or context.options.config or own
    if os.path.isdir(path):
        path = path / CONFIG_NAME
    is_asked = terminal.is_terminal() and terminal.is_terminal(sys.stdin) and not no_input
    if os.path.lexists(path):
        raise _is_there(path)
    answers = _asked(context) if is_asked else None
    _write(path, answers.text() if answers else starter_text())
    option = "" if path == own else f" --config {shlex.quote(str(path))}"
    output.write(f"wrote {visible(str(path))}, which only you can read\n")
    if answers is None:
        output.write(
            f"fill in your team and your tokens, then type:\n  worksupport{visible(option)} harvest\n"
        )
        return ExitCode.OK
    return _next(context, path, option, answers)


def _asked(context: Context) -> Answers:
    from worksupport.render.prompts import Prompts  # only now: they draw
    from worksupport.sources import survey
    from worksupport.sources.registry import REGISTRY

    defaults = Settings.timeout_seconds, Settings.max_wait_seconds
    options = {"clock": context.clock, "timeout_seconds": defaults[0], "max_wait_seconds": defaults[1]}
    jira, github = (registered.connect for registered in REGISTRY)
    base_url = context.environment.get(variable("github.base_url"), GitHubSettings.base_url)
    answers = ask_all(Prompts(), survey.to_jira(jira, options), survey.to_github(github, options, base_url))
    if "github.issue_label" in answers.entries and base_url != GitHubSettings.base_url:
        answers.entries["github.base_url"] = base_url
    return answers


def _next(context: Context, path: Path, option: str, answers: Answers) -> ExitCode:
    """What is still to be set; else the first harvest, if it is wanted now."""
    for name, command in answers.variables.items():
        output.write(f"also set, where it runs:\n  export {name}={shlex.quote(visible(command))}\n")
    if not answers.variables and _is_wanted("Harvest now?"):
        from worksupport.commands.harvest import harvest

        now = Context(context.clock, context.environment, replace(context.options, config=path))
        return harvest(now, source=(), quick=False, dry_run=False, exit_code=False, wait=0.0, as_json=False)
    output.write(f"then type:\n  worksupport{visible(option)} harvest\n")
    return ExitCode.OK


def _is_wanted(question: str) -> bool:
    from worksupport.render.prompts import Prompts

    return not Prompts().text(f"{question} [Y/n]").casefold().startswith("n")


def _write(path: Path, text: str) -> None:
    """Create `path` (mode 0600, its folders too) with this text; what is there stays."""
    try:
        make_private_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    _fill(path, descriptor, text)


def _is_there(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is there already; it stays as it is", "edit it, or name another file: worksupport init FILE"
    )


def _fill(path: Path, descriptor: int, text: str) -> None:
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
