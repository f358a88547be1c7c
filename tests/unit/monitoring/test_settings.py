"""Config layers and secrets of a watchdog."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.settings import WatchSettings, read_settings
from tests.conftest import ROOT

SHIPPED = ROOT / "user_data/config"
KEY = {"PLIMSOLL_WATCH__KEY": "mine", "PLIMSOLL_WATCH__SECRET": "hush"}


def read(
    tmp_path: Path, layer: dict[str, Any], environment: dict[str, str] | None = None
) -> WatchSettings:
    file = tmp_path / "layer.json"
    file.write_text(json.dumps(layer))
    return read_settings([file], tmp_path, environment or {})


def test_the_shipped_layers_are_read_without_freqtrade(tmp_path: Path) -> None:
    names = ("base.json", "venue-binance.json", "api-server.json", "watch.json")
    environment = {**KEY, "PLIMSOLL_WATCH__API_PASSWORD": "pass"}
    settings = read_settings([SHIPPED / name for name in names], tmp_path, environment)
    assert settings.profile.may is Act.TELL
    assert settings.exchange["name"] == "binance"
    assert settings.api_url == "http://127.0.0.1:8080"
    assert settings.secrets["api_username"] == "plimsoll"
    assert settings.folder == tmp_path / "plimsoll-watch"
    assert settings.bot_folder == tmp_path / "plimsoll"
    assert settings.has_account
    assert set(settings.hidden) == {"mine", "hush", "pass"}


def test_the_password_of_the_bots_api_is_taken_where_it_has_none_of_its_own(
    tmp_path: Path,
) -> None:
    bots = {"FREQTRADE__API_SERVER__PASSWORD": "the bot's"}
    assert read(tmp_path, {}, bots).secrets["api_password"] == "the bot's"
    own = {**bots, "PLIMSOLL_WATCH__API_PASSWORD": "own"}
    assert read(tmp_path, {}, own).secrets["api_password"] == "own"


def test_the_address_of_the_bots_database_is_where_the_bot_has_it(tmp_path: Path) -> None:
    layer, there = {"db_url": "sqlite:///a"}, {"FREQTRADE__DB_URL": "postgresql://me@host/bot"}
    assert read(tmp_path, layer).db_url == "sqlite:///a"
    assert read(tmp_path, layer, there).db_url == "postgresql://me@host/bot"
    named = read_settings([tmp_path / "layer.json"], tmp_path, there, db_url="sqlite:///b")
    assert named.db_url == "sqlite:///b"


def test_the_bots_own_key_is_not_taken(tmp_path: Path) -> None:
    settings = read(tmp_path, {"exchange": {"name": "binance", "key": "the bot's"}})
    assert not settings.has_account


def test_a_later_layer_wins_key_by_key_and_includes_are_read(tmp_path: Path) -> None:
    (tmp_path / "below.json").write_text('{"db_url": "sqlite:///a", "exchange": {"name": "okx"}}')
    layer = {"add_config_files": ["below.json"], "exchange": {"ccxt_config": {}}}
    settings = read(tmp_path, layer)
    assert settings.exchange == {"name": "okx", "ccxt_config": {}}
    assert settings.db_url == "sqlite:///a"


@pytest.mark.parametrize(
    ("layer", "environment", "said"),
    [
        ({"plimsoll": {"watch": {"may": "flatten"}}}, {}, "PLIMSOLL_WATCH__KEY"),
        ({"plimsoll": {"watch": {"may": "everything"}}}, KEY, "plimsoll.watch.may"),
        ({}, {"PLIMSOLL_WATCH__KEYS": "x"}, "keys"),
    ],
)
def test_what_cannot_work_is_refused_in_a_line(
    tmp_path: Path, layer: dict[str, Any], environment: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as refusal:
        read(tmp_path, layer, environment)
    assert "\n" not in str(refusal.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        read_settings([tmp_path / "absent.json"], tmp_path, {})
    (tmp_path / "torn.json").write_text("{")
    with pytest.raises(UsageError, match="torn"):
        read_settings([tmp_path / "torn.json"], tmp_path, {})


def test_secrets_come_from_a_file_that_nobody_else_may_read(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"key": "mine", "secret": "hush", "alarms": ["ntfy://a", "ntfy://b"]}')
    file.chmod(0o644)
    named = {"PLIMSOLL_WATCH__SECRETS_FILE": str(file)}
    with pytest.raises(UsageError, match="chmod 600"):
        read(tmp_path, {}, named)
    file.chmod(0o600)
    settings = read(tmp_path, {}, {**named, "PLIMSOLL_WATCH__KEY": "other"})
    assert (settings.secrets["key"], settings.secrets["secret"]) == ("other", "hush")
    assert settings.alarm_urls == ("ntfy://a", "ntfy://b")
    assert "hush" not in repr(settings)


def test_a_secret_that_stands_in_the_config_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plimsoll\.watch\.secret") as refused:
        read(tmp_path, {"plimsoll": {"watch": {"secret": "hush"}}})
    assert "hush" not in str(refused.value)
