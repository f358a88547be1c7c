"""What a portfolio holds against what its targets promise: volatility, gross, net, turnover.

Both are measured in the same way, so that the difference is what sizing, buffers, limits, fills
and costs did: `held` from an account's trades, `promised` from target weights as if every day's
were held exactly.
"""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.fills import trade_fills, utc_ns
from plimsoll.performance.measures import DAYS_PER_YEAR, check_equity, daily_returns

Span = tuple[pd.Timestamp, pd.Timestamp]
_ONE_DAY = pd.Timedelta(days=1)
_LEAST_RETURNS = 2


@dataclass(frozen=True, slots=True)
class Book:
    """A book over a span of days. Fractions are of equity; NaN where there is nothing to measure.

    Attributes
    ----------
    days
        Midnights that gross and net are measured at.
    annual_volatility_fraction
        Deviation of daily returns, times the root of 365.
    mean_gross_fraction, highest_gross_fraction
        Sum of the absolute positions.
    mean_net_fraction, lowest_net_fraction, highest_net_fraction
        Sum of the signed positions.
    turnover_per_year
        Traded notional over equity.
    """

    days: int
    annual_volatility_fraction: float
    mean_gross_fraction: float
    highest_gross_fraction: float
    mean_net_fraction: float
    lowest_net_fraction: float
    highest_net_fraction: float
    turnover_per_year: float

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON: NaN becomes None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def held_weights(
    trades: pd.DataFrame, closes: pd.DataFrame, equity: "pd.Series[float]"
) -> pd.DataFrame:
    """Return each position as a signed fraction of equity at each close.

    ``closes``: a column a traded pair, on a rising UTC index; a NaN keeps the last known close,
    and a position without any is valued at its entry. ``equity``: the account on the same index.

    Returns times × traded pairs; NaN where equity is 0 or less.
    """
    index = pd.DatetimeIndex(closes.index)
    at_ns = utc_ns(index)
    whole = equity.reindex(index).to_numpy(dtype="float64")
    whole = np.where(whole > 0.0, whole, np.nan)
    weights = {}
    for pair, rows in trade_fills(trades).groupby("pair", sort=True):
        slots = np.searchsorted(at_ns, utc_ns(rows["time"]), side="left")
        amounts = rows["amount"].to_numpy(dtype="float64")
        added = np.bincount(slots, weights=amounts, minlength=len(index) + 1)[: len(index)]
        position = np.cumsum(added)
        position[np.abs(position) < 1e-9 * float(np.abs(amounts).max())] = 0.0
        price = closes[pair].ffill().fillna(float(rows["price_usd"].iloc[0])).to_numpy("float64")
        weights[pair] = position * price / whole
    return pd.DataFrame(weights, index=index)


def held(
    trades: pd.DataFrame,
    closes: pd.DataFrame,
    equity: "pd.Series[float]",
    *,
    since: pd.Timestamp | None = None,
    until: pd.Timestamp | None = None,
) -> Book:
    """Measure what an account held between two moments (both included; None for no bound).

    ``trades``: Freqtrade's export. ``closes``: a column a traded pair on the index of ``equity``,
    by the time at which each was known. ``equity``: as in `performance`. Gross and net are
    those at midnight UTC after the fills of that moment, and volatility that of daily returns.

    Raises `MeasureError` for equity, in whole or in that span, that `performance` would refuse.
    """
    check_equity(equity)
    span = equity.loc[since:until]
    check_equity(span)
    weights = held_weights(trades, closes, equity).loc[since:until]
    midnights = pd.DatetimeIndex(weights.index).normalize() == weights.index
    fills = trade_fills(trades)
    inside = fills["time"].between(span.index[0], span.index[-1])
    traded = float((fills["amount"].abs() * fills["price_usd"])[inside].sum())
    years = (span.index[-1] - span.index[0]) / (DAYS_PER_YEAR * _ONE_DAY)
    return _book(
        weights[midnights],
        daily_returns(span).to_numpy("float64"),
        traded / float(span.mean()) / years,
    )


def promised(weights: pd.DataFrame, closes: pd.DataFrame) -> Book:
    """Measure target weights as if each day's were held exactly until the next, without costs.

    ``weights``: days × pairs, what each day's close made known; NaN is no opinion and counts as
    nothing. ``closes``: the same days and pairs; a missing close is carried forward. Days before
    the first opinion are left out. Turnover counts the trades back to target as prices move.
    """
    known = weights.notna().any(axis=1).to_numpy()
    first = int(np.argmax(known)) if known.any() else len(weights)
    target = weights.iloc[first:].fillna(0.0).to_numpy("float64")
    prices = closes.reindex(index=weights.index, columns=weights.columns).ffill().iloc[first:]
    moves = prices.pct_change(fill_method=None).fillna(0.0).to_numpy("float64")[1:]
    returns = (target[:-1] * moves).sum(axis=1)
    drifted = target[:-1] * (1 + moves) / (1 + returns)[:, None]
    traded = float(np.abs(target[1:] - drifted).sum())
    return _book(
        weights.iloc[first:].fillna(0.0),
        returns,
        traded * DAYS_PER_YEAR / len(returns) if len(returns) else float("nan"),
    )


def years_of(start: pd.Timestamp, end: pd.Timestamp) -> dict[int, Span]:
    """Return the calendar years (UTC) of a span, each with its part; none for less than a day."""
    years = {}
    for year in range(start.year, end.year + 1):
        first = max(start, pd.Timestamp(year, 1, 1, tz="UTC"))
        last = min(end, pd.Timestamp(year + 1, 1, 1, tz="UTC"))
        if last - first >= _ONE_DAY:
            years[year] = first, last
    return years


def _book(daily: pd.DataFrame, returns: "np.ndarray[Any, Any]", turnover: float) -> Book:
    gross, net = daily.abs().sum(axis=1), daily.sum(axis=1)
    spread = float(np.std(returns, ddof=1)) if len(returns) >= _LEAST_RETURNS else float("nan")
    return Book(
        days=len(daily),
        annual_volatility_fraction=spread * sqrt(DAYS_PER_YEAR),
        mean_gross_fraction=float(gross.mean()),
        highest_gross_fraction=float(gross.max()),
        mean_net_fraction=float(net.mean()),
        lowest_net_fraction=float(net.min()),
        highest_net_fraction=float(net.max()),
        turnover_per_year=turnover,
    )
