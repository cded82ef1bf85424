"""Long answers through a pager, as git does it: only on a terminal, and only when longer than the screen."""

import re
import signal
import subprocess
import sys
from collections.abc import Mapping

from worksupport import output

# As git sets it: end at once if all fits, let colours through, leave the screen as it is.
_LESS = "FRX"
_FIRST_WITH_LINKS = 581
_LINK = re.compile("\x1b\\]8;[^\x1b]*\x1b\\\\")


def show(text: str, environment: Mapping[str, str], screen_lines: int) -> None:
    """Print `text` for people; through a pager if it is longer than the screen and one is wanted.

    WORKSUPPORT_PAGER beats PAGER beats `less`; empty or `cat` is none, as is a dumb terminal. A pager that
    cannot be started is no error, nor is how it ends.
    """
    pager = _pager(environment)
    if not pager or text.count("\n") < screen_lines or not _page(pager, text, environment):
        output.write(text)


def _pager(environment: Mapping[str, str]) -> str:
    if environment.get("TERM", "dumb") == "dumb":
        return ""
    command = environment.get("WORKSUPPORT_PAGER", environment.get("PAGER", "less")).strip()
    return "" if command == "cat" else command


def _shows_links(command: str) -> bool:
    """Only a less of 581 or newer lets addresses behind texts through; others show their codes."""
    if command.split()[0].rpartition("/")[2] != "less":
        return False
    try:
        said = subprocess.run(["less", "--version"], capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.match(r"less (\d+)", said)
    return version is not None and int(version[1]) >= _FIRST_WITH_LINKS


def _page(command: str, text: str, environment: Mapping[str, str]) -> bool:
    """Whether the pager showed it: not if the shell did not find it."""
    # Colours pass, whatever else somebody wants of less; what follows `-P` or `+` would be part of it.
    less = f"-R {environment['LESS']}".replace("-+R", "").strip() if "LESS" in environment else _LESS
    if not _shows_links(command):
        text = _LINK.sub("", text)
    paging = subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.PIPE, env={**environment, "LESS": less}
    )
    # Ctrl-C is meant for the pager, which decides what to do about it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        paging.communicate(text.encode(sys.stdout.encoding, output.MARKS))
    finally:
        signal.signal(signal.SIGINT, before)
    return paging.returncode not in (126, 127)
