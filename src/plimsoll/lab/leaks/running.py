"""One backtest of a strategy in this process, with every answer of its callbacks."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isclose, nan
from pathlib import Path
from typing import Any

import freqtrade.optimize.backtesting as engine
import freqtrade.strategy.interface as interface
import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.checks.leaks import PARTS, Decision, Fill, StrategyRun
from plimsoll.features import registering
from plimsoll.lab.leaks.exchange import MadeUpMarkets, made_up_exchange, use_config
from plimsoll.lab.strategy_data import PAIRS

WITHIN_CANDLE_EXITS = frozenset(
    {"stop_loss", "roi", "trailing_stop_loss", "stoploss_on_exchange", "liquidation"}
)
ROUNDING_FRACTION = 1e-5
"""Freqtrade rounds a price to the market's step."""
WALLET_USD = 10_000
FEE_FRACTION = 0.0005
# Guards stand where the strategy has them, and deny next to nothing.
WIDE = {
    "max_daily_loss_fraction": 0.1,
    "drawdown_reduce_fraction": 0.149,
    "drawdown_halt_fraction": 0.15,
    "max_consecutive_losses": 20,
    "consecutive_losses_pause_hours": 1e-12,
    "cooldown_seconds": 0,
    "max_trades_per_day": 10_000,
    "max_orders": 1000,
    "break_even_trades": None,
    "max_correlation": 1.0,
    "max_open_positions": 100,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "min_liquidation_distance_fraction": 0.05,
}
SETTINGS: dict[str, Any] = {
    "trading_mode": "futures",
    "margin_mode": "isolated",
    "stake_currency": "USDT",
    "dry_run": True,
    "dry_run_wallet": WALLET_USD,
    "max_open_trades": len(PAIRS),
    "stake_amount": "unlimited",
    "tradable_balance_ratio": 0.95,
    "fee": FEE_FRACTION,
    "exchange": {"name": "binance", "pair_whitelist": list(PAIRS)},
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "pairlists": [{"method": "StaticPairList"}],
    "dataformat_ohlcv": "feather",
    "plimsoll": {"risk": WIDE},
}


class StrategyRunner:
    """Runs one strategy of a folder, ``FOLDER/strategies``, again and again on other candles.

    It trades from ``since`` on; candles before are its warm-up.
    """

    def __init__(self, name: str, folder: Path, since: pd.Timestamp) -> None:
        self._name = name
        self._folder = folder
        self._since = since
        self._exchange: MadeUpMarkets | None = None

    def run(self, data: Path, until: pd.Timestamp) -> StrategyRun:
        """Backtest on the candles of a folder, up to a moment.

        Raises
        ------
        OperationalException
            When Freqtrade refuses the strategy.
        """
        decisions: list[Decision] = []
        config = self._config(data, until)
        if self._exchange is None:
            self._exchange = made_up_exchange(config, PAIRS)
        use_config(self._exchange, config)
        try:
            with registering(), contextlib.redirect_stdout(io.StringIO()):
                made = Backtesting(config, self._exchange, progress_callback=_silent)
                candles, timerange = made.load_bt_data()
                made._set_strategy(made.strategylist[0])  # noqa: SLF001
                processed = made.strategy.advise_all_indicators(candles)
                trimmed = trim_dataframes(processed, timerange, made.required_startup)
                columns = {
                    pair: made.strategy.ft_advise_signals(frame.copy(), {"pair": pair})
                    for pair, frame in processed.items()
                }
                start, end = get_timerange(trimmed)
                with _recorded(decisions):
                    results = made.backtest(processed=processed, start_date=start, end_date=end)
        finally:
            Backtesting.cleanup()
        trades = results["results"]
        fills = _fills(trades)
        return StrategyRun(columns, decisions, fills, _filled_within(trades, fills, columns))

    def close(self) -> None:
        """Close the exchange, if there was a run."""
        if self._exchange is not None:
            self._exchange.close()

    def _config(self, data: Path, until: pd.Timestamp) -> dict[str, Any]:
        file = self._folder / "config.json"
        file.write_text(json.dumps(SETTINGS), encoding="utf-8")
        arguments = {
            "config": [str(file)],
            "user_data_dir": str(self._folder),
            "datadir": str(data),
            "strategy": self._name,
            "strategy_path": str(self._folder / "strategies"),
            "timerange": f"{self._since.timestamp():.0f}-{until.timestamp():.0f}",
            "export": "none",
        }
        with contextlib.redirect_stdout(io.StringIO()):
            config: dict[str, Any] = Configuration(arguments, RunMode.BACKTEST).get_config()
        register(config)
        return config


def _silent(_: object) -> None:
    """Show no progress of a single backtest."""


@contextlib.contextmanager
def _recorded(decisions: list[Decision]) -> Iterator[None]:
    """Keep what callbacks answer: Freqtrade asks each through one wrapper, of two modules."""
    plain = interface.strategy_safe_wrapper

    def keeping(function: Callable[..., Any], *rest: Any, **named: Any) -> Callable[..., Any]:
        asked = plain(function, *rest, **named)
        callback = getattr(function, "__name__", "")
        if callback not in PARTS:
            return asked

        def answer(*args: Any, **kwargs: Any) -> Any:
            value = asked(*args, **kwargs)
            at = kwargs.get("current_time")
            if at is not None:
                pair = kwargs.get("pair") or kwargs["trade"].pair
                decisions.append(Decision(pd.Timestamp(at), callback, pair, value))
            return value

        return answer

    engine.strategy_safe_wrapper = interface.strategy_safe_wrapper = keeping
    try:
        yield
    finally:
        engine.strategy_safe_wrapper = interface.strategy_safe_wrapper = plain


def _fills(trades: pd.DataFrame) -> list[Fill]:
    """Return the filled orders in the order of time, entries after exits of one moment."""
    made = []
    for trade in trades.to_dict("records"):
        for order in trade["orders"]:
            if order["order_filled_timestamp"] is None:
                continue
            at = pd.Timestamp(order["order_filled_timestamp"], unit="ms", tz="UTC")
            tag = str(order.get("ft_order_tag") or "")
            side, amount = str(order["ft_order_side"]), float(order["amount"])
            made.append(Fill(at, trade["pair"], side, amount, float(order["safe_price"]), tag))
    return sorted(made, key=lambda one: (one.at, one.pair, one.side))


def _filled_within(
    trades: pd.DataFrame, fills: Sequence[Fill], columns: Mapping[str, pd.DataFrame]
) -> frozenset[pd.Timestamp]:
    """Return the candles in which an order was filled by more than their open."""
    opens = {pair: frame.set_index("date")["open"] for pair, frame in columns.items()}
    made = {
        one.at
        for one in fills
        if not isclose(one.price, opens[one.pair].get(one.at, nan), rel_tol=ROUNDING_FRACTION)
    }
    if not trades.empty:
        within = trades["exit_reason"].isin(WITHIN_CANDLE_EXITS)
        made |= {pd.Timestamp(at) for at in trades.loc[within, "close_date"]}
    return frozenset(made)
