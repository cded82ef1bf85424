"""What commands work with, each thing built on first use: `--help` needs no configuration."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from worksupport.clock import Clock

if TYPE_CHECKING:
    from worksupport.config.settings import Settings


@dataclass(frozen=True)
class GlobalOptions:
    """The options that stand before or after any command; a later one beats an earlier one."""

    config: Path | None = None
    database: Path | None = None
    verbosity: int = 0  # -1 quiet, 1 info, 2 debug
    log_format: str = "text"


@dataclass
class Context:
    """One process's options, clock and environment, and what is made from them."""

    clock: Clock = field(default_factory=Clock)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    options: GlobalOptions = GlobalOptions()

    @cached_property
    def settings(self) -> "Settings":
        """The whole configuration, checked. Raises ConfigurationError listing all problems at once."""
        from worksupport.config.load import load_settings

        return load_settings(self.options.config, self.options.database, self.environment)

    @cached_property
    def database_path(self) -> Path:
        """Where the database is, for readers: needs no valid configuration.

        Raises ConfigurationError if nothing says where the database is.
        """
        from worksupport.config.locate import locate_database

        return Path(locate_database(self.options.config, self.options.database, self.environment))
