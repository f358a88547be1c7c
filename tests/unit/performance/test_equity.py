import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import no_trades
from tests.unit.performance.frames import BTC, ETH, closes_frame, hours, trade, trades_frame

T = hours(10)


def test_account_without_trades_stays_at_its_balance():
    assert equity_curve(no_trades(), closes_frame(100, 50, 200), 1_000.0).tolist() == [1_000.0] * 3


def test_long_is_marked_at_each_close_and_realised_at_its_exit():
    trades = trades_frame(trade(T[1], T[3], 100.0, 130.0, amount=2.0))
    equity = equity_curve(trades, closes_frame(90, 100, 110, 999, 5), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 1_020, 1_060, 1_060])


def test_short_gains_when_the_close_falls():
    trades = trades_frame(trade(T[1], T[3], 100.0, 80.0, side="short"))
    equity = equity_curve(trades, closes_frame(100, 100, 70, 80, 500), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 1_030, 1_020, 1_020])


@pytest.mark.parametrize("side", ["long", "short"])
def test_open_position_pays_both_fees_before_it_is_closed(side):
    trades = trades_frame(trade(T[1], T[3], 100.0, 100.0, side=side, fee=0.01))
    equity = equity_curve(trades, closes_frame(100, 100, 200, 100), 1_000.0)
    moved = 100.0 if side == "long" else -100.0
    assert equity.tolist() == pytest.approx([1_000, 998, 1_000 + moved - 1 - 2, 998])


def test_funding_grows_evenly_to_its_total_at_the_close():
    trades = trades_frame(trade(T[1], T[5], 100.0, 100.0, funding_usd=-8.0))
    equity = equity_curve(trades, closes_frame(*[100] * 7), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 998, 996, 994, 992, 992])


def test_funding_of_a_trade_that_closes_in_its_opening_candle_is_booked_there():
    trades = trades_frame(trade(T[2], T[2], 100.0, 100.0, funding_usd=3.0))
    equity = equity_curve(trades, closes_frame(*[100] * 4), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 1_003, 1_003])


def test_scale_in_and_partial_exit_stand_where_they_happened():
    def order(at, amount, price, *, entry):
        return {
            "amount": amount,
            "safe_price": price,
            "ft_is_entry": entry,
            "order_filled_timestamp": int(at.timestamp() * 1000),
        }

    orders = [
        order(T[0], 1.0, 100.0, entry=True),
        order(T[1], 1.0, 120.0, entry=True),
        order(T[2], 1.5, 130.0, entry=False),
        order(T[3], 0.5, 140.0, entry=False),
    ]
    row = trade(T[0], T[3], 110.0, 140.0, amount=0.5, orders=orders) | {"profit_abs": 45.0}
    equity = equity_curve(trades_frame(row), closes_frame(100, 120, 130, 140), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_020, 1_040, 1_045])


def test_open_trade_is_valued_at_the_last_close():
    trades = trades_frame(trade(T[1], None, 100.0, 0.0, amount=3.0, fee=0.01))
    equity = equity_curve(trades, closes_frame(100, 100, 110), 1_000.0)
    assert equity.iloc[-1] == pytest.approx(1_000 + 30 - 3 - 3.3)


def test_recorded_profit_wins_over_what_the_fills_explain():
    row = trade(T[1], T[3], 100.0, 110.0) | {"profit_abs": 7.0}
    equity = equity_curve(trades_frame(row), closes_frame(100, 100, 105, 110, 1), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 1_005, 1_007, 1_007])


def test_nan_close_keeps_the_last_known_value():
    trades = trades_frame(trade(T[0], T[3], 100.0, 100.0))
    equity = equity_curve(trades, closes_frame(100, 120, np.nan, 100), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_020, 1_020, 1_000])


def test_position_before_the_first_close_of_its_pair_is_valued_at_entry():
    trades = trades_frame(trade(T[0], T[3], 100.0, 150.0))
    equity = equity_curve(trades, closes_frame(np.nan, np.nan, 140, 150), 1_000.0)
    assert equity.tolist() == pytest.approx([1_000, 1_000, 1_040, 1_050])


def test_profit_between_two_closes_shows_at_the_later_one():
    middle = T[1] + pd.Timedelta(minutes=20)
    trades = trades_frame(trade(middle, middle + pd.Timedelta(minutes=20), 100.0, 110.0))
    assert equity_curve(trades, closes_frame(1, 1, 1), 1_000.0).tolist() == [1_000, 1_000, 1_010]


def test_pairs_add_up():
    closes = closes_frame(100, 110, 120).assign(**{ETH: [10.0, 9.0, 8.0]})
    trades = trades_frame(
        trade(T[0], T[2], 100.0, 120.0), trade(T[0], T[2], 10.0, 8.0, pair=ETH, side="short")
    )
    assert equity_curve(trades, closes, 1_000.0).tolist() == pytest.approx([1_000, 1_011, 1_022])


@pytest.mark.parametrize(
    ("closes", "message"),
    [
        (closes_frame(1, 1, 1, 1, pair=ETH), f"no closes for {BTC}"),
        (closes_frame(1, 1, 1), "closes end at"),
        (closes_frame(1, 1, 1, 1).tz_localize(None), "UTC time index"),
        (closes_frame(1, 1, 1, 1).iloc[[0, 1, 1, 3]], "without repeats"),
        (closes_frame(1, 1, 1, 1).iloc[::-1], "without repeats"),
        (closes_frame(1).iloc[:0], "no row"),
    ],
)
def test_closes_that_cannot_value_the_trades_are_refused(closes, message):
    with pytest.raises(MeasureError, match=message):
        equity_curve(trades_frame(trade(T[1], T[3], 100.0, 100.0)), closes, 1_000.0)


@pytest.mark.parametrize("balance", [0.0, -1.0, float("nan"), float("inf")])
def test_balance_that_is_not_positive_is_refused(balance):
    with pytest.raises(MeasureError, match="starting_balance_usd"):
        equity_curve(no_trades(), closes_frame(1, 1), balance)


@st.composite
def _market_and_trades(draw):
    rows = draw(st.integers(5, 40))
    rate = st.floats(1.0, 1_000.0)
    closes = closes_frame(*draw(st.lists(rate, min_size=rows, max_size=rows)))
    closes[ETH] = draw(st.lists(rate | st.just(float("nan")), min_size=rows, max_size=rows))
    made = []
    for _ in range(draw(st.integers(1, 12))):
        opened = draw(st.integers(0, rows - 1))
        closed = draw(st.integers(opened, rows - 1))
        made.append(
            trade(
                closes.index[opened],
                closes.index[closed],
                draw(rate),
                draw(rate),
                amount=draw(st.floats(0.001, 5.0)),
                side=draw(st.sampled_from(["long", "short"])),
                fee=draw(st.floats(0.0, 0.01)),
                funding_usd=draw(st.floats(-50.0, 50.0)),
                pair=draw(st.sampled_from([BTC, ETH])),
            )
        )
    return closes, trades_frame(*made)


@settings(max_examples=60, deadline=None)
@given(_market_and_trades())
def test_curve_ends_at_balance_plus_recorded_profits_and_holds_no_nan(case):
    closes, trades = case
    equity = equity_curve(trades, closes, 10_000.0)
    assert not equity.isna().any()
    assert equity.index.equals(closes.index)
    assert equity.iloc[-1] == pytest.approx(10_000.0 + trades["profit_abs"].sum(), abs=1e-6)


def _marked_by_hand(trades, closes, balance):
    """The same curve, one trade and one row at a time, from the words of the docstring."""
    out = []
    for now in closes.index:
        value = balance
        for row in trades.to_dict("records"):
            if row["close_date"] <= now:
                value += row["profit_abs"]
            elif row["open_date"] <= now:
                known = closes[row["pair"]].loc[:now].dropna()
                price = known.iloc[-1] if len(known) else row["open_rate"]
                direction = -1.0 if row["is_short"] else 1.0
                life = row["close_date"] - row["open_date"]
                value += direction * row["amount"] * (price - row["open_rate"])
                value -= row["amount"] * (row["fee_open"] * row["open_rate"])
                value -= row["amount"] * (row["fee_close"] * price)
                value += row["funding_fees"] * ((now - row["open_date"]) / life)
        out.append(value)
    return out


@settings(max_examples=40, deadline=None)
@given(_market_and_trades())
def test_vectorised_curve_equals_the_trade_by_trade_one(case):
    closes, trades = case
    closes = closes.ffill().bfill().fillna(50.0)
    equity = equity_curve(trades, closes, 10_000.0)
    assert equity.tolist() == pytest.approx(_marked_by_hand(trades, closes, 10_000.0), abs=1e-6)


def test_thousands_of_trades_on_a_long_history_take_well_under_two_seconds():
    import time

    rows, count = 200_000, 3_000
    rng = np.random.default_rng(1)
    index = pd.date_range("2022-01-01", periods=rows, freq="5min", tz="UTC")
    closes = pd.DataFrame({BTC: rng.uniform(90, 110, rows)}, index=index)
    starts = rng.integers(0, rows - 100, count)
    trades = trades_frame(*[trade(index[i], index[i + 50], 100.0, 101.0) for i in starts])
    began = time.process_time()  # of this process: others on the machine do not count
    equity = equity_curve(trades, closes, 10_000.0)
    assert time.process_time() - began < 2.0
    assert equity.iloc[-1] == pytest.approx(10_000.0 + count)


def test_buy_and_hold_gives_each_pair_an_equal_part():
    closes = closes_frame(100, 150).assign(**{ETH: [10.0, 5.0]})
    assert buy_and_hold_curve(closes, 1_000.0).tolist() == pytest.approx([1_000, 750 + 250])


def test_buy_and_hold_keeps_the_part_of_a_later_pair_in_cash():
    closes = closes_frame(100, 200, 200).assign(**{ETH: [np.nan, 10.0, 20.0]})
    assert buy_and_hold_curve(closes, 1_000.0).tolist() == pytest.approx([1_000, 1_500, 2_000])


def test_buy_and_hold_pays_the_fee_of_its_purchase():
    curve = buy_and_hold_curve(closes_frame(100, 200), 1_000.0, fee_fraction=0.01)
    assert curve.tolist() == pytest.approx([990, 1_980])


def test_buy_and_hold_of_a_pair_without_closes_is_refused():
    with pytest.raises(MeasureError, match="no close at all"):
        buy_and_hold_curve(closes_frame(np.nan, np.nan), 1_000.0)
