"""Profit before and after, and what each cause took: amounts that add up exactly."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.execution.offer import PRICE_CAUSES, Cause, Fill, Offer, Trigger, offered
from plimsoll.execution.settings import ExecutionError, ExecutionSettings
from plimsoll.execution.tape import Tape
from plimsoll.performance.fills import trade_fills
from plimsoll.risk.costs import BPS, TradingCosts

UNITS_PER_USD = 100_000_000
"""Amounts are whole numbers of a hundred-millionth USD, so that sums are exact."""
NS_PER_MS = 1_000_000
STOP_REASONS = ("stop_loss", "trailing_stop_loss", "stoploss_on_exchange", "liquidation")
LEVEL_REASONS = ("roi",)


@dataclass(frozen=True, eq=False)
class Bill:
    """What remains of a backtest.

    - ``trades``: a row a closed trade, in the order of the backtest: ``pair``, ``before``,
      ``after`` and a column a `Cause`, as whole numbers of 1 / `UNITS_PER_USD`. Every row holds
      ``before + the causes = after``, exactly.
    - ``repriced``: the same trades as Freqtrade exports them, at the market's prices: rates,
      amounts, fees, funding, orders and ``profit_abs``; trades of which nothing was filled are
      left out.
    - ``fills``: how many were priced; ``with_detail`` of them by candles shorter than the
      strategy's own; ``over``: larger than their share of the candle's volume.
    """

    trades: pd.DataFrame
    repriced: pd.DataFrame
    fills: int
    with_detail: int
    over: int

    @property
    def before_usd(self) -> float:
        """Profit as the backtest has it."""
        return float(self.trades["before"].sum()) / UNITS_PER_USD

    @property
    def after_usd(self) -> float:
        """Profit at what the market offered."""
        return float(self.trades["after"].sum()) / UNITS_PER_USD

    def causes_usd(self) -> dict[Cause, float]:
        """Return what each cause changed, below 0 for a loss."""
        return {cause: float(self.trades[cause].sum()) / UNITS_PER_USD for cause in Cause}

    def by_pair(self) -> pd.DataFrame:
        """Return the columns of ``trades`` in USD, a row a pair, and ``trades``, their number."""
        grouped = self.trades.groupby("pair", sort=True)
        made: pd.DataFrame = grouped.sum() / UNITS_PER_USD
        return made.assign(trades=grouped.size())


def reprice(
    trades: pd.DataFrame,
    tapes: Mapping[str, Tape],
    costs: TradingCosts,
    settings: ExecutionSettings,
    *,
    included_bps: float = 0.0,
    fee_bps: float | None = None,
) -> Bill:
    """Price every fill of a backtest at what the market offered, and add up why it differs.

    Parameters
    ----------
    trades
        Freqtrade's trade export; trades that are still open are left out.
    tapes
        The candles of every traded pair.
    settings
        What is assumed of the market.
    costs
        Spread and latency, and the fee unless ``fee_bps`` names one.
    included_bps
        What the backtest's fee holds beside the exchange's: stated spread and slippage. It is
        given back before the market's own is charged.
    fee_bps
        The exchange's fee of every pair; None for that of ``costs``.

    Raises
    ------
    ExecutionError
        When a pair has no tape, or the tape does not cover a fill.
    MeasureError
        When the trades cannot be measured.
    """
    closed = trades[trades["close_date"].notna()].reset_index(drop=True)
    rows, made, offers = [], [], []
    for trade, fills in zip(closed.to_dict("records"), fills_of(closed), strict=True):
        pair = str(trade["pair"])
        if pair not in tapes:
            raise ExecutionError(f"{pair} was traded and has no candles; load them")
        own_fee = costs.of_pair(pair).fee_bps if fee_bps is None else fee_bps
        answers = [offered(fill, tapes[pair], costs, settings, own_fee) for fill in fills]
        stages = _stages(fills, answers, included_bps / BPS)
        values = _values(trade, stages)
        rows.append([pair, values[0], values[-1], *(b - a for a, b in pairwise(values))])
        offers += answers
        if stages[-1].share > 0:
            made.append(_repriced(trade, fills, stages[-1], values[-1] / UNITS_PER_USD))
    columns = ["pair", "before", "after", *Cause]
    return Bill(
        trades=pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], "int64")),
        repriced=pd.DataFrame(made) if made else closed.iloc[:0],
        fills=len(offers),
        with_detail=sum(one.has_detail for one in offers),
        over=sum(one.is_over for one in offers),
    )


def fills_of(closed: pd.DataFrame) -> list[list[Fill]]:
    """Return the fills of each closed trade, oldest first.

    Only the last exit knows its reason: `STOP_REASONS` are stops, `LEVEL_REASONS` price levels
    inside a candle; everything else is at the opening of a candle.
    """
    fills: list[list[Fill]] = [[] for _ in range(len(closed))]
    short = closed["is_short"].to_numpy(dtype=bool)
    reasons = closed["exit_reason"].astype("str").to_numpy() if "exit_reason" in closed else None
    for row in trade_fills(closed).to_dict("records"):
        trade, amount, price = int(row["trade"]), float(row["amount"]), float(row["price_usd"])
        if amount == 0:
            continue
        fills[trade].append(
            Fill(
                pair=str(row["pair"]),
                at=row["time"],
                amount=amount,
                price=price,
                fee_fraction=float(row["fee_usd"]) / (abs(amount) * price),
                is_entry=(amount < 0) == bool(short[trade]),
                trigger=Trigger.OPEN,
            )
        )
    for trade, of_trade in enumerate(fills):
        reason = "" if reasons is None else str(reasons[trade])
        if of_trade and not of_trade[-1].is_entry:
            of_trade[-1] = _triggered(of_trade[-1], reason)
    return fills


def _triggered(fill: Fill, reason: str) -> Fill:
    if reason in STOP_REASONS:
        return replace(fill, trigger=Trigger.STOP)
    return replace(fill, trigger=Trigger.LEVEL) if reason in LEVEL_REASONS else fill


@dataclass(frozen=True)
class _Stage:
    """A trade's fills once some causes have been applied; ``share`` of it is there at all."""

    amounts: np.ndarray
    prices: np.ndarray
    fees: np.ndarray
    share: float

    def profit(self) -> float:
        """Cash of the fills less their fees."""
        return float(
            (-self.amounts * self.prices - np.abs(self.amounts) * self.prices * self.fees).sum()
        )


def _values(trade: Mapping[Hashable, Any], stages: Sequence[_Stage]) -> list[int]:
    """Return the trade's profit at each stage in units; the first is the backtest's own.

    What fills and fees do not explain of it (funding, interest, rounding) goes with the trade.
    """
    rest = float(trade["profit_abs"]) - stages[0].profit()
    return [round((stage.profit() + stage.share * rest) * UNITS_PER_USD) for stage in stages]


def _stages(fills: Sequence[Fill], offers: Sequence[Offer], included: float) -> list[_Stage]:
    """Return the trade as the backtest has it, and after each `Cause` in turn."""
    amounts = np.array([fill.amount for fill in fills])
    prices = np.array([fill.price for fill in fills])
    fees = np.array([fill.fee_fraction for fill in fills])
    entered = np.array([fill.is_entry for fill in fills])
    got = np.array([offer.got for offer in offers])
    share = float((np.abs(amounts) * got)[entered].sum() / np.abs(amounts)[entered].sum())
    bare = np.maximum(fees - included, 0.0)
    real = amounts * np.where(entered, got, share)
    stages = [_Stage(amounts, prices, fees, 1.0), _Stage(amounts, prices, bare, 1.0)]
    stages.append(_Stage(real, prices, bare, share))
    for cause in PRICE_CAUSES:
        prices = prices + np.array([offer.moves_usd[cause] for offer in offers])
        stages.append(_Stage(real, prices, bare, share))
    charged = np.array([offer.fee_fraction for offer in offers])
    return [*stages, _Stage(real, prices, charged, share)]


def _repriced(
    trade: Mapping[Hashable, Any], fills: Sequence[Fill], stage: _Stage, profit_usd: float
) -> dict[Hashable, Any]:
    """Return a trade of the export at the market's prices."""
    entered = np.array([fill.is_entry for fill in fills])
    sizes = np.abs(stage.amounts)

    def mean(values: np.ndarray, which: np.ndarray) -> float:
        return float(np.average(values[which], weights=sizes[which]))

    orders = [
        {
            "amount": float(size),
            "safe_price": float(price),
            "ft_is_entry": fill.is_entry,
            "order_filled_timestamp": fill.at.value // NS_PER_MS,
        }
        for fill, size, price in zip(fills, sizes, stage.prices, strict=True)
        if size > 0
    ]
    return {
        **trade,
        "amount": float(trade["amount"]) * stage.share,
        "open_rate": mean(stage.prices, entered),
        "close_rate": mean(stage.prices, ~entered),
        "fee_open": mean(stage.fees, entered),
        "fee_close": mean(stage.fees, ~entered),
        "funding_fees": float(trade["funding_fees"]) * stage.share,
        "profit_abs": profit_usd,
        "orders": orders,
    }
