"""Whether other accounts of the machine can read the tokens in a configuration file."""

import os
from pathlib import Path

from worksupport.config import keys
from worksupport.config.properties import Document


def holds_secret(document: Document) -> bool:
    """Whether the file itself has a token or another secret in it, the example's placeholders aside."""
    values = [document.entries[key].value.strip() for key in keys.SECRETS if key in document.entries]
    return any(value and not keys.is_placeholder(value) for value in values)


def exposure_warning(path: Path) -> str:
    """The warning about a file with a secret in it that others can read."""
    return f"{path} holds a token and other accounts can read it; chmod 600 {path}"


def is_exposed(path: Path, document: Document) -> bool:
    """Whether other accounts can read a secret in it."""
    return bool(os.stat(path).st_mode & 0o044) and holds_secret(document)
