"""Freqtrade's own Binance with made-up markets."""

import pytest
from freqtrade.enums import CandleType, RunMode

from plimsoll.lab.leaks.exchange import made_up_exchange, use_config
from plimsoll.lab.leaks.running import SETTINGS

PAIR = "BTC/USDT:USDT"


def test_exchange_knows_its_markets_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    mode = {"runmode": RunMode.BACKTEST, "candle_type_def": CandleType.FUTURES}
    config = {**SETTINGS, **mode}
    exchange = made_up_exchange(config, [PAIR])
    try:
        exchange.reload_markets(force=True)
        assert list(exchange.markets) == [PAIR]
        assert exchange.markets[PAIR]["swap"]
        assert exchange.get_min_pair_stake_amount(PAIR, 100.0, -0.1) is not None
        assert exchange.get_max_leverage(PAIR, 100.0) > 1
        later = {**config, "fee": 0.1}
        use_config(exchange, later)
        assert exchange._config["fee"] == 0.1
        assert later["candle_type_def"] == CandleType.FUTURES
    finally:
        exchange.close()
