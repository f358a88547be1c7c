"""The way from a strategy's data provider to Freqtrade's bot."""

from types import SimpleNamespace
from typing import Any

from freqtrade.data.dataprovider import DataProvider
from freqtrade.rpc import RPCManager

from plimsoll.bridge.freqtrade.running_bot import bot_of


def test_the_bot_is_found_with_no_service_on() -> None:
    config: dict[str, Any] = {"dry_run": True}
    bot = SimpleNamespace(config=config)
    data = DataProvider(config, None, rpc=RPCManager(bot))  # type: ignore[arg-type]
    assert bot_of(data) is bot


def test_a_backtest_has_no_bot() -> None:
    assert bot_of(DataProvider({"dry_run": True}, None)) is None
