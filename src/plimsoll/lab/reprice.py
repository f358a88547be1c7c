"""What remains of a stored backtest at the market's prices: the candles, the costs, the bill."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.bridge.config.layers import read_layers
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import UsageError
from plimsoll.execution.bill import Bill, reprice
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.execution.tape import Tape
from plimsoll.lab.results import BacktestResult, ResultError, load_candles
from plimsoll.risk.costs import BPS, TradingCosts

DETAIL_TIMEFRAMES = ("1m", "3m", "5m", "15m", "30m", "1h")
"""Candles that show what happened inside the strategy's own, where they are on disk."""


@dataclass(frozen=True, eq=False)
class Repriced:
    """One strategy's bill, and what it was made with.

    ``included_bps`` is what the backtest's fee held beside the exchange's; ``detail`` names the
    shorter candles that were there.
    """

    result: BacktestResult
    bill: Bill
    costs: TradingCosts
    settings: ExecutionSettings
    included_bps: float
    fee_bps: float | None
    detail: tuple[str, ...]

    @property
    def fall_usd(self) -> tuple[float, float]:
        """Return the deepest fall of closed profit before and after, in USD."""
        before = self.result.trades
        return realised_fall_usd(before), realised_fall_usd(self.bill.repriced)


def reprice_result(
    result: BacktestResult,
    datadir: Path,
    settings: ExecutionSettings,
    *,
    costs: TradingCosts | None = None,
    latency_ms: float | None = None,
) -> Repriced:
    """Price a stored backtest's fills at what the market offered.

    ``costs``: what a fill costs by pair; None for those stored with the result, or the common
    ones at the fee that it was charged. ``latency_ms`` overrides theirs.

    Raises
    ------
    ResultError
        When a pair's own candles are not in ``datadir``.
    ExecutionError
        When they do not cover a fill.
    """
    stated = stated_costs(result)
    used = costs or stated or TradingCosts()
    if latency_ms is not None:
        used = used.model_copy(update={"latency_ms": latency_ms})
    charged_bps = (result.fee_fraction or 0.0) * BPS
    included = 0.0 if stated is None else stated.spread_bps + stated.slippage_bps
    # Nobody stated what a plain fee holds: it is the exchange's own.
    fee_bps = charged_bps if costs is None and stated is None else None
    tapes, detail = read_tapes(result, datadir, days=settings.volume_days)
    bill = reprice(result.trades, tapes, used, settings, included_bps=included, fee_bps=fee_bps)
    return Repriced(result, bill, used, settings, included, fee_bps, detail)


def stated_costs(result: BacktestResult) -> TradingCosts | None:
    """Return the costs stored with a result, None when they are not what it was charged."""
    own = result.config.get("plimsoll")
    stored = own.get("costs") if isinstance(own, Mapping) else None
    if not isinstance(stored, Mapping) or result.fee_fraction is None:
        return None
    costs = TradingCosts.model_validate(stored)
    return costs if abs(costs.fill_fraction - result.fee_fraction) < 1e-9 else None


def read_costs(file: Path) -> TradingCosts:
    """Read ``plimsoll.costs`` of a config layer, such as ``plimsoll costs measure`` prints.

    Raises
    ------
    UsageError
        When the file cannot be read, or has no such section, or one with other keys.
    """
    own = read_layers([file]).get("plimsoll")
    section = own.get("costs") if isinstance(own, Mapping) else None
    if not isinstance(section, Mapping):
        raise UsageError(f"expected plimsoll.costs in {file}, found none")
    try:
        return TradingCosts.model_validate(section)
    except ValueError as error:
        problem = str(error).splitlines()
        raise UsageError(f"{file}: plimsoll.costs: {' '.join(problem[1:3])}") from None


def read_tapes(
    result: BacktestResult, datadir: Path, *, days: int
) -> tuple[dict[str, Tape], tuple[str, ...]]:
    """Read the candles of every traded pair, the strategy's own and all shorter ones.

    Returns the tapes and the shorter timeframes that at least one pair has.

    Raises as `reprice_result` does.
    """
    own = timeframe_span(result.timeframe)
    shorter = [name for name in DETAIL_TIMEFRAMES if timeframe_span(name) < own]
    tapes, known = {}, set[str]()
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # Freqtrade warns of each timeframe that is not there
    try:
        for pair in sorted(set(result.trades["pair"])):
            frames = _frames(result, datadir, pair, shorter, days)
            known |= frames.keys() & set(shorter)
            spans = {timeframe_span(name): frame for name, frame in frames.items()}
            tapes[pair] = Tape(pair, spans, days=days)
    finally:
        logging.disable(before)
    return tapes, tuple(name for name in shorter if name in known)


def _frames(
    result: BacktestResult, datadir: Path, pair: str, shorter: Sequence[str], days: int
) -> dict[str, pd.DataFrame]:
    own = timeframe_span(result.timeframe)
    is_futures = str(result.config.get("trading_mode", "spot")) == "futures"
    first, last = result.start - pd.Timedelta(days=days), result.end + own
    frames: dict[str, pd.DataFrame] = {}
    for name in (*shorter, result.timeframe):
        try:
            loaded = load_candles(datadir, [pair], name, start=first, end=last, futures=is_futures)
            frames[name] = loaded[pair]
        except ResultError:
            if name == result.timeframe:
                raise
    return frames


def realised_fall_usd(trades: pd.DataFrame) -> float:
    """Return the deepest fall of the sum of closed profits from its highest, in USD."""
    if trades.empty:
        return 0.0
    by_close = trades.sort_values("close_date", kind="stable")["profit_abs"].cumsum()
    highest = by_close.cummax().clip(lower=0.0)
    return float((highest - by_close).max())


def scaled(result: BacktestResult, factor: float) -> BacktestResult:
    """Return the same backtest with every amount and all money times a factor.

    What a larger account would have asked of the same market: the backtest itself does not know
    its own size.

    Raises
    ------
    UsageError
        For a factor that is not above 0.
    """
    if not factor > 0:
        raise UsageError(f"expected a factor above 0, found {factor:g}")
    if factor == 1.0:
        return result
    money = ["amount", "funding_fees", "profit_abs"]
    trades = result.trades.assign(**{name: result.trades[name] * factor for name in money})
    if "orders" in trades:
        trades["orders"] = [_scaled_orders(orders, factor) for orders in trades["orders"]]
    return replace(
        result,
        trades=trades,
        starting_balance_usd=result.starting_balance_usd * factor,
        final_balance_usd=result.final_balance_usd * factor,
    )


def _scaled_orders(orders: Any, factor: float) -> Any:
    if not isinstance(orders, list):
        return orders
    sizes = ("amount", "filled", "ft_fee_base")
    return [
        {key: value * factor if key in sizes and value else value for key, value in order.items()}
        for order in orders
    ]
