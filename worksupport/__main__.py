"""`python -m worksupport` and the `worksupport` command."""

import gc
import sys

from worksupport import cli

# A command makes many objects and hardly a cycle: the usual looking for them costs a tenth of its time.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, 50, 100)
    sys.exit(cli.main())


if __name__ == "__main__":
    run()
