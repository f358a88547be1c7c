"""One account, measured: returns, risk, trades and costs of an equity series and its trades."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.performance.drawdown import drawdown
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import NS_PER_DAY, check_trades, trade_fills, utc_ns

DAYS_PER_YEAR = 365.0
"""Crypto trades every day of the year."""

_NAN = float("nan")
_NO_SPREAD = 1e-12
"""A daily deviation below this is rounding: a ratio over it would measure floats, not risk."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Performance:
    """What an account did. A figure that is not defined is NaN, never infinite, never 0.

    Fractions are of 1 (0.05 is 5 %), years have 365 days, the risk-free rate is 0. Trade figures
    are of closed trades; fees, turnover and exposure include open ones. ``funding_paid_usd`` is
    negative when the account received more than it paid.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    initial_equity_usd: float
    final_equity_usd: float
    total_return_fraction: float
    cagr_fraction: float
    annual_volatility_fraction: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown_fraction: float
    drawdown_peak_at: pd.Timestamp | None
    drawdown_trough_at: pd.Timestamp | None
    drawdown_recovered_at: pd.Timestamp | None
    longest_under_water_days: float
    under_water_time_fraction: float
    bankrupt_at: pd.Timestamp | None
    closed_trades: int
    win_rate_fraction: float
    profit_factor: float
    expectancy_per_average_loss: float
    average_trade_usd: float
    turnover_per_year: float
    fees_paid_usd: float
    funding_paid_usd: float
    exposure_time_fraction: float

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON: NaN becomes None, a time its ISO text."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def performance(equity: "pd.Series[float]", trades: pd.DataFrame) -> Performance:
    """Measure an account.

    ``equity``: account value in USD, its index UTC times that rise without repeats and leave no
    day without a value; two rows at least, the first above 0. ``trades``: Freqtrade's trade
    export (`plimsoll.performance.fills.TRADE_COLUMNS`), no row if there were none. Deposits and
    withdrawals are not known here: they would count as returns.

    Daily returns run from midnight to midnight UTC, the first from the first row, the last to
    the last row. Sharpe is mean / standard deviation (ddof 1) × √365 (Sharpe 1994, eq. 4);
    Sortino divides by the root mean square of the negative returns over all days (Sortino &
    Price 1994); both need two returns. Calmar is CAGR / greatest drawdown (Young 1991).
    Expectancy is the mean profit over the mean loss (Tharp's R). Turnover is traded notional,
    entries and exits, over mean equity, a year.

    An equity of 0 or less is bankruptcy: CAGR −1, drawdown 1, no volatility, Sharpe or Sortino.

    NaN rule: no NaN may come in; what is not defined comes out as NaN.

    Raises `MeasureError` for equity or trades that break these rules.
    """
    check_equity(equity)
    check_trades(trades)
    index = pd.DatetimeIndex(equity.index)
    values = equity.to_numpy(dtype="float64")
    years = (index[-1] - index[0]) / pd.Timedelta(days=DAYS_PER_YEAR)
    broke = np.flatnonzero(values <= 0.0)
    returns = np.empty(0) if len(broke) else daily_returns(equity).to_numpy(dtype="float64")
    fall = drawdown(equity)
    cagr = -1.0 if len(broke) else _cagr(values[0], values[-1], years)
    return Performance(
        start=index[0],
        end=index[-1],
        initial_equity_usd=float(values[0]),
        final_equity_usd=float(values[-1]),
        total_return_fraction=float(values[-1] / values[0] - 1.0),
        cagr_fraction=cagr,
        annual_volatility_fraction=_volatility(returns),
        sharpe=_sharpe(returns),
        sortino=_sortino(returns),
        calmar=_ratio(cagr, fall.max_fraction),
        max_drawdown_fraction=fall.max_fraction,
        drawdown_peak_at=fall.peak_at,
        drawdown_trough_at=fall.trough_at,
        drawdown_recovered_at=fall.recovered_at,
        longest_under_water_days=fall.longest_under_water_days,
        under_water_time_fraction=fall.under_water_time_fraction,
        bankrupt_at=index[broke[0]] if len(broke) else None,
        **_trade_figures(trades),
        **_cost_figures(trades, float(values.mean()), years),
        exposure_time_fraction=_exposure(trades, index),
    )


def check_equity(equity: "pd.Series[float]") -> None:
    """Raise `MeasureError` unless the series can be measured; see `performance` for the rules."""
    index = equity.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        raise MeasureError(f"equity needs a UTC time index, found {index.dtype}")
    if len(index) < 2:
        raise MeasureError(f"equity needs two values at least, found {len(index)}")
    if index.has_duplicates or not index.is_monotonic_increasing:
        at = index[1:][np.diff(utc_ns(index)) <= 0][0]
        raise MeasureError(f"equity times must rise without repeats; {at} does not")
    values = equity.to_numpy(dtype="float64", na_value=np.nan)
    if not np.isfinite(values).all():
        at = index[~np.isfinite(values)][0]
        raise MeasureError(f"equity must be finite; the value at {at} is not")
    if values[0] <= 0.0:
        raise MeasureError(f"equity must start above 0, found {values[0]:g}")
    marks = np.unique(_day_marks(index))
    gap = np.flatnonzero(np.diff(marks) > 1)
    if len(gap):
        last, following = (pd.Timestamp(marks[gap[0] + i], unit="D") for i in (0, 1))
        raise MeasureError(
            f"equity has no value between the days that end {last:%Y-%m-%d} and "
            f"{following:%Y-%m-%d}; daily returns need one a day: fill the gap or cut the span"
        )


def daily_returns(equity: "pd.Series[float]") -> "pd.Series[float]":
    """Return the fractional change of each UTC day, indexed by the midnight that ends the day.

    A value at midnight ends the day before it. The first return starts at the first row, so the
    compounded returns equal the total return. Expects a series that passes `check_equity`.
    """
    marks = pd.Series(_day_marks(pd.DatetimeIndex(equity.index)))
    values = equity.reset_index(drop=True)
    is_last = marks.ne(marks.shift(-1))
    ends, days = values[is_last], marks[is_last]
    opens_at_midnight = utc_ns(pd.DatetimeIndex(equity.index))[0] % NS_PER_DAY == 0
    if opens_at_midnight:
        base, ends, days = ends.iloc[0], ends.iloc[1:], days.iloc[1:]
    else:
        base = values.iloc[0]
    previous = np.concatenate([[base], ends.to_numpy(dtype="float64")[:-1]])
    at = pd.to_datetime(days.to_numpy(), unit="D", utc=True)
    return pd.Series(ends.to_numpy(dtype="float64") / previous - 1.0, index=at, name="return")


def _day_marks(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Number the midnight that ends the day of each time: midnight itself ends the day before."""
    return np.asarray(-(-utc_ns(index) // NS_PER_DAY), dtype="int64")


def _cagr(first: float, last: float, years: float) -> float:
    if years <= 0.0:
        return _NAN
    try:
        return math.exp(math.log(last / first) / years) - 1.0
    except OverflowError:
        return _NAN


def _volatility(returns: Floats) -> float:
    if len(returns) < 2:
        return _NAN
    return float(returns.std(ddof=1) * math.sqrt(DAYS_PER_YEAR))


def _sharpe(returns: Floats) -> float:
    if len(returns) < 2:
        return _NAN
    return _ratio(float(returns.mean()), float(returns.std(ddof=1)), math.sqrt(DAYS_PER_YEAR))


def _sortino(returns: Floats) -> float:
    if len(returns) < 2:
        return _NAN
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return _ratio(float(returns.mean()), downside, math.sqrt(DAYS_PER_YEAR))


def _ratio(above: float, below: float, factor: float = 1.0) -> float:
    if not math.isfinite(above) or not below > _NO_SPREAD:
        return _NAN
    return above / below * factor


def _trade_figures(trades: pd.DataFrame) -> dict[str, Any]:
    profits = trades.loc[trades["close_date"].notna(), "profit_abs"].to_numpy(dtype="float64")
    wins, losses = profits[profits > 0.0], profits[profits < 0.0]
    mean = float(profits.mean()) if len(profits) else _NAN
    mean_loss = float(-losses.mean()) if len(losses) else 0.0
    return {
        "closed_trades": len(profits),
        "win_rate_fraction": len(wins) / len(profits) if len(profits) else _NAN,
        "profit_factor": _ratio(float(wins.sum()), float(-losses.sum())),
        "expectancy_per_average_loss": _ratio(mean, mean_loss),
        "average_trade_usd": mean,
    }


def _cost_figures(trades: pd.DataFrame, mean_equity_usd: float, years: float) -> dict[str, Any]:
    fills = trade_fills(trades)
    notional_usd = float((fills["amount"].abs() * fills["price_usd"]).sum())
    return {
        "turnover_per_year": _ratio(_ratio(notional_usd, mean_equity_usd), years),
        "fees_paid_usd": float(fills["fee_usd"].sum()),
        "funding_paid_usd": 0.0 - float(trades["funding_fees"].sum()),
    }


def _exposure(trades: pd.DataFrame, index: pd.DatetimeIndex) -> float:
    """Share of the span in which one position or more was open (the union of all lives)."""
    start, end = utc_ns(index)[[0, -1]]
    if end <= start:
        return _NAN
    if trades.empty:
        return 0.0
    by_open = trades.sort_values("open_date")
    opened = np.clip(utc_ns(by_open["open_date"]), start, end)
    closed = np.clip(utc_ns(by_open["close_date"].fillna(index[-1])), start, end)
    covered_until = np.concatenate([[start], np.maximum.accumulate(closed)[:-1]])
    lives = np.maximum(closed - np.maximum(opened, covered_until), 0)
    return float(lives.sum() / (end - start))


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
