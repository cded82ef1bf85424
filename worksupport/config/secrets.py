"""Secrets: from a variable, a file that one names, or a command that one names; and who can read the file."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from worksupport.config import keys
from worksupport.config.properties import Document

_COMMAND_SECONDS = 30


def secret_variable(key: str, environment: Mapping[str, str]) -> str | None:
    """The variable that gives the secret `key`; None if none does. Raises ValueError if several do."""
    names = [keys.variable(key) + ending for ending in ("", *keys.SECRET_ENDINGS)]
    present = [name for name in names if name in environment]
    if len(present) > 1:
        raise ValueError(f"{' and '.join(present)} are set; keep one of them")
    return present[0] if present else None


def read_secret(variable: str, value: str) -> str:
    """The secret that the variable's value is or leads to.

    Reads the file of `..._FILE`; runs the command of `..._COMMAND` without a shell, for 30 seconds at most.
    Raises ValueError saying what went wrong.
    """
    if variable.endswith("_FILE"):
        return _from_file(value)
    if variable.endswith("_COMMAND"):
        return _from_command(value)
    return value


# The messages below never repeat the variable's value: it may be the secret itself, put there by mistake.


def _from_file(name: str) -> str:
    try:
        return _filled(Path(os.path.expanduser(name)).read_text("utf-8-sig"), "the file it names")
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


def holds_secret(document: Document) -> bool:
    """Whether the file itself has a token or another secret in it, the example's placeholders aside."""
    secrets = [key.name for key in keys.KEYS if key.is_secret and key.name in document.entries]
    values = [document.entries[name].value.strip() for name in secrets]
    return any(value and not keys.is_placeholder(value) for value in values)


def exposure_warning(path: Path) -> str:
    """The warning about a file with a secret in it that others can read."""
    return f"{path} holds a token and other accounts can read it; chmod 600 {path}"


def is_exposed(path: Path, document: Document) -> bool:
    """Whether other accounts can read a secret in it."""
    return bool(os.stat(path).st_mode & 0o044) and holds_secret(document)
