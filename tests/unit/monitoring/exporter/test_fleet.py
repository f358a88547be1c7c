"""A list of bots, each with its own layers and secrets; what is wrong with it in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.monitoring.exporter.fleet import listed_bots, name_of
from plimsoll.monitoring.settings import WatchSettings

ENVIRONMENT = {
    "PLIMSOLL_WATCH__KEY": "shared",
    "PLIMSOLL_WATCH__SECRET": "s",
    "FREQTRADE__DB_URL": "sqlite:///somebody.sqlite",
}


def listed(folder: Path, *bots: dict[str, Any]) -> dict[str, WatchSettings]:
    layer = folder / "bot.json"
    layer.write_text(json.dumps({"exchange": {"name": "binance"}, "bot_name": "mine"}))
    file = folder / "bots.json"
    file.write_text(json.dumps({"bots": bots}))
    return listed_bots(file, ENVIRONMENT)


def test_each_bot_has_its_own_place_and_secrets(tmp_path: Path) -> None:
    secrets = tmp_path / "one.json"
    secrets.write_text(json.dumps({"key": "own", "secret": "s"}))
    secrets.chmod(0o600)
    one = {"name": "one", "config": ["bot.json"], "userdir": "a", "secrets_file": "one.json"}
    two = {"name": "two", "config": ["bot.json"], "db_url": "sqlite:///b.sqlite"}
    found = listed(tmp_path, one, two)
    assert found["one"].secrets["key"] == "own"
    assert found["one"].state_folder == tmp_path / "a" / "plimsoll"
    assert found["two"].secrets["key"] == "shared"
    assert found["two"].db_url == "sqlite:///b.sqlite"
    assert found["one"].db_url is None, "the environment's is one bot's, whose is not known"
    assert name_of(found["two"]) == "mine"


@pytest.mark.parametrize(
    ("bots", "said"),
    [
        ([], "bots"),
        ([{"name": "a", "config": []}], "config"),
        ([{"name": "a", "config": ["bot.json"], "key": "x"}], "key"),
        ([{"name": "a", "config": ["absent.json"]}], "absent.json"),
        ([{"name": "a", "config": ["bot.json"]}] * 2, "a twice"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, bots: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        listed(tmp_path, *bots)
    assert "\n" not in str(error.value)
