"""Which pairs to trade, out of many: pure rules from what is known of each pair to names.

What is not known of a pair is a `Drop` with its reason: it is left out, never ranked as zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
import pandas as pd

from plimsoll.features.merging import PUBLICATION_DELAY

DAYS_PER_YEAR = 365.0
LONGEST_FUNDING_INTERVAL = pd.Timedelta(hours=9)
"""Settlements are 8 hours apart at most on Binance; an hour of delay."""
LEAST_PRESENT_FRACTION = 0.9
"""Share of the candles of a window that must be there."""

Order = Literal["highest", "lowest", "extremes", "incoming"]


@dataclass(frozen=True, slots=True)
class Drop:
    """Why a pair is left out: a rule that stays the same, and a reason with numbers."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The pairs kept, in order, and why the others were dropped."""

    kept: tuple[str, ...]
    dropped: Mapping[str, Drop]


@dataclass(frozen=True, slots=True)
class Interest:
    """Open interest of a pair: its value in USD, and its change in coins over a lookback."""

    value_usd: float
    change_fraction: float


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What an order book offers: its spread, and the depth of its thinner side.

    The depth is that of the levels seen: at least this much is there.
    """

    spread_fraction: float
    depth_usd: float


def ranked(
    values: Mapping[str, float | Drop],
    *,
    order: Order,
    lowest: float | None = None,
    highest: float | None = None,
    number: int | None = None,
) -> Selection:
    """Keep the pairs whose value lies within bounds, ordered, at most a number of them.

    Bounds are allowed themselves. ``extremes`` puts the values farthest from zero first, and
    ``incoming`` keeps the order of the mapping, as pairs with equal values do.
    """
    dropped: dict[str, Drop] = {}
    known: dict[str, float] = {}
    for pair, value in values.items():
        fault = value if isinstance(value, Drop) else _out_of_bounds(value, lowest, highest)
        if fault is None and not isinstance(value, Drop):
            known[pair] = value
        elif fault is not None:
            dropped[pair] = fault
    keys = {
        "highest": lambda pair: -known[pair],
        "lowest": lambda pair: known[pair],
        "extremes": lambda pair: -abs(known[pair]),
        "incoming": lambda pair: 0.0,
    }
    kept = sorted(known, key=keys[order])
    for place, pair in enumerate(kept[number:] if number is not None else [], (number or 0) + 1):
        dropped[pair] = Drop("rank", f"its value {known[pair]:g} is number {place} of {len(kept)}")
    return Selection(tuple(kept[:number]), dropped)


def open_interest_of(
    frame: pd.DataFrame, *, known_at: pd.Timestamp, span: pd.Timedelta, lookback: pd.Timedelta
) -> Interest | Drop:
    """Measure open interest as it was known at a moment.

    ``frame`` has ``date``, ``open_interest_amount`` (coins) and ``open_interest_value`` (USD), a
    row every ``span``. A value is known `PUBLICATION_DELAY` after its stamp. The change is of
    coins, so that the price does not move it.
    """
    known = frame[frame["date"] + PUBLICATION_DELAY <= known_at]
    if known.empty:
        return Drop("missing", "no open interest is known")
    newest = known.iloc[-1]
    if newest["date"] < known_at - 3 * span - PUBLICATION_DELAY:
        return Drop("stale", f"its newest open interest is of {newest['date']:%Y-%m-%d %H:%M} UTC")
    then = newest["date"] - lookback
    before = known[(known["date"] > then - span) & (known["date"] <= then)]
    if before.empty:
        return Drop("missing", f"no open interest is known of {then:%Y-%m-%d %H:%M} UTC")
    numbers = [
        float(newest["open_interest_value"]),
        float(newest["open_interest_amount"]),
        float(before.iloc[-1]["open_interest_amount"]),
    ]
    if not all(isfinite(number) and number > 0 for number in numbers):
        return Drop("missing", f"its open interest holds {min(numbers, key=_oddity):g}")
    value_usd, coins, coins_before = numbers
    return Interest(value_usd, coins / coins_before - 1)


def funding_of(
    frame: pd.DataFrame, *, known_at: pd.Timestamp, lookback: pd.Timedelta
) -> float | Drop:
    """Return the funding that a long paid over a lookback, as a fraction a year.

    ``frame`` has ``date`` and ``funding_rate``, a row a settlement, whatever their interval. A
    settlement is known at its time. A hole longer than `LONGEST_FUNDING_INTERVAL` is missing data.
    """
    start = known_at - lookback
    known = frame[(frame["date"] > start) & (frame["date"] <= known_at)]
    if known.empty:
        return Drop("missing", "no funding rate is known")
    stamps = pd.DatetimeIndex([start, *known["date"], known_at])
    hole = pd.Series(stamps).diff().max()
    if hole > LONGEST_FUNDING_INTERVAL:
        return Drop("missing", f"its funding has a hole of {hole / pd.Timedelta(hours=1):.0f} h")
    total = float(known["funding_rate"].sum(skipna=False))
    if not isfinite(total):
        return Drop("missing", "a funding rate is no number")
    return total * DAYS_PER_YEAR / (lookback / pd.Timedelta(days=1))


def basis_of(
    frame: pd.DataFrame, *, known_at: pd.Timestamp, span: pd.Timedelta, lookback: pd.Timedelta
) -> float | Drop:
    """Return the mean premium of the perpetual over its index, as a fraction of the index.

    ``frame`` holds premium index candles (``date``, ``close``) of a ``span``, known at their
    close.
    """
    closed = frame["date"] + span
    known = frame.loc[(closed > known_at - lookback) & (closed <= known_at), "close"]
    wanted = int(lookback / span)
    if len(known) < LEAST_PRESENT_FRACTION * wanted:
        return Drop("missing", f"{len(known)} of its last {wanted} premium candles are known")
    mean = float(known.mean(skipna=False))
    return mean if isfinite(mean) else Drop("missing", "a premium is no number")


def uncorrelated(
    closes: pd.DataFrame, pairs: Sequence[str], *, cap: float, least_fraction: float
) -> Selection:
    """Keep each pair that is correlated at most ``cap`` with every pair kept before it.

    Greedy and stable: of a group that moves together the first stays, in the order of ``pairs``.
    It is the size of the correlation that counts: what always moves against another is the same
    bet with the other side. A correlation exactly at the cap is allowed.

    ``closes``: a column a pair, a row a candle without holes in the index, NaN where a candle is
    missing. A pair whose log returns are known for less than ``least_fraction`` of the rows, or
    that did not move, is dropped, as is one with too few rows in common with a pair kept.
    """
    prices = closes.where(closes > 0)
    returns = pd.DataFrame(np.log(prices)).diff().iloc[1:]
    least = max(2, int(np.ceil(least_fraction * len(returns))))
    correlations: dict[str, dict[str, float]] = returns.corr(min_periods=least).to_dict()  # type: ignore[assignment]
    kept: list[str] = []
    dropped: dict[str, Drop] = {}
    for pair in pairs:
        fault = _unmeasured(returns, pair, least) or _twin(correlations, pair, kept, cap)
        if fault is None:
            kept.append(pair)
        else:
            dropped[pair] = fault
    return Selection(tuple(kept), dropped)


def liquidity_of(
    bids: Sequence[Sequence[float]],
    asks: Sequence[Sequence[float]],
    *,
    reach_fraction: float,
    contract_size: float = 1.0,
) -> Liquidity | Drop:
    """Measure an order book: levels of price and amount, the best first.

    Depth is what rests within ``reach_fraction`` of the mid price, in USD, on the thinner side.
    """
    if not bids or not asks:
        return Drop("missing", "one side of its order book is empty")
    bid, ask = float(bids[0][0]), float(asks[0][0])
    if not (isfinite(bid) and isfinite(ask) and 0 < bid <= ask):
        return Drop("broken", f"its order book bids {bid:g} and asks {ask:g}")
    middle = (bid + ask) / 2
    depths = [
        sum(
            float(price) * float(amount) * contract_size
            for price, amount, *_ in side
            if abs(float(price) / middle - 1) <= reach_fraction
        )
        for side in (bids, asks)
    ]
    if not all(map(isfinite, depths)):
        return Drop("broken", "an amount in its order book is no number")
    return Liquidity((ask - bid) / middle, min(depths))


def _oddity(number: float) -> float:
    return number if isfinite(number) else -1.0


def _out_of_bounds(value: float, lowest: float | None, highest: float | None) -> Drop | None:
    if not isfinite(value):
        return Drop("missing", f"its value is {value}")
    if lowest is not None and value < lowest:
        return Drop("too low", f"its value {value:g} is below {lowest:g}")
    if highest is not None and value > highest:
        return Drop("too high", f"its value {value:g} is above {highest:g}")
    return None


def _unmeasured(returns: pd.DataFrame, pair: str, least: int) -> Drop | None:
    known = returns[pair].dropna() if pair in returns else pd.Series(dtype="float64")
    if len(known) < least:
        return Drop("missing", f"{len(known)} of {len(returns)} returns are known, {least} needed")
    return None if float(known.std()) > 0 else Drop("frozen", "its price did not move")


def _twin(
    correlations: Mapping[str, Mapping[str, float]], pair: str, kept: Sequence[str], cap: float
) -> Drop | None:
    for other in kept:
        value = correlations[pair][other]
        if not isfinite(value):
            return Drop("missing", f"its correlation with {other} is not known")
        if abs(value) > cap:
            reason = f"its correlation of {value:.2f} with {other} is beyond {cap:.2f}"
            return Drop(f"moves with {other}", reason)
    return None
