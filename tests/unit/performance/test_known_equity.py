"""Equity of an account of whose prices some are known."""

import pandas as pd
import pytest

from plimsoll.performance.known_equity import known_closes_of, known_equity, trades_within
from tests.unit.performance.frames import BTC, ETH, closes_frame, trade, trades_frame, utc

START, END = utc("2024-01-01"), utc("2024-01-04")


def series(**values: float) -> "pd.Series[float]":
    """A series by day and hour: ``d2h06=5.0`` is the 2nd of January, 06:00."""
    index = [utc(f"2024-01-{name[1]} {name[3:]}:00") for name in values]
    return pd.Series(list(values.values()), index=pd.DatetimeIndex(index).as_unit("ns"))


@pytest.fixture
def trades() -> pd.DataFrame:
    """A loss of 100 from the 1st to the 3rd, and a win of 30 of another pair on the 2nd."""
    return trades_frame(
        trade(utc("2024-01-01 12:00"), utc("2024-01-03 12:00"), 100.0, 90.0, amount=10.0),
        trade(utc("2024-01-02 06:00"), utc("2024-01-02 18:00"), 50.0, 53.0, amount=10.0, pair=ETH),
    )


def test_without_candles_equity_moves_when_something_is_closed(trades: pd.DataFrame) -> None:
    known = known_closes_of(trades, None, start=START, end=END)
    equity = known_equity(trades, known, 1_000.0)
    assert equity[utc("2024-01-01 12:00")] == 1_000.0
    assert equity[utc("2024-01-02 18:00")] == 1_030.0
    assert equity[utc("2024-01-03")] == 1_030.0
    assert equity.iloc[-1] == 930.0


def test_every_midnight_has_a_value(trades: pd.DataFrame) -> None:
    known = known_closes_of(trades, None, start=START, end=END)
    assert {utc(f"2024-01-0{day}") for day in (1, 2, 3, 4)} <= set(known.index)


def test_candles_of_one_pair_mark_it_and_not_the_other(trades: pd.DataFrame) -> None:
    candles = closes_frame(*([80.0] * 24 * 3), pair=BTC)
    known = known_closes_of(trades, candles, start=START, end=END)
    equity = known_equity(trades, known, 1_000.0)
    assert equity[utc("2024-01-01 13:00")] == 800.0
    assert equity[utc("2024-01-02 07:00")] == 800.0
    assert equity[utc("2024-01-02 18:00")] == 830.0


def test_a_mark_shows_the_open_loss_and_it_stays_until_the_position_is_closed(
    trades: pd.DataFrame,
) -> None:
    marks = series(d2h00=940.0)
    known = known_closes_of(trades, None, start=START, end=END, also=pd.DatetimeIndex(marks.index))
    equity = known_equity(trades, known, 1_000.0, marks)
    assert equity[utc("2024-01-01 12:00")] == 1_000.0
    assert equity[utc("2024-01-02")] == 940.0
    assert equity[utc("2024-01-02 18:00")] == 970.0
    assert equity[utc("2024-01-03 12:00")] == 930.0


def test_half_of_what_a_mark_saw_stays_when_half_of_it_is_closed() -> None:
    trades = trades_frame(
        trade(utc("2024-01-01 12:00"), utc("2024-01-03"), 100.0, 90.0, amount=10.0),
        trade(utc("2024-01-01 12:00"), utc("2024-01-02 12:00"), 100.0, 90.0, amount=10.0, pair=ETH),
    )
    marks = series(d2h00=700.0)
    known = known_closes_of(trades, None, start=START, end=END, also=pd.DatetimeIndex(marks.index))
    equity = known_equity(trades, known, 1_000.0, marks)
    assert equity[utc("2024-01-02")] == 700.0
    assert equity[utc("2024-01-02 12:00")] == 750.0  # 100 are realised, half of 300 is still open
    assert equity.iloc[-1] == 800.0


def test_a_mark_without_a_position_changes_nothing(trades: pd.DataFrame) -> None:
    marks = series(d1h06=5_000.0)
    known = known_closes_of(trades, None, start=START, end=END, also=pd.DatetimeIndex(marks.index))
    assert known_equity(trades, known, 1_000.0, marks).max() == 1_030.0


def test_a_span_has_the_trades_that_were_open_in_it_as_they_stood_at_its_end(
    trades: pd.DataFrame,
) -> None:
    order = {"order_filled_timestamp": int(utc("2024-01-03 12:00").timestamp() * 1000)}
    trades["orders"] = [[order], []]
    trades["exit_reason"] = "roi"
    trades["funding_fees"] = [-8.0, 0.0]
    within = trades_within(trades, None, utc("2024-01-02 12:00"))
    assert within["close_date"].isna().all()
    assert within["profit_abs"].isna().all()
    assert list(within["exit_reason"]) == ["", ""]
    assert within.loc[0, "orders"] == []
    assert within.loc[0, "funding_fees"] == -4.0
    assert trades["close_date"].notna().all()
    assert len(trades_within(trades, utc("2024-01-02 20:00"), None)) == 1
    assert len(trades_within(trades, None, utc("2024-01-02 05:00"))) == 1
    assert len(trades_within(trades, None, None)) == 2


def filled(when: str, amount: float, price: float, *, entry: bool) -> dict[str, object]:
    at_ms = int(utc(when).timestamp() * 1000)
    return {
        "amount": amount, "safe_price": price, "ft_is_entry": entry,
        "order_filled_timestamp": at_ms,
    }  # fmt: skip


@pytest.mark.parametrize("is_entry", [False, True])
def test_a_later_fill_says_what_a_mark_had_seen_and_is_not_added_to_it(is_entry: bool) -> None:
    orders = [
        filled("2024-01-01 12:00", 10.0, 100.0, entry=True),
        filled("2024-01-02 12:00", 5.0, 120.0, entry=is_entry),
    ]
    row = trade(utc("2024-01-01 12:00"), None, 100.0, 0.0, amount=5.0, orders=orders)
    held, marks = trades_frame(row), series(d2h00=1_200.0)
    known = known_closes_of(held, None, start=START, end=END, also=pd.DatetimeIndex(marks.index))
    equity = known_equity(held, known, 1_000.0, marks)
    assert equity[utc("2024-01-02")] == 1_200.0
    assert equity[utc("2024-01-02 12:00")] == 1_200.0
    assert equity.iloc[-1] == 1_200.0


def test_a_trade_stands_at_the_end_of_a_span_as_its_orders_had_made_it() -> None:
    orders = [
        filled("2024-01-01", 1.0, 100.0, entry=True),
        filled("2024-01-02", 1.0, 80.0, entry=True),
        filled("2024-01-02 12:00", 0.5, 120.0, entry=False),
        filled("2024-01-03", 9.0, 50.0, entry=True),
    ]
    row = trade(START, None, 55.0, 0.0, amount=10.5, orders=orders, funding_usd=-9.0)
    of_all = trades_frame(row | {"stake_amount": 288.75, "leverage": 2.0})
    within = trades_within(of_all, None, utc("2024-01-02 12:00"), ended=END).iloc[0]
    assert (within["amount"], within["open_rate"], within["stake_amount"]) == (1.5, 90.0, 67.5)
    assert within["funding_fees"] == pytest.approx(-9.0 / 2)
    assert len(within["orders"]) == 3
    whole = trades_within(of_all, None, END, ended=END).iloc[0]
    assert (whole["amount"], whole["stake_amount"], whole["funding_fees"]) == (10.5, 288.75, -9.0)
