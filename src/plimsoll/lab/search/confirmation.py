"""Freqtrade itself runs a winner: its fills and its profit must be those of the search."""

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pandas as pd
from freqtrade.misc import deep_merge_dicts
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy.hyper import HyperStrategyMixin

from plimsoll.lab.search.configuration import Config, as_backtest, one_line, quiet
from plimsoll.lab.search.epochs import Epochs, Parameters

DIGITS = 16
OF_TRADE = ("pair", "is_short", "enter_tag", "exit_reason", "leverage", "stake_amount")
MONEY = ("open_rate", "close_rate", "amount", "fee_open", "fee_close", "funding_fees")
STOPS = ("initial_stop_loss_abs", "stop_loss_abs", "liquidation_price", "profit_abs")
OF_FILL = ("ft_order_side", "order_filled_timestamp", "safe_price", "amount", "filled")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the search and Freqtrade's own backtest made of the same parameters.

    A hash is over every trade and every fill of it; profits are in the stake currency.
    """

    search_hash: str
    freqtrade_hash: str
    search_profit: float
    freqtrade_profit: float
    trades: int

    @property
    def confirmed(self) -> bool:
        """Whether both are the same."""
        same_profit = self.search_profit == self.freqtrade_profit
        return self.search_hash == self.freqtrade_hash and same_profit


def confirm(epochs: Epochs, params: Parameters) -> Confirmation:
    """Run a parameter set again, in the search's way and by Freqtrade's own backtest.

    Freqtrade loads data, strategy and parameters anew, these as from the file that hyperopt
    exports.

    Raises
    ------
    PlimsollError
        In one line, for whatever Freqtrade refuses.
    """
    with quiet(), one_line():
        ours = epochs.run(params)[1]
        exported = exported_params(epochs, params)
        own = backtest_by_freqtrade(
            epochs.pristine, exported, epochs.exchange, searched=epochs.spaces
        )
    return compared(ours["results"], own["results"])


def compared(ours: pd.DataFrame, own: pd.DataFrame) -> Confirmation:
    """Return how the trades of a search and those of Freqtrade's backtest compare."""
    return Confirmation(
        search_hash=fills_hash(ours),
        freqtrade_hash=fills_hash(own),
        search_profit=_profit(ours),
        freqtrade_profit=_profit(own),
        trades=len(own),
    )


def exported_params(epochs: Epochs, params: Parameters) -> dict[str, Any]:
    """Return parameters by space, as in the file that Freqtrade's hyperopt writes."""
    details = epochs.details(params)
    merged: dict[str, Any] = deep_merge_dicts(
        details["params_details"], deepcopy(details["params_not_optimized"])
    )
    return merged


def backtest_by_freqtrade(
    config: Config,
    exported: dict[str, Any],
    exchange: Any,
    *,
    searched: Collection[str],
    export: str = "none",
) -> dict[str, Any]:
    """Return what Freqtrade's own backtest makes of exported parameters on freshly read data.

    ``config`` is that of a search, ``searched`` are its spaces; ``exchange`` is loaded already.
    """
    made = as_backtest(config) | _config_values(searched, exported) | {"export": export}
    with _parameters(made["strategy"], exported):
        backtesting = Backtesting(made, exchange)
    strategy = backtesting.strategylist[0]
    candles, timerange = backtesting.load_bt_data()
    backtesting.backtest_one_strategy(strategy, candles, timerange)
    content: dict[str, Any] = backtesting.all_bt_content[strategy.get_strategy_name()]
    return content


def _config_values(searched: Collection[str], exported: dict[str, Any]) -> dict[str, Any]:
    """Return what a config says of searched spaces: else its own values would win over the file's.

    Hyperopt sets those of the strategy in any case.
    """
    made: dict[str, Any] = {"use_exit_signal": True} if "sell" in searched else {}
    if "roi" in searched:
        made["minimal_roi"] = dict(exported["roi"])
    for space in ("stoploss", "trailing"):
        if space in searched:
            made |= exported[space]
    if "trades" in searched:
        most = exported["max_open_trades"]["max_open_trades"]
        made["max_open_trades"] = float("inf") if most == -1 else most
    return made


def fills_hash(trades: pd.DataFrame) -> str:
    """Return a hash over every trade and all of its fills, to the last bit of each number."""
    digest = hashlib.sha256()
    for trade in trades.to_dict(orient="records"):
        row = [_plain(trade.get(name)) for name in (*OF_TRADE, *MONEY, *STOPS)]
        row += [_plain(trade[name]) for name in ("open_date", "close_date")]
        row += [
            [_plain(order.get(name)) for name in OF_FILL] for order in trade.get("orders") or ()
        ]
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()[:DIGITS]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return int(value.timestamp())
    return value.item() if hasattr(value, "item") else value


def _profit(trades: pd.DataFrame) -> float:
    return float(trades["profit_abs"].sum()) if len(trades) else 0.0


@contextmanager
def _parameters(strategy: str, exported: dict[str, Any]) -> Iterator[None]:
    """Let a strategy that is loaded within the block read these parameters as from its file."""
    own = HyperStrategyMixin.load_params_from_file
    HyperStrategyMixin.load_params_from_file = lambda _: {
        "strategy_name": strategy,
        "params": exported,
    }
    try:
        yield
    finally:
        HyperStrategyMixin.load_params_from_file = own
