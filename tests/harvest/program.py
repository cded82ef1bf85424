"""The real program in processes of its own, against a sandbox in this one."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Answer
from worksupport.sandbox.exchange import Answer as HTTPAnswer
from worksupport.sandbox.exchange import Request
from worksupport.sandbox.server import Sandbox

# Far more than a process may take; a test that waits so long has failed.
PATIENCE_SECONDS = 60


class Program:
    """`python -m worksupport` with one configuration and one database in `folder`."""

    def __init__(self, folder: Path, sandbox: Sandbox, more: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.sandbox = sandbox
        self.config = folder / "team.properties"
        self.config.write_text(sandbox.properties() + more, encoding="utf-8")
        self.config.chmod(0o600)
        self.database = folder / "worksupport.db"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command line under way."""
        command = [sys.executable, "-m", "worksupport", *arguments]
        environment = {**os.environ, "WORKSUPPORT_CONFIG": str(self.config)}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str) -> Answer:
        """A command line from beginning to end."""
        return ended(self.start(*arguments))

    def start_until_asked(self, *arguments: str) -> subprocess.Popen[str]:
        """A command line under way that has sent a search, and waits for its answer until `release`."""
        hold = Hold()
        self.sandbox.fault = hold
        process = self.start(*arguments)
        assert hold.reached.wait(PATIENCE_SECONDS), ended(process).err
        return process

    def release(self) -> None:
        """Let held searches, and those to come, have their answers."""
        hold, self.sandbox.fault = self.sandbox.fault, None
        assert isinstance(hold, Hold)
        hold.go_on.set()


class Hold:
    """A fault: searches wait for their answer."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, request: Request, answer: HTTPAnswer) -> HTTPAnswer:
        if "/search/" in request.path:
            self.reached.set()
            self.go_on.wait(PATIENCE_SECONDS)
        return answer


def ended(process: subprocess.Popen[str], timeout: float = PATIENCE_SECONDS) -> Answer:
    """What a process left, once it has ended; killed, and a failure, after `timeout` seconds."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Answer(process.returncode, out, err)


MakeProgram = Callable[..., Program]
