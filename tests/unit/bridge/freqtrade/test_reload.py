"""A reload of a config that is not valid changes nothing, and says why."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import State
from freqtrade.rpc.rpc import RPC

from plimsoll.bridge.freqtrade import reload
from tests.conftest import ROOT

SHIPPED = ROOT / "user_data/config"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The last layer of a ``freqtrade trade`` that is this process."""
    file = tmp_path / "mine.json"
    file.write_text("{}")
    layers = [SHIPPED / "base.json", SHIPPED / "mode-dry-run.json", file]
    arguments = [part for layer in layers for part in ("-c", str(layer))]
    monkeypatch.setattr(sys, "argv", ["freqtrade", "trade", *arguments, "--strategy", "Plain"])
    monkeypatch.setitem(sys.modules, "freqtrade.main", SimpleNamespace())
    inherited = RPC._rpc_reload_config
    yield file
    RPC._rpc_reload_config = inherited
    reload._told.clear()


def asked(heard: list[str]) -> tuple[State, str]:
    """Ask for a reload of a running bot; return its state then, and the answer."""
    reload.check_reloads(heard.append)
    rpc = RPC.__new__(RPC)
    rpc._freqtrade = SimpleNamespace(state=State.PAUSED)
    answer = rpc._rpc_reload_config()
    return rpc._freqtrade.state, answer["status"]


def test_a_sound_config_is_reloaded(mine: Path) -> None:
    heard: list[str] = []
    assert asked(heard) == (State.RELOAD_CONFIG, "Reloading config ...")
    assert heard == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"plimsoll": {"risk": {"max_daily_loss_fraction": 0.5}}}, "less than or equal to 0.1"),
        ({"plimsoll": {"risk": {"max_daily_los": 0.01}}}, "plimsoll.risk.max_daily_los"),
        ({"risk": {"max_leverage": 1}}, "expected plimsoll.risk, found risk at the top"),
        ('{"plimsoll": {}, "plimsoll": {}}', "plimsoll twice"),
        ("{", "mine.json, found a fault in line 1"),
        ({"max_open_trades": "many"}, "many"),
        ({"plimsoll": {"expectation_file": "none.json"}}, "none.json"),
        ({"telegram": {"enabled": True}}, "expected secrets"),
    ],
    ids=str,
)
def test_one_that_is_not_leaves_the_bot_as_it_is(mine: Path, content: Any, said: str) -> None:
    mine.write_text(content if isinstance(content, str) else json.dumps(content))
    heard: list[str] = []
    state, answer = asked(heard)
    assert state is State.PAUSED
    assert said in answer
    assert len(heard) == 1
    assert said in heard[0]
    assert "\n" not in answer


def test_the_last_who_listens_hears(mine: Path) -> None:
    mine.write_text("{")
    first: list[str] = []
    reload.check_reloads(first.append)
    last: list[str] = []
    asked(last)
    assert (len(first), len(last)) == (0, 1)


def test_outside_the_freqtrade_command_there_is_nothing_to_check(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "freqtrade.main")
    mine.write_text("{")
    assert reload.reload_fault() is None
