"""What the market offered one fill: how much of it, at which price, cause by cause."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite, sqrt

import numpy as np
import pandas as pd

from plimsoll.execution.settings import ExecutionSettings, OrderKind
from plimsoll.execution.tape import Floats, Stretch, Tape
from plimsoll.risk.costs import BPS, SECONDS_PER_YEAR, TradingCosts

SECONDS_PER_DAY = 86_400


class Cause(StrEnum):
    """Why a fill at the market differs from the backtest's, in the order in which they apply."""

    STATED = "stated costs"
    NOT_FILLED = "not filled"
    HOLE = "out of a hole"
    STOP = "through the stop"
    LATENCY = "latency"
    PARTIAL = "partial fills"
    MISSED = "missed exits"
    SPREAD = "spread"
    IMPACT = "impact"
    FEE = "fee"


PRICE_CAUSES = (
    Cause.HOLE,
    Cause.STOP,
    Cause.LATENCY,
    Cause.PARTIAL,
    Cause.MISSED,
    Cause.SPREAD,
    Cause.IMPACT,
)
"""The causes that move the price of a fill."""


class Trigger(StrEnum):
    """What made the order: the opening of a candle, a stop, or a price level inside a candle."""

    OPEN = "open"
    STOP = "stop"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Fill:
    """A fill as the backtest assumed it.

    ``amount`` is in base units, above 0 for a purchase; ``price`` in USD; ``fee_fraction`` of its
    notional.
    """

    pair: str
    at: pd.Timestamp
    amount: float
    price: float
    fee_fraction: float
    is_entry: bool
    trigger: Trigger

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale."""
        return 1 if self.amount > 0 else -1


@dataclass(frozen=True)
class Offer:
    """The market's answer.

    ``got`` is the share of the amount that was filled, below 1 for a resting entry only.
    ``moves_usd`` has the change of the mean price by cause, in USD a base unit, above 0 for a
    dearer price whatever the side. ``has_detail``: shorter candles than the strategy's own showed
    what happened. ``is_over``: the candle's volume was too small for the order's share of it.
    """

    got: float
    moves_usd: Mapping[Cause, float]
    fee_fraction: float
    has_detail: bool
    is_over: bool


def offered(
    fill: Fill, tape: Tape, costs: TradingCosts, settings: ExecutionSettings, fee_bps: float
) -> Offer:
    """Return what the market offered a fill.

    ``fee_bps`` is the exchange's fee of an order that takes. A fill in a hole of the candles, where
    Freqtrade goes on with the last close, is made at the open of the first candle after it.

    Raises `ExecutionError` when no candle covers the fill, or volume or volatility are unknown.
    """
    assumed, after = fill.price, tape.after_hole(fill.at)
    if after is not None:
        opened = float(tape.around(after).open[0])
        fill = replace(fill, at=after, price=opened, trigger=Trigger.OPEN)
    around = tape.around(fill.at)
    is_limit = fill.trigger is not Trigger.STOP and OrderKind.LIMIT is (
        settings.entry_orders if fill.is_entry else settings.exit_orders
    )
    share = settings.participation_fraction
    maker = _rested(fill, around, share) if is_limit else 0.0
    got = maker if is_limit and fill.is_entry else 1.0
    taken = 0.0 if is_limit and fill.is_entry else 1.0 - maker
    moves = dict.fromkeys(PRICE_CAUSES, 0.0)
    moves[Cause.HOLE] = fill.price - assumed
    is_over = False
    if is_limit:
        moves[Cause.MISSED] = taken * (float(around.close[-1]) - fill.price)
    else:
        moves[Cause.STOP] = _through_stop(fill, around, costs)
        moves[Cause.LATENCY] = _latency(fill, around, tape, costs)
        moves[Cause.PARTIAL], is_over = _waiting(fill, around, share)
    against = fill.sign * fill.price * taken
    moves[Cause.SPREAD] = against * costs.of_pair(fill.pair).spread_bps / BPS
    moves[Cause.IMPACT] = against * _impact(fill, taken, around, tape, costs, settings)
    maker_bps = fee_bps if settings.maker_fee_bps is None else settings.maker_fee_bps
    resting = got if fill.is_entry else maker
    fee = fee_bps if not is_limit else _mixed(maker_bps, fee_bps, resting, taken)
    return Offer(
        got=got,
        moves_usd=moves,
        fee_fraction=fee / BPS,
        has_detail=around.seconds < tape.own_seconds,
        is_over=is_over,
    )


def _mixed(maker_bps: float, taker_bps: float, resting: float, taken: float) -> float:
    whole = resting + taken
    return maker_bps if whole == 0 else (maker_bps * resting + taker_bps * taken) / whole


def _rested(fill: Fill, around: Stretch, share: float) -> float:
    """Return how much of a resting order was filled by what traded through its price.

    A candle's volume is taken to lie evenly over its range; the order has ``share`` of what
    traded beyond its price. A price that is only touched fills nothing.
    """
    beyond = (fill.price - around.low) if fill.sign > 0 else (around.high - fill.price)
    spread = around.high - around.low
    part = np.divide(beyond, spread, out=np.zeros_like(beyond), where=spread > 0)
    part = np.where((spread == 0) & (beyond > 0), 1.0, np.clip(part, 0.0, 1.0))
    return float(min(1.0, share * (part * around.volume).sum() / abs(fill.amount)))


def _through_stop(fill: Fill, around: Stretch, costs: TradingCosts) -> float:
    """Return how far beyond its stop a stop order was filled, as a change of the price.

    Where the price jumped over the stop between two candles, the next one's open is what it
    got. From there it moves for the latency, by the volatility of the candle that hit the stop.
    """
    if fill.trigger is not Trigger.STOP:
        return 0.0
    row = around.first_touch(fill.price)
    hit = around.from_row(row or 0)
    opened, before = float(hit.open[0]), hit.close_before
    jumped = isfinite(before) and fill.sign * (before - fill.price) < 0
    gap = max(0.0, fill.sign * (opened - fill.price)) if row is not None and jumped else 0.0
    late = _lost(costs, hit.volatility(), hit.seconds) * (fill.price + fill.sign * gap)
    return fill.sign * (gap + late)


def _latency(fill: Fill, around: Stretch, tape: Tape, costs: TradingCosts) -> float:
    """Return what the price moved while the order was on its way.

    Where shorter candles than the strategy's own follow the signal, it is their drift: between
    open and close a price is expected on the straight line (the mean of a Brownian bridge), so
    that it may be a gain. Else it is the stated share of the volatility, always a loss.
    """
    if fill.trigger is Trigger.STOP:
        return 0.0
    seconds = costs.latency_ms / 1000
    if fill.trigger is Trigger.OPEN and around.seconds < tape.own_seconds:
        row = min(int(seconds // around.seconds), len(around.open) - 1)
        part = min(1.0, (seconds - row * around.seconds) / around.seconds)
        opened, closed = float(around.open[row]), float(around.close[row])
        return opened + (closed - opened) * part - float(around.open[0])
    daily = tape.daily_volatility(fill.at)
    return fill.sign * _lost(costs, daily, SECONDS_PER_DAY) * fill.price


def _lost(costs: TradingCosts, volatility: float, seconds: float) -> float:
    """Return the stated loss by latency at a volatility over so many seconds."""
    return costs.latency_fraction(volatility * sqrt(SECONDS_PER_YEAR / seconds))


def _waiting(fill: Fill, around: Stretch, share: float) -> tuple[float, bool]:
    """Return what the price moved while an order took its share of one candle after the other.

    The first candle's share is filled at the order's own price, the following ones at the mean
    of their high, low and close; what is left at the end of the strategy's candle goes at its
    last close. The second value says whether something was left.
    """
    inside = None if fill.trigger is Trigger.OPEN else around.first_touch(fill.price)
    rows = around.from_row(inside or 0)
    amount = abs(fill.amount)
    until = np.minimum(np.cumsum(rows.volume * share), amount)
    filled: Floats = np.diff(until, prepend=0.0)
    left = amount - float(until[-1])
    typical = (rows.high + rows.low + rows.close) / 3
    paid = float((filled[1:] * (typical[1:] - fill.price)).sum())
    paid += left * (float(rows.close[-1]) - fill.price)
    return paid / amount, left > 0


def _impact(
    fill: Fill,
    taken: float,
    around: Stretch,
    tape: Tape,
    costs: TradingCosts,
    settings: ExecutionSettings,
) -> float:
    """Return how far an order itself moves its mean price, as a fraction.

    The peak of the square-root law, or walking a book of even depth where its depth is stated;
    whichever is dearer. A stop meets the volatility of the candle that hit it where that is
    higher than the days' before.
    """
    order_usd = abs(fill.amount) * fill.price * taken
    if order_usd == 0:
        return 0.0
    volatility = tape.daily_volatility(fill.at)
    if fill.trigger is Trigger.STOP:
        hit = around.from_row(around.first_touch(fill.price) or 0)
        volatility = max(volatility, hit.volatility() * sqrt(SECONDS_PER_DAY / hit.seconds))
    law = settings.impact_coefficient * volatility * sqrt(order_usd / tape.daily_usd(fill.at))
    if settings.depth_order_usd is None:
        return law
    slippage = costs.of_pair(fill.pair).slippage_bps / BPS
    return max(law, slippage * order_usd / settings.depth_order_usd)
