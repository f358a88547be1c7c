import numpy as np
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import no_trades, trade_fills
from tests.unit.performance.frames import hours, trade, trades_frame

T = hours(6)


def _order(at, amount, price, *, entry, **more):
    milliseconds = None if at is None else int(at.timestamp() * 1000)
    return {
        "amount": amount,
        "safe_price": price,
        "ft_is_entry": entry,
        "order_filled_timestamp": milliseconds,
    } | more


def test_no_trades_give_no_fills():
    assert trade_fills(no_trades()).empty


def test_short_sells_first():
    fills = trade_fills(trades_frame(trade(T[0], T[1], 10.0, 9.0, amount=4.0, side="short")))
    assert fills["amount"].tolist() == [-4.0, 4.0]
    assert fills["time"].tolist() == [T[0], T[1]]


def test_fee_is_a_share_of_each_fills_notional():
    fills = trade_fills(trades_frame(trade(T[0], T[1], 100.0, 200.0, amount=2.0, fee=0.001)))
    assert fills["fee_usd"].tolist() == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("with_orders", [True, False])
def test_entry_pays_the_opening_fee_and_exit_the_closing_fee(with_orders):
    orders = [_order(T[0], 1.0, 100.0, entry=True), _order(T[1], 1.0, 100.0, entry=False)]
    row = trade(T[0], T[1], 100.0, 100.0, orders=orders if with_orders else None)
    fills = trade_fills(trades_frame(row | {"fee_open": 0.01, "fee_close": 0.03}))
    assert fills["fee_usd"].tolist() == pytest.approx([1.0, 3.0])


def test_open_trade_has_only_its_entry():
    assert len(trade_fills(trades_frame(trade(T[0], None, 10.0, 0.0)))) == 1


def test_trade_whose_entry_order_is_not_filled_holds_nothing():
    row = trade(T[0], None, 10.0, 0.0, orders=[_order(None, 1.0, 10.0, entry=True)])
    assert trade_fills(trades_frame(row)).empty


def test_filled_part_counts_not_the_ordered_amount():
    orders = [
        _order(T[0], 10.0, 5.0, entry=True, filled=6.0),
        _order(T[1], 6.0, 5.0, entry=False, filled=6.0),
    ]
    fills = trade_fills(trades_frame(trade(T[0], T[1], 5.0, 5.0, orders=orders)))
    assert fills["amount"].tolist() == [6.0, -6.0]


def test_rounding_left_by_the_exits_goes_to_the_last_one():
    orders = [_order(T[0], 1.0, 5.0, entry=True), _order(T[1], 0.999, 5.0, entry=False)]
    fills = trade_fills(trades_frame(trade(T[0], T[1], 5.0, 5.0, orders=orders)))
    assert fills["amount"].sum() == 0.0


def test_closed_trade_whose_orders_leave_a_position_is_refused():
    orders = [_order(T[0], 1.0, 5.0, entry=True), _order(T[1], 0.5, 5.0, entry=False)]
    with pytest.raises(MeasureError, match="record is damaged"):
        trade_fills(trades_frame(trade(T[0], T[1], 5.0, 5.0, orders=orders)))


@pytest.mark.parametrize("column", ["open_rate", "amount", "fee_open", "funding_fees"])
def test_nan_in_a_number_is_refused(column):
    row = trade(T[0], T[1], 5.0, 5.0) | {column: np.nan}
    with pytest.raises(MeasureError, match=column):
        trade_fills(trades_frame(row))


def test_missing_column_is_named():
    with pytest.raises(MeasureError, match="funding_fees not found"):
        trade_fills(trades_frame(trade(T[0], T[1], 5.0, 5.0)).drop(columns="funding_fees"))


def test_trade_that_closes_before_it_opens_is_refused():
    with pytest.raises(MeasureError, match="closes before it opens"):
        trade_fills(trades_frame(trade(T[1], T[0], 5.0, 5.0)))


def test_times_without_zone_are_refused():
    frame = trades_frame(trade(T[0], T[1], 5.0, 5.0))
    frame["open_date"] = frame["open_date"].dt.tz_localize(None)
    with pytest.raises(MeasureError, match="open_date must be a UTC time"):
        trade_fills(frame)


@pytest.mark.parametrize("close", [T[2], None])
@pytest.mark.parametrize("name", ["filled", "safe_price", "ft_fee_base"])
def test_an_order_with_no_number_is_refused(name, close):
    orders = [_order(T[0], 1.0, 10.0, entry=True, filled=1.0) | {name: np.nan}]
    orders += [_order(T[2], 1.0, 12.0, entry=False)] if close is not None else []
    with pytest.raises(MeasureError, match="no finite amount or price"):
        trade_fills(trades_frame(trade(T[0], close, 10.0, 12.0, orders=orders)))
