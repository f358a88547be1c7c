"""A position of many orders adds up to the doubles of Freqtrade's own trade."""

import math
from datetime import UTC, datetime

import numpy as np
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade, Order
from freqtrade.util import FtPrecise
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane import position
from tests.unit.lab.fast_lane.numbers import BINARY, SHORT, same

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
SIZES = st.one_of(SHORT, BINARY, st.floats(1e-9, 1e9))
ORDERS = st.lists(
    st.tuples(SIZES, st.floats(1e-8, 1e6), st.one_of(st.none(), st.floats(0.01, 0.99))),
    min_size=1,
    max_size=12,
)
"""Amount and price of an entry, or the share of what is held that an exit sells."""


class _Sums:
    """Freqtrade's sums, written down as in ``recalc_trade_from_orders``."""

    def __init__(self) -> None:
        self.amount, self.stake, self.entered, self.average = (FtPrecise(0.0) for _ in range(4))

    def enter(self, amount: float, price: float) -> None:
        self.amount = self.amount + FtPrecise(amount)
        self.stake = self.stake + FtPrecise(price) * FtPrecise(amount)
        self.entered = self.entered + FtPrecise(price) * FtPrecise(amount)
        self.average = self.stake / self.amount

    def leave(self, amount: float) -> None:
        self.amount = self.amount - FtPrecise(amount)
        self.stake = self.stake - self.average * FtPrecise(amount)


def empty() -> position.Wide:
    return np.zeros(position.POSITION_SIZE, np.int64)


@settings(max_examples=400, deadline=None)
@given(ORDERS)
def test_every_sum_after_every_order(orders: list[tuple[float, float, float | None]]) -> None:
    held, sums = empty(), _Sums()
    for amount, price, share in orders:
        if share is None or float(sums.amount) == 0.0:
            position.enter(held, amount, price)
            sums.enter(amount, price)
        else:
            part = float(sums.amount) * share
            position.leave(held, part)
            sums.leave(part)
        assert same(position.amount_of(held), float(sums.amount))
        assert same(position.stake_of(held), float(sums.stake))
        assert same(position.entered_of(held), float(sums.entered))
        assert same(position.average_price(held), float(sums.average))
        assert same(position.open_rate_of(held), float(sums.stake / sums.amount))


def fill(trade: LocalTrade, side: str, amount: float, price: float) -> None:
    """Add a filled order and let the trade add all of them up."""
    order = Order(ft_is_open=False, ft_order_side=side, ft_pair=trade.pair, ft_amount=amount)
    order.ft_price = order.price = order.average = price
    order.amount = order.filled = amount
    order.status, order.order_filled_date, order.funding_fee = "closed", OPENED, 0.0
    order._trade_bt = trade
    trade.orders.append(order)
    trade.recalc_trade_from_orders()


def test_a_trade_of_freqtrade_that_grows_shrinks_and_grows() -> None:
    trade = LocalTrade(
        pair="BTC/USDT:USDT",
        amount=0.0,
        stake_amount=0.0,
        open_rate=101.3,
        fee_open=0.0005,
        fee_close=0.0005,
        is_short=False,
        leverage=3.0,
        trading_mode=TradingMode.FUTURES,
        open_date=OPENED,
        stop_loss_pct=None,
        orders=[],
    )
    held = empty()
    for side, amount, price in (
        ("buy", 1.234, 101.3),
        ("buy", 0.777, 99.123456789),
        ("sell", 0.5, 120.0),
        ("buy", 0.003, 1e-3),
        ("sell", 1.111, 90.0),
    ):
        fill(trade, side, amount, price)
        if side == "buy":
            position.enter(held, amount, price)
        else:
            position.leave(held, amount)
        assert same(position.amount_of(held), trade.amount)
        assert same(position.stake_of(held) / 3.0, trade.stake_amount)
        assert same(position.entered_of(held) / 3.0, trade.max_stake_amount)
        assert same(position.open_rate_of(held), trade.open_rate)


def test_more_is_taken_off_than_was_there() -> None:
    held = empty()
    position.enter(held, 1.0, 3.0)
    position.leave(held, 1.25)
    assert (position.amount_of(held), position.stake_of(held)) == (-0.25, -0.75)
    assert position.entered_of(held) == 3.0


def test_a_position_that_is_left_is_empty() -> None:
    held = empty()
    position.enter(held, 1.0, 3.0)
    position.leave(held, 1.0)
    assert position.amount_of(held) == 0.0
    assert math.isnan(position.open_rate_of(held))


def test_an_amount_beyond_all_decimals_has_no_figures() -> None:
    held = empty()
    position.enter(held, 1.2345e-60, 3.0)
    assert math.isnan(position.amount_of(held))
