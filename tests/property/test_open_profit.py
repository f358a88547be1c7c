"""What an open trade would make at a mark, against Freqtrade's own arithmetic."""

from datetime import UTC, datetime

from freqtrade.persistence import LocalTrade
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account.freqtrade_trades import (
    closed_trade_of,
    open_profit_usd,
    position_of,
    side_of,
)
from plimsoll.core import Side
from tests.unit.bridge.trades import trade_fields

OPENED = datetime(2026, 11, 19, 12, tzinfo=UTC)
prices = st.floats(1e-3, 1e5)


@st.composite
def trades(draw: st.DrawFn) -> LocalTrade:
    rate, leverage = draw(prices), draw(st.sampled_from([1.0, 2.0, 3.0, 5.0, 20.0]))
    stake = draw(st.floats(1, 1e4))
    return LocalTrade(
        **trade_fields(
            OPENED,
            trading_mode="futures",
            is_short=draw(st.booleans()),
            leverage=leverage,
            open_rate=rate,
            stake_amount=stake,
            amount=stake * leverage / rate,
            fee_open=draw(st.floats(0, 0.002)),
            fee_close=draw(st.floats(0, 0.002)),
            funding_fees=draw(st.one_of(st.none(), st.floats(-100, 100))),
            stop_loss=draw(st.sampled_from([0.0, rate])),
        )
    )


@settings(max_examples=1000, deadline=None)
@given(trade=trades(), move=st.floats(0.1, 3.0))
def test_it_is_freqtrades_profit(trade: LocalTrade, move: float) -> None:
    mark = trade.open_rate * move
    scale = max(1.0, trade.stake_amount * trade.leverage)
    # Freqtrade computes in decimals and rounds to eight places.
    assert abs(open_profit_usd(trade, mark) - trade.calc_profit(mark)) <= 1e-6 + scale * 1e-12


@settings(max_examples=300, deadline=None)
@given(trade=trades(), move=st.floats(0.1, 3.0))
def test_a_position_is_the_trade_at_the_mark(trade: LocalTrade, move: float) -> None:
    mark = trade.open_rate * move
    found = position_of(trade, mark)
    assert found.side is (Side.SHORT if trade.is_short else Side.LONG) is side_of(trade)
    assert (found.pair, found.entry_price, found.mark_price) == (trade.pair, trade.open_rate, mark)
    assert (found.amount, found.leverage) == (trade.amount, trade.leverage)
    assert found.margin_usd == trade.stake_amount
    assert found.opened_at == OPENED
    assert found.stop_price == (trade.open_rate if trade.stop_loss else None)


def test_a_resting_entry_counts_with_what_it_asks_for() -> None:
    waiting = LocalTrade(**trade_fields(OPENED, amount=0.0, amount_requested=7.0))
    assert position_of(waiting, None).amount == 7.0
    assert position_of(waiting, None).mark_price is None
    unasked = LocalTrade(**trade_fields(OPENED, amount=0.0, amount_requested=None))
    assert position_of(unasked, None).amount == 0.0


def test_a_profit_that_was_not_recorded_is_no_number() -> None:
    made = LocalTrade(**trade_fields(OPENED))
    made.close_date, made.is_open = OPENED, False
    found = closed_trade_of(made)
    assert found.profit_usd != found.profit_usd
    assert found.profit_fraction != found.profit_fraction
    made.close_profit_abs, made.close_profit = 0.0, 0.0
    found = closed_trade_of(made)
    assert (found.profit_usd, found.profit_fraction, found.closed_at) == (0.0, 0.0, OPENED)
