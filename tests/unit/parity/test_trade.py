"""Reading Freqtrade's trade export."""

import math

import pytest

from plimsoll.core.side import Side
from plimsoll.parity import ParityError, read_trades
from tests.unit.parity import lists


def test_several_entries_and_partial_exits_become_averages():
    [trade] = read_trades(
        [lists.trade(entries=[(1.0, 100.0), (3.0, 80.0)], exits=[(2.0, 90.0), (2.0, 110.0)])]
    )

    assert trade.entry_amount == 4.0
    assert trade.entry_rate == 85.0
    assert trade.exit_amount == 4.0
    assert trade.exit_rate == 100.0


def test_missing_fees_and_funding_count_as_nothing_and_are_named():
    [trade] = read_trades([{**lists.trade(fee=None, funding=None), "funding_fees": math.nan}])

    assert (trade.fee_open, trade.fee_close, trade.funding) == (0.0, 0.0, 0.0)
    assert trade.missing == {"fee_open", "fee_close", "funding_fees"}


@pytest.mark.parametrize("name", ["profit_abs"])
@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_a_closed_trade_without_a_profit_is_refused(name, value):
    with pytest.raises(ParityError, match="profit_abs"):
        read_trades([{**lists.trade(), name: value}])


def test_an_order_whose_price_is_no_number_is_refused():
    row = lists.trade()
    row["orders"][0]["safe_price"] = math.nan

    with pytest.raises(ParityError, match="safe_price"):
        read_trades([row])


@pytest.mark.parametrize("name", ["fee_open", "funding_fees", "stake_amount"])
def test_an_infinite_cost_is_refused(name):
    with pytest.raises(ParityError, match=name):
        read_trades([{**lists.trade(), name: math.inf}])


def test_an_open_trade_counts_what_its_exits_realised():
    [trade] = read_trades([lists.trade(closed=None, entries=[(2.0, 100.0)], exits=[(1.0, 110.0)])])

    assert trade.is_open
    assert trade.profit == pytest.approx(10.0 - 0.0005 * 210.0)


def test_an_entry_that_nothing_filled_is_no_trade():
    row = lists.trade(closed=None)
    row["orders"][0]["order_filled_timestamp"] = None

    assert read_trades([row]) == ()


def test_a_trade_that_closes_before_it_opens_is_refused():
    with pytest.raises(ParityError, match="before it opens"):
        read_trades([{**lists.trade(60.0, 120.0), "close_timestamp": lists.ms(0)}])


def test_a_backtest_s_entry_inside_its_last_candle_ends_as_it_opens():
    forced = {**lists.trade(60.0, 120.0, reason="force_exit"), "close_timestamp": lists.ms(55.0)}

    (trade,) = read_trades([forced])

    assert trade.closed_at == trade.opened_at


def test_a_row_without_orders_is_one_entry_and_one_exit():
    row = {**lists.trade(short=True), "orders": []}
    [trade] = read_trades([row])

    assert trade.side is Side.SHORT
    assert [fill.is_entry for fill in trade.fills] == [True, False]
    assert trade.exit_rate == row["close_rate"]
