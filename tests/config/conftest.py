"""Load a configuration from its text, with an environment that holds only what the test says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from worksupport.config.load import load_settings
from worksupport.config.settings import Settings
from worksupport.errors import ConfigurationError


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """Where `load` writes the configuration."""
    return tmp_path / "etc" / "team.properties"


@pytest.fixture
def load(config_file: Path, tmp_path: Path) -> Callable[..., Settings]:
    """load("jira.email=...", WORKSUPPORT_...="...") writes a file that only we can read, and loads it."""

    def load_text(text: str | bytes, **environment: str) -> Settings:
        config_file.parent.mkdir(exist_ok=True)
        config_file.write_bytes(text.encode() if isinstance(text, str) else text)
        config_file.chmod(0o600)
        return load_settings(config_file, None, {"HOME": str(tmp_path), **environment})

    return load_text


@pytest.fixture
def problems(load: Callable[..., Settings]) -> Callable[..., list[str]]:
    """As `load`, for a configuration that is refused: the problems, one text each."""

    def problems_of(text: str | bytes, *, with_warnings: bool = False, **environment: str) -> list[str]:
        with pytest.raises(ConfigurationError) as refused:
            load(text, **environment)
        assert refused.value.exit_code == 3
        assert refused.value.hint
        lines = [line.strip() for line in refused.value.message.split("\n")[1:]]
        return [line for line in lines if with_warnings or not line.startswith("warning: ")]

    return problems_of
