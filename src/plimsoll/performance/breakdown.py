"""Trades in groups: where the profit came from, by pair, side, tag, reason, hour and weekday."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.performance.fills import trade_fills, utc_ns

LEAST_TRADES = 20
"""Trades below which a rate or a ratio of trades is not given: it would measure luck."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

NS_PER_HOUR = 3_600_000_000_000

_NAN = float("nan")


@dataclass(frozen=True)
class Group:
    """The closed trades that share a key.

    Money is in the stake currency; ``fees_usd`` is paid, ``funding_usd`` positive when received;
    both are part of ``profit_usd``. ``win_rate_fraction`` and ``profit_factor`` are NaN below
    `LEAST_TRADES`, and the profit factor of a group without a loss as well.
    """

    key: str
    trades: int
    profit_usd: float
    average_usd: float
    worst_usd: float
    win_rate_fraction: float
    profit_factor: float
    median_hours: float
    fees_usd: float
    funding_usd: float


def grouped(
    trades: pd.DataFrame, keys: "pd.Series[str]", order: Sequence[str] | None = None
) -> list[Group]:
    """Group closed trades by a key each.

    ``trades``: rows of `plimsoll.performance.fills.TRADE_COLUMNS`; open ones are left out.
    ``keys``: text on the same index; an empty text becomes "(none)". ``order``: the keys in the
    order wanted; without it the groups are sorted by profit, the best first.
    """
    closed = trades[trades["close_date"].notna()]
    if closed.empty:
        return []
    fees = _fees(closed)
    named = keys.reindex(closed.index).replace("", "(none)")
    groups = [
        _group(str(key), closed.loc[rows.index], fees.loc[rows.index])
        for key, rows in named.groupby(named, sort=True)
    ]
    if order is None:
        return sorted(groups, key=lambda group: -group.profit_usd)
    place = {key: number for number, key in enumerate(order)}
    return sorted(groups, key=lambda group: place.get(group.key, len(place)))


def by_side(trades: pd.DataFrame) -> "pd.Series[str]":
    """Key trades by long or short."""
    return trades["is_short"].map({True: "short", False: "long"}).astype("str")


def by_hour(trades: pd.DataFrame) -> "pd.Series[str]":
    """Key trades by the UTC hour of their opening, as "00" to "23"."""
    hours: pd.Series[str] = trades["open_date"].dt.strftime("%H").astype("str")
    return hours


def by_weekday(trades: pd.DataFrame) -> "pd.Series[str]":
    """Key trades by the UTC weekday of their opening, one of `WEEKDAYS`."""
    days: pd.Series[str] = trades["open_date"].dt.day_name().astype("str")
    return days


def by_column(name: str) -> "Callable[[pd.DataFrame], pd.Series[str]]":
    """Return the function that keys trades by a column of theirs."""
    return lambda trades: trades[name].astype("str")


def _fees(closed: pd.DataFrame) -> "pd.Series[float]":
    fills = trade_fills(closed)
    by_trade = fills.groupby("trade")["fee_usd"].sum().reindex(range(len(closed)), fill_value=0.0)
    return pd.Series(by_trade.to_numpy(dtype="float64"), index=closed.index)


def _group(key: str, rows: pd.DataFrame, fees: "pd.Series[float]") -> Group:
    profits = rows["profit_abs"].to_numpy(dtype="float64")
    lived = utc_ns(rows["close_date"]) - utc_ns(rows["open_date"])
    wins, losses = profits[profits > 0.0].sum(), -profits[profits < 0.0].sum()
    enough = len(profits) >= LEAST_TRADES
    return Group(
        key=key,
        trades=len(profits),
        profit_usd=float(profits.sum()),
        average_usd=float(profits.mean()),
        worst_usd=float(profits.min()),
        win_rate_fraction=float(np.mean(profits > 0.0)) if enough else _NAN,
        profit_factor=float(wins / losses) if enough and losses > 0.0 else _NAN,
        median_hours=float(np.median(lived)) / NS_PER_HOUR,
        fees_usd=float(fees.sum()),
        funding_usd=float(rows["funding_fees"].sum()),
    )
