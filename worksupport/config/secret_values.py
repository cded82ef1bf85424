"""Secrets from the environment: in a variable, in a file that one names, or from a command that one names."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from worksupport.config.findings import Findings, Given
from worksupport.config.keys import variable

_COMMAND_SECONDS = 30


def secret_from_environment(key: str, environment: Mapping[str, str], findings: Findings) -> Given | None:
    """The secret `key` as the environment gives it; None if it does not, or after noting a problem.

    Reads the file of `..._FILE`; runs the command of `..._COMMAND` without a shell, for 30 seconds at most.
    """
    name = variable(key)
    readers = {name: lambda value: value, f"{name}_FILE": _from_file, f"{name}_COMMAND": _from_command}
    present = [candidate for candidate in readers if candidate in environment]
    if len(present) > 1:
        findings.problem(key, f"{' and '.join(present)} are set; keep one of them")
    if len(present) != 1:
        return None
    try:
        return Given(readers[present[0]](environment[present[0]]).strip(), variable=present[0])
    except ValueError as error:
        findings.problem(key, str(error), Given("", variable=present[0]))
        return None


# The messages below never repeat the variable's value: it may be the secret itself, put there by mistake.


def _from_file(name: str) -> str:
    try:
        return _filled(Path(name).read_text(encoding="utf-8"), "the file it names")
    except UnicodeDecodeError:
        raise ValueError("the file it names is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"the file it names cannot be read: {error.strerror}") from None


def _from_command(command: str) -> str:
    """What the command prints; its complaints are dropped, because they might repeat the secret."""
    try:
        done = subprocess.run(
            _words(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        output = done.stdout.decode("utf-8")
    except subprocess.TimeoutExpired:
        raise ValueError(f"the command was not done after {_COMMAND_SECONDS} seconds") from None
    except OSError as error:
        raise ValueError(f"the command cannot be run: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("what the command printed is not UTF-8 text") from None
    if done.returncode != 0:
        raise ValueError(f"the command failed (exit status {done.returncode}); run it by hand to see why")
    return _filled(output, "what the command printed")


def _filled(secret: str, what: str) -> str:
    """`secret` as it is, if it is one; only a variable itself may be empty, which means 'none'."""
    if not secret.strip():
        raise ValueError(f"{what} is empty")
    return secret


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        raise ValueError("expected a command; a quotation mark is not closed") from None
    if not words:
        raise ValueError("expected a command; it is empty")
    return words
