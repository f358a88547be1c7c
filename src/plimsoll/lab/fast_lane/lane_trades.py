"""The loop's trades as Freqtrade's own objects, for whoever is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isnan
from typing import Any

import numpy as np
from freqtrade.persistence import LocalTrade, Order

from plimsoll.lab.fast_lane.market import Packed
from plimsoll.lab.fast_lane.records import TRADE
from plimsoll.lab.fast_lane.trades import Words

Told = dict[str, Any]
"""A row of the loop's trades, as Python's own values by name."""


class LaneTrade(LocalTrade):
    """A trade of the loop, as Freqtrade's own code reads it; its orders are made when read."""

    _orders: list[Order] | None = None

    @property
    def orders(self) -> list[Order]:  # type: ignore[override]
        """The entry order, and the exit order of a closed trade."""
        if self._orders is None:
            self._orders = [_order(self, is_entry=True)]
        if not self.is_open and len(self._orders) == 1:
            self._orders.append(_order(self, is_entry=False))
        return self._orders


class LaneTrades:
    """Makes the trades of one run, and brings them up to date."""

    def __init__(self, backtesting: Any, packed: Packed, rules: list[str]) -> None:
        self._fee, self._words = backtesting.fee, Words(packed, rules)
        self._same = [_same(backtesting, pair) for pair in packed.pairs]

    def made(self, told: Told) -> LaneTrade:
        """Return the object of a trade; what changes of it is not set yet."""
        trade: LaneTrade = LaneTrade.__new__(LaneTrade)
        precision = told["price_precision"]
        trade.__dict__.update(
            self._same[told["pair"]],
            id=told["number"],
            open_rate=told["open_rate"],
            open_rate_requested=told["ordered_rate"],
            open_date=moment(told["open_s"]),
            stake_amount=told["stake"],
            max_stake_amount=told["most_stake"],
            amount=told["amount"],
            amount_requested=told["amount"],
            fee_open_cost=self._fee * told["most_stake"],
            open_trade_value=told["open_value"],
            enter_tag=self._words.tag(told["enter_tag"]),
            is_short=bool(told["is_short"]),
            leverage=told["leverage"],
            price_precision=None if isnan(precision) else precision,
            precision_mode_price=told["price_mode"],
        )
        return trade

    def refresh(self, trade: LaneTrade, told: Told) -> None:
        """Bring what changes from candle to candle up to date."""
        initial, liquidation = told["initial_fraction"], told["liquidation"]
        trade.__dict__.update(
            stop_loss=told["stop"],
            stop_loss_pct=told["stop_fraction"],
            initial_stop_loss=told["initial_stop"],
            initial_stop_loss_pct=None if isnan(initial) else initial,
            is_stop_loss_trailing=bool(told["is_trailing"]),
            min_rate=told["lowest"] or None,
            max_rate=told["highest"] or None,
            liquidation_price=None if isnan(liquidation) else liquidation,
            funding_fees=told["funding"],
            funding_fee_running=told["funding_running"],
        )

    def close(self, trade: LaneTrade, told: Told) -> None:
        """Set how a trade ended."""
        self.refresh(trade, told)
        trade.__dict__.update(
            is_open=False,
            close_date=moment(told["close_s"]),
            close_rate=told["close_rate"],
            close_profit=told["profit_ratio"],
            close_profit_abs=told["profit_usd"],
            realized_profit=told["profit_usd"],
            exit_reason=self._words.reason(told["exit_kind"], told["exit_tag"]),
            exit_order_status="closed",
        )


def told_of(rows: np.ndarray) -> Iterator[Told]:
    """Yield what rows of the loop's trades say."""
    names = TRADE.names or ()
    return (dict(zip(names, row, strict=True)) for row in rows.tolist())


def moment(seconds: int) -> datetime:
    """Return a time, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _same(backtesting: Any, pair: str) -> dict[str, Any]:
    """Return what all trades of a pair have in common."""
    exchange = backtesting.exchange
    return {
        "pair": pair,
        "base_currency": exchange.get_pair_base_currency(pair),
        "stake_currency": backtesting.config["stake_currency"],
        "fee_open": backtesting.fee,
        "fee_close": backtesting.fee,
        "is_open": True,
        "timeframe": backtesting.timeframe_min,
        "exchange": backtesting._exchange_name,  # noqa: SLF001 - as Freqtrade's loop sets it
        "trading_mode": backtesting.trading_mode,
        "amount_precision": exchange.get_precision_amount(pair),
        "precision_mode": backtesting.precision_mode,
        "contract_size": exchange.get_contract_size(pair),
        "realized_profit": 0.0,
    }


def _order(trade: LaneTrade, *, is_entry: bool) -> Order:
    """Return the filled order that a trade began or ended with."""
    at = trade.open_date if is_entry else trade.close_date
    price = trade.open_rate_requested if is_entry else trade.close_rate
    side = trade.entry_side if is_entry else trade.exit_side
    order = Order(
        ft_trade_id=trade.id,
        ft_is_open=False,
        ft_pair=trade.pair,
        order_id=f"{trade.id}-{side}",
        symbol=trade.pair,
        ft_order_side=side,
        side=side,
        order_type="market",
        status="closed",
        order_date=at,
        order_filled_date=at,
        order_update_date=at,
        ft_price=price,
        price=price,
        average=price,
        amount=trade.amount,
        filled=trade.amount,
        remaining=0,
        cost=trade.amount * (price or 0.0) * (1 + (trade.fee_open or 0.0)),
        ft_order_tag=trade.enter_tag if is_entry else trade.exit_reason,
    )
    order._trade_bt = trade  # noqa: SLF001 - as Freqtrade's loop links them
    return order
