"""The command line: the one door through which arguments come in and errors leave.

Every start loads this: it imports little.
"""

import gc
import io
import os
import sys

from worksupport import fast, output
from worksupport.errors import ConfigurationError, ExitCode, WorksupportError, no_resources

TYPE_CHECKING = False  # see queries/reader.py
if TYPE_CHECKING:
    from worksupport.clock import Clock


_ASKS_FOR_HELP = frozenset({"-h", "--help"})


def main(arguments: list[str] | None = None, clock: "Clock | None" = None) -> int:
    """Run one command line (default: this process's) and return its exit code.

    Every fault of a person, a service or a file ends here as one sentence on stderr; a bug keeps its
    traceback.
    """
    if sys.stderr is None:  # closed; print would take stdout in its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    _let_every_text_out()
    if arguments is None:
        arguments = sys.argv[1:]
        # Of a program that answers and ends, nothing needs to be collected: looking for it takes a fifth of
        # the time of a large answer. What goes on for longer turns it on again.
        gc.disable()
    try:
        if fast.answered(arguments, os.environ, clock) or _explained(arguments):
            return ExitCode.OK
        return _run(arguments, clock)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except WorksupportError as error:
        return _show(error)
    except (MemoryError, RuntimeError) as error:
        if exhausted := no_resources(error):
            return _show(exhausted)
        raise
    except FileNotFoundError:
        if not _is_folder_gone():
            raise
        return _show(ConfigurationError("the current folder has been deleted", "change to another: cd"))


def _explained(arguments: list[str]) -> bool:
    if _ASKS_FOR_HELP.isdisjoint(arguments):
        return False
    from worksupport.commands.usage import explained

    return explained(arguments)


def _is_folder_gone() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _run(arguments: list[str], clock: "Clock | None") -> int:
    from worksupport.clock import Clock
    from worksupport.commands import application
    from worksupport.context import Context

    context = Context(clock or Clock())
    try:
        return application.run(arguments, context)
    except WorksupportError as error:
        return _show(error, context.options.log_format)


def _let_every_text_out() -> None:
    """A terminal that is not UTF-8 gets plain marks and escapes for what it cannot show, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=output.MARKS)


def _show(error: WorksupportError, log_format: str = "text") -> int:
    if log_format == "json":
        from worksupport.log import tell_end

        tell_end(error)
        return error.exit_code
    from worksupport.text import visible

    lines = [f"worksupport: {error.message}", *([f"  {error.hint}"] if error.hint else [])]
    for line in lines:
        print("\n".join(visible(part) for part in line.split("\n")), file=sys.stderr)
    return error.exit_code
