"""Mark-to-market equity of an account, and of buying and holding instead."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import NS_PER_DAY, check_trades, trade_fills, utc_ns

Floats = NDArray[np.float64]


def equity_curve(
    trades: pd.DataFrame, closes: pd.DataFrame, starting_balance_usd: float
) -> "pd.Series[float]":
    """Value the account at every close: balance, realised profit and open positions.

    ``trades``: Freqtrade's trade export, a row a trade (`plimsoll.performance.fills.TRADE_COLUMNS`;
    ``orders`` is used when present). ``closes``: a column a pair, its index the UTC times at
    which each close was known, that is candle date + timeframe. Both may hold pairs that the
    other lacks, but every traded pair needs a column.

    An open position is valued at the close, net of the fee of closing it there. Funding is
    spread evenly over the life of a trade up to its recorded total. At its close a trade is
    worth exactly ``profit_abs``: what fills, fees and funding do not explain (rounding, interest)
    is booked there. So the last value is the starting balance plus the sum of ``profit_abs``
    when every trade is closed.

    NaN rule: a NaN close keeps the last known one; a position that is open before the first
    known close of its pair is valued at its entry price. The result holds no NaN.

    Returns equity in USD on the index of ``closes``.

    Raises `MeasureError` for a bad index, a missing pair, a trade that ends after the last
    close, or a starting balance that is not positive.
    """
    _check_closes(closes)
    _check_balance(starting_balance_usd)
    check_trades(trades)
    index = pd.DatetimeIndex(closes.index)
    value = np.full(len(index), float(starting_balance_usd))
    if not trades.empty:
        _check_coverage(trades, closes)
        at_ns = utc_ns(index)
        fills = trade_fills(trades)
        value += _funding_accrued(trades, at_ns)
        value += _unexplained(trades, fills, at_ns)
        for pair, rows in fills.groupby("pair", sort=True):
            value += _pair_profit(rows, _known_closes(closes, pair), at_ns)
    return pd.Series(value, index=index, name="equity_usd")


def buy_and_hold_curve(
    closes: pd.DataFrame, starting_balance_usd: float, *, fee_fraction: float = 0.0
) -> "pd.Series[float]":
    """Value equal parts of the balance held in every pair since its first known close.

    A part lies in cash until its pair has a close; each purchase pays ``fee_fraction``. Nothing
    is ever sold or rebalanced. NaN rule: a NaN close keeps the last known one.

    Returns equity in USD on the index of ``closes``. Raises `MeasureError` for a bad index, a
    balance that is not positive, or a pair without any close.
    """
    _check_closes(closes)
    _check_balance(starting_balance_usd)
    if closes.shape[1] == 0:
        raise MeasureError("buy and hold needs the closes of one pair at least, found none")
    part_usd = starting_balance_usd / closes.shape[1]
    value = np.zeros(len(closes))
    for pair in closes.columns:
        known = _known_closes(closes, pair)
        held = np.isfinite(known)
        if not held.any():
            raise MeasureError(f"{pair} has no close at all; leave it out or load its candles")
        first = known[held][0]
        value += np.where(held, part_usd * (1.0 - fee_fraction) * known / first, part_usd)
    return pd.Series(value, index=pd.DatetimeIndex(closes.index), name="equity_usd")


def _pair_profit(fills: pd.DataFrame, known: Floats, at_ns: NDArray[np.int64]) -> Floats:
    """Profit of one pair at each close, without funding: cash of all fills + open position."""
    slots = np.searchsorted(at_ns, utc_ns(fills["time"]), side="left")
    amount = fills["amount"].to_numpy(dtype="float64")
    price = fills["price_usd"].to_numpy(dtype="float64")
    cash = _running(slots, -amount * price - fills["fee_usd"].to_numpy(dtype="float64"), at_ns)
    position = _running(slots, amount, at_ns)
    entry_sign = np.sign(fills.groupby("trade")["amount"].transform("first").to_numpy())
    fee_close = fills["fee_close_fraction"].to_numpy(dtype="float64")
    closing_fee_amount = _running(slots, amount * entry_sign * fee_close, at_ns)
    entry_price = pd.Series(price).groupby(slots).last().reindex(range(len(at_ns))).ffill()
    mark = np.where(np.isfinite(known), known, entry_price.to_numpy(dtype="float64"))
    is_flat = np.abs(position) + np.abs(closing_fee_amount) == 0.0
    held_usd: Floats = np.where(is_flat, 0.0, (position - closing_fee_amount) * mark)
    return cash + held_usd


def _funding_accrued(trades: pd.DataFrame, at_ns: NDArray[np.int64]) -> Floats:
    """Funding of all trades at each close: a straight line from open to close of each."""
    origin = at_ns[0]
    opened = (utc_ns(trades["open_date"]) - origin) / NS_PER_DAY
    closed_at = trades["close_date"].fillna(pd.Timestamp(at_ns[-1], tz="UTC"))
    closed = np.maximum((utc_ns(closed_at) - origin) / NS_PER_DAY, opened)
    total = trades["funding_fees"].to_numpy(dtype="float64")
    lasts = closed > opened
    per_day = np.divide(total, closed - opened, out=np.zeros_like(total), where=lasts)
    at_days = (at_ns - origin) / NS_PER_DAY
    start = np.searchsorted(at_days, opened, side="left")
    end = np.searchsorted(at_days, closed, side="left")
    slope = _running(start, per_day, at_ns) - _running(end, per_day, at_ns)
    anchor = _running(start, per_day * opened, at_ns) - _running(end, per_day * opened, at_ns)
    accrued: Floats = slope * at_days - anchor + _running(end, total, at_ns)
    return accrued


def _unexplained(trades: pd.DataFrame, fills: pd.DataFrame, at_ns: NDArray[np.int64]) -> Floats:
    """What ``profit_abs`` holds beyond fills, fees and funding, booked at the close."""
    cash = -fills["amount"] * fills["price_usd"] - fills["fee_usd"]
    by_trade = cash.groupby(fills["trade"]).sum().reindex(range(len(trades)), fill_value=0.0)
    explained = by_trade.to_numpy(dtype="float64") + trades["funding_fees"].to_numpy("float64")
    is_closed = trades["close_date"].notna().to_numpy()
    rest = trades["profit_abs"].to_numpy(dtype="float64", na_value=np.nan)[is_closed]
    rest = rest - explained[is_closed]
    ends = utc_ns(trades.loc[is_closed, "close_date"])
    return _running(np.searchsorted(at_ns, ends, side="left"), rest, at_ns)


def _running(slots: NDArray[np.int64], weights: Floats, at_ns: NDArray[np.int64]) -> Floats:
    """Sum of the weights whose slot has been reached, at each row; later slots never count."""
    rows = len(at_ns)
    added = np.bincount(slots, weights=weights, minlength=rows + 1)[:rows]
    return np.asarray(np.cumsum(added), dtype="float64")


def _known_closes(closes: pd.DataFrame, pair: Hashable) -> Floats:
    return np.asarray(closes[pair].ffill().to_numpy(dtype="float64", na_value=np.nan))


def _check_balance(starting_balance_usd: float) -> None:
    if not (np.isfinite(starting_balance_usd) and starting_balance_usd > 0):
        raise MeasureError(f"starting_balance_usd must be above 0, found {starting_balance_usd}")


def _check_closes(closes: pd.DataFrame) -> None:
    index = closes.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        raise MeasureError(f"closes need a UTC time index, found {index.dtype}")
    if len(index) == 0:
        raise MeasureError("closes hold no row; load candles for the span of the trades")
    if index.has_duplicates or not index.is_monotonic_increasing:
        raise MeasureError("the times of closes must rise without repeats; sort and deduplicate")


def _check_coverage(trades: pd.DataFrame, closes: pd.DataFrame) -> None:
    absent = sorted(set(trades["pair"]) - set(closes.columns))
    if absent:
        raise MeasureError(
            f"no closes for {', '.join(absent)}, which was traded; load its candles too"
        )
    ends = trades["close_date"].fillna(trades["open_date"])
    if bool((ends > closes.index[-1]).any()):
        raise MeasureError(
            f"closes end at {closes.index[-1]}, but a trade ends at {ends.max()}; "
            "load candles for the whole span"
        )
