"""Freqtrade runs a winner again: the same fills and the same profit, or it is told."""

from dataclasses import replace

import pandas as pd

from plimsoll.lab.search.configuration import hyperopt_config
from plimsoll.lab.search.confirmation import compared, confirm, exported_params, fills_hash
from plimsoll.lab.search.epochs import Epochs
from tests.support.search_ground import SearchGround
from tests.unit.lab.search.test_epochs import PARAMS, WIDER


def test_a_winner_is_confirmed_fill_by_fill(epochs: Epochs) -> None:
    checked = confirm(epochs, PARAMS)
    assert checked.trades > 5
    assert checked.search_hash == checked.freqtrade_hash
    assert checked.search_profit == checked.freqtrade_profit
    assert checked.confirmed


def test_spaces_of_freqtrades_own_are_confirmed_though_the_config_says_otherwise(
    ground: SearchGround, epochs: Epochs
) -> None:
    config = hyperopt_config(ground.arguments(spaces=("buy", "sell", "roi", "stoploss", "trades")))
    own = {"max_open_trades": 2, "stoploss": -0.2, "minimal_roi": {"0": 5}}
    wide = Epochs({**config, **own}, epochs.exchange)
    wide.load()
    params = {name: {**PARAMS, **WIDER}[name] for name in wide.o_dimensions}
    checked = confirm(wide, params)
    assert checked.trades > 5
    assert checked.confirmed


def test_another_result_of_freqtrades_is_not_confirmed(epochs: Epochs) -> None:
    trades = epochs.run(PARAMS)[1]["results"]
    other = trades.copy()
    other.loc[3, "close_rate"] += 0.01
    assert not compared(trades, other).confirmed
    assert compared(trades, trades.copy()).confirmed


def test_every_fill_is_in_the_hash(epochs: Epochs) -> None:
    trades = epochs.run(PARAMS)[1]["results"]
    orders = [[dict(order) for order in one] for one in trades["orders"]]
    orders[2][0]["amount"] += 1e-9
    assert fills_hash(trades.assign(orders=orders)) != fills_hash(trades)
    assert fills_hash(trades.iloc[:-1]) != fills_hash(trades)
    assert fills_hash(trades.iloc[:0]) == fills_hash(pd.DataFrame())


def test_profits_must_be_the_same_too(epochs: Epochs) -> None:
    trades = epochs.run(PARAMS)[1]["results"]
    checked = compared(trades, trades)
    assert not replace(checked, freqtrade_profit=checked.search_profit + 1e-8).confirmed


def test_parameters_are_exported_as_freqtrade_does(epochs: Epochs) -> None:
    made = exported_params(epochs, PARAMS)
    assert made["buy"]["min_atr_pct"] == 0.0006
    assert made["trailing"]["trailing_stop"] is False
