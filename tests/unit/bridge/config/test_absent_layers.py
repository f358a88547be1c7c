"""Variables of Telegram and of the API server without the layer that they complete."""

import os
import subprocess
from pathlib import Path

import pytest

from plimsoll.bridge.config.absent_layers import absent_layers, require_layers_of_variables
from plimsoll.bridge.config.layers import read_layers
from plimsoll.core import UsageError
from plimsoll.lab.processes import child_environment, command
from tests.conftest import ROOT

CONFIG = ROOT / "user_data/config"
BASE = [CONFIG / "base.json", CONFIG / "venue-binance.json"]
TOKEN, CHAT = "FREQTRADE__TELEGRAM__TOKEN", "FREQTRADE__TELEGRAM__CHAT_ID"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FREQTRADE__")]:
        monkeypatch.delenv(name)


def test_a_token_without_the_layer_is_named_with_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "t")
    monkeypatch.setenv(CHAT, "1")
    [absent] = absent_layers(read_layers(BASE))
    assert (absent.section, absent.missing) == ("telegram", ("enabled",))
    assert f"{CHAT}, {TOKEN} are set" in absent.fault
    assert "'enabled' is a required property" in absent.fault
    assert absent.remedy == (
        f"add the layer (-c user_data/config/telegram.json), or unset {CHAT} {TOKEN}"
    )


def test_with_its_layer_a_variable_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "t")
    monkeypatch.setenv("FREQTRADE__API_SERVER__PASSWORD", "p")
    layers = [*BASE, CONFIG / "telegram.json", CONFIG / "api-server.json"]
    assert absent_layers(read_layers(layers)) == []


def test_a_section_that_the_environment_gives_whole_is_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key, value in (("TOKEN", "t"), ("CHAT_ID", "1"), ("ENABLED", "true")):
        monkeypatch.setenv(f"FREQTRADE__TELEGRAM__{key}", value)
    assert absent_layers(read_layers(BASE)) == []


def test_what_a_file_leaves_out_is_not_put_down_to_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(TOKEN, "t")
    own = tmp_path / "own.json"
    own.write_text('{"telegram": {"chat_id": "1"}}', encoding="utf-8")
    assert absent_layers(read_layers([*BASE, own])) == []


def test_the_api_server_is_named_too_and_both_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TOKEN, "t")
    monkeypatch.setenv("FREQTRADE__API_SERVER__PASSWORD", "p")
    with pytest.raises(UsageError) as refused:
        require_layers_of_variables(read_layers(BASE))
    text = str(refused.value)
    assert "\n" not in text
    assert "telegram.json" in text
    assert "api-server.json" in text


@pytest.mark.freqtrade
def test_the_freqtrade_command_ends_with_one_line_and_status_two(tmp_path: Path) -> None:
    layers = [word for file in BASE for word in ("-c", str(file))]
    done = subprocess.run(
        [command("freqtrade"), "show-config", "--userdir", str(tmp_path), *layers],
        env=child_environment({TOKEN: "t"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("plimsoll: ")]
    assert f"{TOKEN} is set in the environment" in line
