"""Money in compiled code is the same double as Freqtrade's, in each of its computations."""

import math
from datetime import UTC, datetime

import pytest
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade, Order
from freqtrade.util import FtPrecise
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane import money
from tests.unit.lab.fast_lane.numbers import BINARY, FEES, NUMBERS, same

EXAMPLES = settings(max_examples=600, deadline=None)


def a_trade(
    amount: float, price: float, fee: float, leverage: float, *, is_short: bool
) -> LocalTrade:
    """Return Freqtrade's trade after its only entry was filled."""
    trade = LocalTrade(
        pair="BTC/USDT:USDT",
        stake_amount=amount * price / leverage,
        amount=0.0,
        open_rate=price,
        fee_open=fee,
        fee_close=fee,
        is_short=is_short,
        leverage=leverage,
        trading_mode=TradingMode.FUTURES,
        open_date=datetime(2026, 1, 1, tzinfo=UTC),
        stop_loss_pct=None,
        orders=[],
    )
    order = Order(
        ft_is_open=True,
        ft_order_side=trade.entry_side,
        ft_pair=trade.pair,
        ft_amount=amount,
        ft_price=price,
        amount=amount,
        price=price,
        average=price,
        filled=0.0,
        status="open",
    )
    order._trade_bt = trade
    trade.orders.append(order)
    trade.adjust_stop_loss = lambda *ignored, **none: None  # type: ignore[method-assign]
    order.close_bt_order(datetime(2026, 1, 1, tzinfo=UTC), trade)
    return trade


@EXAMPLES
@given(NUMBERS, NUMBERS)
def test_a_product(left: float, right: float) -> None:
    wanted = float(FtPrecise(left) * FtPrecise(right))
    assert same(money.product(left, right), wanted)
    assert same(money.product_in_full(left, right, 0.0, 0.0), wanted)


@EXAMPLES
@given(NUMBERS, NUMBERS)
@example(1.0, 3.0)
@example(3e-8, 10.0)
def test_a_quotient(left: float, right: float) -> None:
    wanted = float(FtPrecise(left) / FtPrecise(right))
    assert same(money.quotient(left, right), wanted)
    assert same(money.quotient_in_full(left, 1.0, right, 1.0), wanted)


@EXAMPLES
@given(NUMBERS, NUMBERS, NUMBERS)
@example(0.12345678901234567, 0.00000123, 3.3)
def test_a_quotient_of_a_product(stake: float, amount: float, whole: float) -> None:
    wanted = abs(float(FtPrecise(-stake) * FtPrecise(amount) / FtPrecise(whole)))
    assert same(money.quotient_in_full(stake, amount, whole, -1.0), wanted)


@EXAMPLES
@given(NUMBERS, NUMBERS, FEES, st.sampled_from([1.0, 2.0, 3.0, 7.5, 20.0, 75.0]), st.booleans())
def test_a_trade_of_freqtrade(
    amount: float, price: float, fee: float, leverage: float, is_short: bool
) -> None:
    trade = a_trade(amount, price, fee, leverage, is_short=is_short)
    opened = money.open_value(amount, price, fee, is_short)
    assert same(opened, trade._calc_open_trade_value(amount, price))
    assert same(opened, money.product_in_full(amount, price, fee, -1.0 if is_short else 1.0))
    trade.amount = amount
    for rate in (price * 1.01, 0.0, 1.0):
        for funding in (0.0, -0.1234567):
            trade.funding_fees = funding
            closed = money.close_value(amount, rate, fee, is_short)
            closed = closed - funding if is_short else closed + funding
            assert same(closed, trade.calc_close_trade_value(rate))


@EXAMPLES
@given(NUMBERS, NUMBERS, st.sampled_from([1.0, 2.0, 3.0, 7.5, 20.0, 75.0]))
def test_the_stake_of_a_filled_entry(amount: float, price: float, leverage: float) -> None:
    trade = a_trade(amount, price, 0.0005, leverage, is_short=False)
    assert same(money.margin(amount, price, leverage), trade.stake_amount)
    assert same(money.margin(amount, price, leverage), trade.max_stake_amount)


HALVES = st.builds(lambda ticks: ticks / 2**9, st.integers(-(2**40), 2**40))
"""Multiples of 2^-9: each odd one lies exactly between two numbers of eight decimals."""


@EXAMPLES
@given(st.one_of(NUMBERS, BINARY, HALVES, st.floats()))
@example(0.000000005)
@example(-0.0)
@example(67108863.99999999)
@example(5e-324)
def test_round_is_pythons(value: float) -> None:
    for made, wanted in (
        (money.round8(value), round(value, 8)),
        (money.round14(value), round(value, 14)),
    ):
        assert same(made, wanted) or (math.isnan(made) and math.isnan(wanted))


@pytest.mark.parametrize("value", [0.001953125, 0.005859375, 1.001953125, -3.998046875])
def test_an_exact_half_goes_to_the_even_digit(value: float) -> None:
    assert f"{value:.10f}".endswith("50")
    assert same(money.round8(value), round(value, 8))


def test_where_freqtrade_fails_there_is_no_number() -> None:
    assert math.isnan(money.quotient(1.0, 0.0))
