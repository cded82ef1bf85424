"""`python -m worksupport` and the `worksupport` command."""

import sys

from worksupport import cli


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(cli.main())


if __name__ == "__main__":
    run()
