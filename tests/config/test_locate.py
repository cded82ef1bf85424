"""Where the configuration and the database are found, and which places are passed over."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from worksupport.config.load import load_settings
from worksupport.config.locate import find_config, locate_config, locate_database
from worksupport.errors import ConfigurationError

_GOOD = "jira.base_url=https://jira.example\njira.api_token=t\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing but a home folder."""
    return {"HOME": str(tmp_path / "home")}


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """./config/team_members.properties, trustworthy."""
    return _written(tmp_path / "config" / "team_members.properties", _GOOD)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The file in the user's configuration folder."""
    return _written(tmp_path / "home/.config/worksupport/team_members.properties", _GOOD)


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_config_comes_from_option_variable_local_folder_own_folder_in_this_order(
    tmp_path: Path, environment: dict[str, str], local: Path, own: Path
) -> None:
    option, variable = _written(tmp_path / "a", ""), _written(tmp_path / "b", "")
    named = {**environment, "WORKSUPPORT_CONFIG": str(variable)}
    assert locate_config(option, named) == str(option)
    assert locate_config(None, named) == str(variable)
    assert locate_config(None, environment) == str(local)
    local.unlink()
    assert locate_config(None, environment) == str(own)


def test_an_absolute_xdg_folder_is_used_and_a_relative_one_is_ignored(
    tmp_path: Path, environment: dict[str, str], own: Path
) -> None:
    moved = _written(tmp_path / "xdg/worksupport/team_members.properties", _GOOD)
    assert locate_config(None, {**environment, "XDG_CONFIG_HOME": str(tmp_path / "xdg")}) == str(moved)
    assert locate_config(None, {**environment, "XDG_CONFIG_HOME": "xdg"}) == str(own)


def test_no_config_names_the_places_and_the_next_command(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as missing:
        locate_config(None, environment)
    assert missing.value.message == (
        "no configuration file; looked at ./config/team_members.properties and "
        f"{tmp_path}/home/.config/worksupport/team_members.properties"
    )
    assert "worksupport init" in missing.value.hint
    assert "worksupport demo" in missing.value.hint


def test_a_named_config_that_is_not_there_is_refused_by_writers_and_readers(
    tmp_path: Path, environment: dict[str, str], own: Path
) -> None:
    for find in (locate_config, lambda config, variables: locate_database(config, None, variables)):
        with pytest.raises(ConfigurationError, match=r"no configuration file at .*gone \(--config\)"):
            find(tmp_path / "gone", environment)
        with pytest.raises(ConfigurationError, match=r"\(WORKSUPPORT_CONFIG\) is a folder"):
            find(None, {**environment, "WORKSUPPORT_CONFIG": str(tmp_path)})


@pytest.mark.parametrize("part", ["file", "folder"])
@pytest.mark.parametrize("bits", [0o020, 0o002])
def test_a_local_config_that_others_may_write_is_passed_over(
    environment: dict[str, str], local: Path, own: Path, part: str, bits: int
) -> None:
    place = local if part == "file" else local.parent
    place.chmod(place.stat().st_mode | bits)
    path, passed_over = find_config(None, environment)
    assert path == str(own)
    assert "other accounts may write" in passed_over
    assert "chmod go-w" in passed_over


@pytest.mark.parametrize("part", ["file", "folder"])
def test_a_local_config_of_another_account_is_passed_over(
    environment: dict[str, str], local: Path, belongs_to_another: Callable[[Path], None], part: str
) -> None:
    belongs_to_another(local if part == "file" else local.parent)
    with pytest.raises(ConfigurationError, match=r"passed over: .* another account \(user id 4242\)"):
        locate_config(None, environment)


def test_a_link_to_a_file_that_others_may_write_is_passed_over(
    tmp_path: Path, environment: dict[str, str], local: Path
) -> None:
    target = _written(tmp_path / "open" / "config", _GOOD)
    target.parent.chmod(0o777)
    local.unlink()
    local.symlink_to(target)
    with pytest.raises(ConfigurationError, match=r"other accounts may write .*open"):
        locate_config(None, environment)


def test_a_passed_over_config_is_a_warning_where_another_one_is_used(
    environment: dict[str, str], local: Path, own: Path
) -> None:
    local.chmod(0o666)
    settings = load_settings(None, None, environment)
    assert settings.path == own
    assert [w for w in settings.warnings if "was passed over: other accounts may write" in w]


def test_database_comes_from_option_variable_key_data_folder_in_this_order(
    tmp_path: Path, environment: dict[str, str], own: Path
) -> None:
    option = tmp_path / "option.db"
    variable = {**environment, "WORKSUPPORT_DB": "/v.db", "WORKSUPPORT_DATABASE_PATH": "/k.db"}
    key = {**environment, "WORKSUPPORT_DATABASE_PATH": "/k.db"}
    own.write_text(f"{_GOOD}database.path=data/file.db\n")
    in_file = own.parent / "data/file.db"
    for given, variables, expected in [
        (option, variable, option),
        (None, variable, Path("/v.db")),
        (None, key, Path("/k.db")),
        (None, environment, in_file),
    ]:
        assert locate_database(None, given, variables) == str(expected)
        assert load_settings(None, given, variables).database_path == expected


@pytest.mark.parametrize("line", ["", "database.path=", "database.path =  \n"])
def test_without_database_path_it_is_in_the_data_folder(
    tmp_path: Path, environment: dict[str, str], own: Path, line: str
) -> None:
    own.write_text(_GOOD + line)
    default = tmp_path / "home/.local/share/worksupport/worksupport.db"
    assert locate_database(None, None, environment) == str(default)
    assert load_settings(None, None, environment).database_path == default
    moved = {**environment, "XDG_DATA_HOME": "/data"}
    assert locate_database(None, None, moved) == "/data/worksupport/worksupport.db"


def test_an_empty_variable_beats_database_path_of_the_file(
    tmp_path: Path, environment: dict[str, str], own: Path
) -> None:
    own.write_text(f"{_GOOD}database.path=x.db")
    variables = {**environment, "WORKSUPPORT_DATABASE_PATH": ""}
    default = tmp_path / "home/.local/share/worksupport/worksupport.db"
    assert locate_database(None, None, variables) == str(default)
    assert load_settings(None, None, variables).database_path == default


def test_a_tilde_is_the_home_folder(environment: dict[str, str], own: Path) -> None:
    own.write_text(f"{_GOOD}database.path=~/x.db")
    assert locate_database(None, None, environment) == str(Path.home() / "x.db")


def test_readers_take_the_default_without_any_config(tmp_path: Path, environment: dict[str, str]) -> None:
    default = tmp_path / "home/.local/share/worksupport/worksupport.db"
    assert locate_database(None, None, environment) == str(default)


def test_readers_need_no_valid_config(tmp_path: Path, environment: dict[str, str]) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"harvest.concurrency=x\nteam.member.a.name=M\xfcller \\u12\ndatabase.path=/x.db\n")
    assert locate_database(bad, None, environment) == "/x.db"


def test_readers_with_a_database_read_no_config(tmp_path: Path, environment: dict[str, str]) -> None:
    assert locate_database(tmp_path / "gone", Path("x.db"), environment) == "x.db"


def test_readers_run_no_secret_command(tmp_path: Path, environment: dict[str, str], own: Path) -> None:
    witness = tmp_path / "ran"
    locate_database(None, None, {**environment, "WORKSUPPORT_JIRA_API_TOKEN_COMMAND": f"touch {witness}"})
    assert not witness.exists()


def test_locating_a_named_database_loads_no_parser() -> None:
    """Read commands start fast: jproperties is loaded only where a file must be read."""
    program = (
        "import sys; from pathlib import Path; from worksupport.config.locate import locate_database;"
        "locate_database(None, Path('x.db'), {}); print(*sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(loaded.stdout.split())
    assert "worksupport.config.locate" in modules
    assert not modules & {"jproperties", "six", "subprocess", "difflib", "typer"}


@pytest.mark.parametrize(
    "variable",
    [
        "WORKSUPPORT_JIRA_API_TOKEN",
        "WORKSUPPORT_GITHUB_API_TOKEN",
        "WORKSUPPORT_JIRA_API_TOKEN_FILE",
        "WORKSUPPORT_GITHUB_API_TOKEN_COMMAND",
    ],
)
@pytest.mark.parametrize("holds_token", [True, False])
def test_a_cloned_repository_gets_no_token_from_elsewhere(
    tmp_path: Path, environment: dict[str, str], variable: str, holds_token: bool
) -> None:
    token = "jira.api_token=theirs\n" if holds_token else ""
    local = tmp_path / "config" / "team_members.properties"
    _written(
        local, f"jira.base_url=https://evil.example\njira.email=a@x.example\n{token}database.path=evil.db\n"
    )
    given = {**environment, variable: "s3cret"}
    with pytest.raises(ConfigurationError, match=f"{variable} would be sent to the address") as refused:
        load_settings(None, None, given)
    assert "s3cret" not in refused.value.message + refused.value.hint
    assert "--config ./config/team_members.properties" in refused.value.hint
    assert "evil.db" not in locate_database(None, None, given)
    assert load_settings(local, None, {**environment, "WORKSUPPORT_JIRA_API_TOKEN": "mine"}).jira


def test_a_local_config_without_a_token_is_passed_over(
    tmp_path: Path, environment: dict[str, str], own: Path
) -> None:
    local = _written(tmp_path / "config" / "team_members.properties", "database.path=evil.db\n")
    assert locate_config(None, environment) == str(own)
    assert "evil.db" not in locate_database(None, None, environment)
    assert find_config(None, environment)[1] == "it holds no token"
    assert locate_database(local, None, environment).endswith("evil.db")


@pytest.mark.parametrize("home", ["", "~", "relative"])
def test_without_a_home_folder_the_files_must_be_named(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # an account that has none
    for locate in (locate_config, _database):
        with pytest.raises(ConfigurationError, match="there is no home folder") as refused:
            locate(None, {"HOME": home})
        assert "--config and --db" in refused.value.hint


def _database(config: Path | None, environment: dict[str, str]) -> str:
    return locate_database(config, None, environment)


@pytest.mark.parametrize("part", ["file", "folder"])
def test_a_named_config_of_another_account_is_refused(
    environment: dict[str, str], own: Path, belongs_to_another: Callable[[Path], None], part: str
) -> None:
    """Its owner decides where the tokens go, also between two runs."""
    belongs_to_another(own if part == "file" else own.parent)
    for named, variables in ((own, {}), (None, {"WORKSUPPORT_CONFIG": str(own)}), (None, {})):
        with pytest.raises(ConfigurationError, match=r"belongs to another account \(user id 4242\)"):
            load_settings(named, None, {**environment, **variables})


@pytest.mark.parametrize("part", ["file", "folder"])
def test_a_named_config_that_others_may_write_is_a_warning(
    tmp_path: Path, environment: dict[str, str], part: str
) -> None:
    text = f"{_GOOD}jira.email=a@b.example\nteam.member.a.name=A\nteam.member.a.jira_id=a@b.example\n"
    named = _written(tmp_path / "there" / "mine.properties", text)
    place = named if part == "file" else named.parent
    place.chmod(0o722)
    (warning,) = [w for w in load_settings(named, None, environment).warnings if "may write" in w]
    assert f"chmod go-w {place}" in warning
    place.chmod(0o1722 if part == "folder" else 0o700)
    assert not [w for w in load_settings(named, None, environment).warnings if "may write" in w]
