"""Freqtrade's trade of a backtest, which goes through each of its orders once.

After every fill Freqtrade adds up all orders of a trade anew, in exact decimals, and looks for the
last one filled each time that it asks for funding: a trade that is changed each day takes longer
with each day. Here what closed orders add up to is kept, since they never change. Each sum goes
on in Freqtrade's order, so that it stays the same double.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from freqtrade.constants import NON_OPEN_EXCHANGE_STATES
from freqtrade.enums import TradingMode
from freqtrade.exchange import amount_to_contract_precision, price_to_precision
from freqtrade.persistence import LocalTrade, Order

from plimsoll.lab.fast_lane import position
from plimsoll.lab.fast_lane.money import close_value, open_value

COUNTED = (TradingMode.FUTURES, TradingMode.SPOT)
"""Where a trade's value has no interest in it."""


class Tally:
    """What the closed orders of a trade add up to: those before the first that is open."""

    def __init__(self) -> None:
        self.orders = 0
        """How many are in it."""
        self.filled: list[Order] = []
        """Those that `LocalTrade.select_filled_orders` returns."""
        self.last_filled: tuple[float, datetime] | None = None
        self.fees: list[float] = []
        """Funding of each order, without those that have none."""
        self.held = np.zeros(position.POSITION_SIZE, np.int64)
        self.entered_value = 0.0
        self.profit = self.profit_ratio = self.last_profit = 0.0
        self.funding = self.funding_since_exit = 0.0

    def take(self, trade: "CountedTrade", order: Order) -> None:
        """Go on by one closed order."""
        self.orders += 1
        if order.funding_fee:
            self.fees.append(order.funding_fee)
        if not order.filled:
            return
        if order.status in NON_OPEN_EXCHANGE_STATES:
            self._fill(order)
        self.funding_since_exit += order.funding_fee or 0.0
        self.funding += order.funding_fee or 0.0
        amount, price = float(order.safe_amount_after_fee), float(order.safe_price)
        short = int(trade.is_short)
        if order.ft_order_side == trade.entry_side:
            position.enter(self.held, amount, price)
            self.entered_value += open_value(amount, price, float(trade.fee_open), short)
            return
        position.leave(self.held, amount)
        paid = open_value(amount, position.average_price(self.held), float(trade.fee_open), short)
        got = trade.worth(amount, price, self.funding_since_exit)
        self.last_profit = round(paid - got if trade.is_short else got - paid, 8)
        self.profit += self.last_profit
        if self.entered_value > 0:
            self.profit_ratio = (self.profit / self.entered_value) * trade.leverage
        self.funding_since_exit = 0.0

    def _fill(self, order: Order) -> None:
        self.filled.append(order)
        at = order.order_filled_utc
        if at is not None and (self.last_filled is None or at > self.last_filled[1]):
            self.last_filled = float(order.safe_price), at


class CountedTrade(LocalTrade):
    """A trade of a backtest with isolated futures, or on spot; made of Freqtrade's by `counted`."""

    _tally: Tally

    def worth(self, amount: float, rate: float, funding: float | None) -> float:
        """Return what closing an amount at a rate is worth, after fees, with funding."""
        value = close_value(amount, float(rate), float(self.fee_close or 0.0), int(self.is_short))
        if self.trading_mode == TradingMode.SPOT:
            return value
        return value - (funding or 0.0) if self.is_short else value + (funding or 0.0)

    def tally(self) -> Tally:
        """Return what the closed orders add up to."""
        tally, orders = self._tally, self.orders
        while tally.orders < len(orders) and not orders[tally.orders].ft_is_open:
            tally.take(self, orders[tally.orders])
        return tally

    # As Freqtrade has it, of the tally and of the few orders behind it

    @property
    def open_date_utc(self) -> datetime:
        """The opening date in UTC."""
        date = self.open_date
        return date if date.tzinfo is UTC else date.replace(tzinfo=UTC)

    @property
    def has_open_orders(self) -> bool:
        """Whether an order is open; a backtest has no stop orders."""
        behind = self.orders[self.tally().orders :]
        return any(one.ft_is_open and one.ft_order_side != "stoploss" for one in behind)

    @property
    def open_orders(self) -> list[Order]:
        """The open orders."""
        behind = self.orders[self.tally().orders :]
        return [one for one in behind if one.ft_is_open and one.ft_order_side != "stoploss"]

    @property
    def _date_last_filled_utc(self) -> datetime | None:
        last = self.tally().last_filled
        return None if last is None else last[1]

    def kept_last_fill(self) -> tuple[float, datetime]:
        """Return the price and the time of the last fill; those of the opening without one."""
        return self.tally().last_filled or (self.open_rate, self.open_date_utc)

    def select_filled_orders(self, order_side: str | None = None) -> list[Order]:
        """Return the filled orders, of a side."""
        filled = self.tally().filled
        if order_side is None:
            return list(filled)
        return [one for one in filled if one.ft_order_side == order_side]

    def select_order(
        self,
        order_side: str | None = None,
        is_open: bool | None = None,  # noqa: FBT001 - Freqtrade's signature
        only_filled: bool = False,  # noqa: FBT001, FBT002 - Freqtrade's signature
    ) -> Order | None:
        """Return the latest order of a side and state."""
        if is_open is True and self.tally().orders == len(self.orders):
            return None
        found: Order | None = super().select_order(order_side, is_open, only_filled)
        return found

    def set_funding_fees(self, funding_fee: float | None) -> None:
        """Book what was paid since the last fill."""
        if funding_fee is None:
            return
        self.funding_fee_running = funding_fee
        fees = self.tally().fees
        behind = [one.funding_fee for one in self.orders[self._tally.orders :] if one.funding_fee]
        self.funding_fees = sum([*fees, *behind]) + funding_fee

    def calc_close_trade_value(self, rate: float | None, amount: float | None = None) -> float:
        """Return what closing is worth."""
        if rate is None:
            value: float = super().calc_close_trade_value(rate, amount)
            return value
        return self.worth(float(amount or self.amount), rate, self.funding_fees)

    def _calc_open_trade_value(self, amount: float, open_rate: float) -> float:
        return open_value(
            float(amount), float(open_rate), float(self.fee_open), int(self.is_short or False)
        )

    def adjust_stop_loss(
        self,
        current_price: float,
        stoploss: float | None,
        initial: bool = False,  # noqa: FBT001, FBT002 - Freqtrade's signature
        allow_refresh: bool = False,  # noqa: FBT001, FBT002 - Freqtrade's signature
    ) -> None:
        """Move the stop; a farther one is rounded to no nearer one than that in force."""
        if stoploss is None or (initial and self.stop_loss):
            return
        if not allow_refresh and self.stop_loss and self.initial_stop_loss_pct is not None:
            off = abs(stoploss / (self.leverage or 1.0))
            if self.is_short and current_price * (1 + off) >= self.stop_loss:
                return
            if not self.is_short and current_price * (1 - off) <= self.stop_loss:
                return
        super().adjust_stop_loss(current_price, stoploss, initial, allow_refresh)

    def recalc_trade_from_orders(self, *, is_closing: bool = False) -> None:
        """Take over what the orders add up to."""
        tally = self.tally()
        if tally.held[position.BEYOND] or any(
            one.filled and not one.ft_is_open for one in self.orders[tally.orders :]
        ):
            super().recalc_trade_from_orders(is_closing=is_closing)
            return
        self.funding_fees = tally.funding
        self.max_stake_amount = position.entered_of(tally.held) / (self.leverage or 1.0)
        if tally.profit_ratio:
            self.close_profit = tally.profit_ratio
            self.realized_profit = tally.profit
            self.close_profit_abs = tally.last_profit
        amount = amount_to_contract_precision(
            position.amount_of(tally.held),
            self.amount_precision,
            self.precision_mode,
            self.contract_size,
        )
        if amount > 0.0:
            self._hold(tally, amount)
        elif is_closing and tally.entered_value > 0:
            self.close_profit = (tally.profit / tally.entered_value) * self.leverage
            self.close_profit_abs = tally.profit

    def _hold(self, tally: Tally, amount: float) -> None:
        self.open_rate = price_to_precision(
            position.open_rate_of(tally.held), self.price_precision, self.precision_mode_price
        )
        self.amount = amount
        self.stake_amount = position.stake_of(tally.held) / (self.leverage or 1.0)
        self.fee_open_cost = self.fee_open * float(self.max_stake_amount or 0.0)
        self.recalc_open_trade_value()
        if self.stop_loss_pct is not None and self.open_rate is not None:
            self.adjust_stop_loss(self.open_rate, self.stop_loss_pct)


def counted(trade: Any) -> None:
    """Make of Freqtrade's trade one that counts its orders once, and of such a one nothing else.

    Where its value has interest in it, it stays what it is.
    """
    if type(trade) is LocalTrade and trade.trading_mode in COUNTED:
        trade._tally = Tally()  # noqa: SLF001 - its own, in a moment
        trade.__class__ = CountedTrade
