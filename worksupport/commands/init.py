"""`worksupport init`: write a commented starter configuration."""

import os
import shlex
from pathlib import Path

from worksupport import output
from worksupport.config.locate import CONFIG_NAME, user_config
from worksupport.config.starter import starter_text
from worksupport.context import Context
from worksupport.errors import ConfigurationError
from worksupport.store.disk import make_private_folder
from worksupport.text import visible


def init(context: Context, *, file: Path | None) -> None:
    """Write the starter, and print what to do next."""
    own = Path(user_config(context.environment))
    path = file or context.options.config or own
    if os.path.isdir(path):
        path = path / CONFIG_NAME
    _write_starter(path)
    option = "" if path == own else f" --config {shlex.quote(str(path))}"
    output.write(
        f"wrote {visible(str(path))}, which only you can read\n"
        "fill in your team and your tokens, then type:\n"
        f"  worksupport{visible(option)} harvest\n"
    )


def _write_starter(path: Path) -> None:
    """Create `path` (mode 0600, its folders too) with the starter text; what is there stays."""
    try:
        make_private_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigurationError(
            f"{error.filename} is there already; it stays as it is",
            "edit it, or name another file: worksupport init FILE",
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    _fill(path, descriptor, starter_text())


def _fill(path: Path, descriptor: int, text: str) -> None:
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
