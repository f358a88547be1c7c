"""The figures in a running bot's status: those of this loop, or none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import time_machine

from plimsoll.bridge.guarding.meters import account_status, meters_of
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import ModelHealth
from plimsoll.risk.limit_use import limit_uses
from tests.unit.bridge.bots import BTC, ETH, NOON, open_trade, running_bot
from tests.unit.risk.accounts import PROFILE, account


def test_every_figure_is_a_plain_value() -> None:
    model = ModelHealth(name="lgbm", accuracy_fraction=0.6, predictions=50)
    told = orjson.loads(orjson.dumps(meters_of(account(models=(model,)), PROFILE)))
    assert [one["rule"] for one in told["limits"]] == [
        one.rule for one in limit_uses(account(), PROFILE)
    ]
    assert told["models"] == [{"name": "lgbm", "accuracy_fraction": 0.6, "predictions": 50}]
    [held] = told["positions"]
    assert (held["side"], held["has_stop"]) == ("long", True)
    assert set(told["candles"]) == {"ETH/USDT:USDT", "BTC/USDT:USDT", "SOL/USDT:USDT"}


def test_a_running_bot_writes_them_in_every_loop(tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=False) as clock, running_bot(tmp_path) as bot:
        open_trade(NOON)
        clock.shift(timedelta(seconds=5))
        bot.loop(NOON + timedelta(seconds=5))
        told: dict[str, Any] = StateFolder(tmp_path / "plimsoll").status() or {}
    meters = told["meters"]
    assert meters["as_of"] == told["as_of"]
    assert [one["pair"] for one in meters["positions"]] == [BTC]
    assert meters["exposure_usd"] > 0
    assert set(meters["candles"]) == {BTC, ETH}
    assert "verdicts" in told


def test_a_loop_that_cannot_see_the_account_shows_none_of_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOON, tick=False) as clock, running_bot(tmp_path) as bot:
        bot.loop(NOON)
        session = bot.strategy._session

        def broken(*_: object) -> None:
            raise ConnectionError("no wallet")

        monkeypatch.setattr(session._account._closed, "read", broken)
        clock.shift(timedelta(seconds=5))
        bot.loop(NOON + timedelta(seconds=5))
        told = StateFolder(tmp_path / "plimsoll").status() or {}
        again = account_status(session._account, PROFILE, {}, NOON)
    assert told["meters"] is None
    assert again["meters"] is None
