"""Answers on stdout, in one form for every door."""

import json
import os
import sys
from typing import Any


def json_text(document: Any) -> str:
    """`document` as the command line prints it and `serve` sends it: compact ASCII and a newline."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n"


def write(text: str) -> None:
    """Print an answer; a reader that closed the pipe (`| head`) is not an error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit, which would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
