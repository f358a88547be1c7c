"""What one epoch of a hyperopt did to the account, and what that is worth."""

import math
from collections.abc import Mapping

import pandas as pd

from plimsoll.performance.deflated_sharpe import deflated_z, sharpe_evidence
from plimsoll.performance.equity import equity_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import daily_returns, performance

WORST = 100_000.0
"""The loss that Freqtrade itself gives an epoch with too few trades."""
OVER_CEILING = 1_000.0
TOO_FEW_TRADES = 10_000.0

DRAWDOWN_CEILING_FRACTION = 0.20
LEAST_DRAWDOWN_FRACTION = 0.01
"""A smaller drawdown counts as this: luck over a short span must not make a ratio endless."""
LEAST_TRADES = 30
"""With fewer trades, means and ratios are meaningless."""


def epoch_equity(
    trades: pd.DataFrame,
    candles: Mapping[str, pd.DataFrame],
    candle_span: pd.Timedelta,
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    starting_balance_usd: float,
    every: str = "1h",
) -> "pd.Series[float]":
    """Value the account of an epoch, open positions included.

    ``trades`` is Freqtrade's result, ``candles`` its frames by pair (``date`` and ``close``; the
    warm-up may be in them), ``start`` and ``end`` the opens of the first and last candle traded.
    The account is valued ``every`` so often, and at the end.

    Raises
    ------
    MeasureError
        When the candles or the trades cannot be measured; see `equity_curve`.
    """
    closes = pd.DataFrame(
        {
            pair: pd.Series(frame["close"].to_numpy(), index=pd.DatetimeIndex(frame["date"]))
            for pair, frame in candles.items()
        }
    )
    if closes.empty:
        raise MeasureError("an epoch needs candles, found none")
    closes.index = pd.DatetimeIndex(closes.index) + candle_span
    inside = closes[(closes.index > start) & (closes.index <= end + candle_span)].ffill()
    taken = inside.resample(every, closed="right", label="right").last().iloc[:-1]
    last = inside.iloc[-1:]
    return equity_curve(trades, pd.concat([taken, last]), starting_balance_usd)


def deflated_sharpe_loss(equity: "pd.Series[float]", *, trials: int) -> float:
    """Return minus the deflated z of the account's daily returns; `WORST` when there is none.

    At -1.64 or less the account's Sharpe ratio is above zero with 95 % confidence, after the
    selection from ``trials``.
    """
    if bool((equity <= 0).any()):
        return WORST
    evidence = sharpe_evidence(daily_returns(equity).to_numpy(dtype="float64"))
    return WORST if evidence is None else -deflated_z(evidence, trials=trials)


def calmar_ceiling_loss(
    equity: "pd.Series[float]",
    trades: pd.DataFrame,
    *,
    ceiling_fraction: float = DRAWDOWN_CEILING_FRACTION,
    least_trades: int = LEAST_TRADES,
) -> float:
    """Return minus the Calmar ratio of an account that stays under a drawdown ceiling.

    An account above the ceiling has a loss above `OVER_CEILING`, that grows with the drawdown;
    one with too few trades a loss above `TOO_FEW_TRADES`, that grows with what is missing: which
    leads a search back. A drawdown exactly at the ceiling is allowed, as is the least number.
    Calmar is the yearly growth over the drawdown (Young 1991), the drawdown taken as
    `LEAST_DRAWDOWN_FRACTION` at least.
    """
    closed = int(trades["close_date"].notna().sum())
    if closed < least_trades:
        return TOO_FEW_TRADES * (1 + (least_trades - closed) / least_trades)
    measured = performance(equity, trades)
    fall = measured.max_drawdown_fraction
    if fall > ceiling_fraction:
        return OVER_CEILING * (1 + fall - ceiling_fraction)
    if not math.isfinite(measured.cagr_fraction):
        return WORST
    return -measured.cagr_fraction / max(fall, LEAST_DRAWDOWN_FRACTION)
