"""A producer's frame may be traded on where it has a sound row of one's own newest candle."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll.candles.producer_frame import Wanted, producer_fault

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
WANTED = Wanted("alpha", "BTC/USDT:USDT", "5m", 300, ("enter_long", "rsi"), 0.01)


def frame(end: datetime = NOON, rows: int = 5, **columns: Any) -> pd.DataFrame:
    """Return candles of five minutes, the last of which closed at a moment."""
    dates = pd.date_range(end=end - timedelta(minutes=5), periods=rows, freq="5min")
    values = {"close": 100.0, "enter_long": 1, "rsi": 40.0} | columns
    return pd.DataFrame({"date": dates, **values})


def fault(sent: pd.DataFrame, *, closed_at: datetime = NOON, close: float | None = 100.0) -> str:
    return producer_fault(sent, WANTED, closed_at=closed_at, close=close) or ""


def test_a_sound_row_of_the_newest_candle_may_be_traded_on() -> None:
    assert producer_fault(frame(), WANTED, closed_at=NOON, close=100.5) is None


def test_a_producer_that_is_a_candle_ahead_may_be_traded_on() -> None:
    ahead = frame(NOON + timedelta(minutes=5))
    assert producer_fault(ahead, WANTED, closed_at=NOON, close=100.0) is None


def test_an_empty_frame_is_told_as_nothing_sent() -> None:
    assert fault(pd.DataFrame()) == "the producer alpha has sent no 5m candles of BTC/USDT:USDT"


def test_a_frame_that_is_a_candle_behind_names_its_newest() -> None:
    said = fault(frame(NOON - timedelta(minutes=5)))
    assert "has no candle of BTC/USDT:USDT that closed at 12:00:00" in said
    assert "its newest closed at 2026-11-19 11:55:00 UTC" in said


def test_a_hole_where_the_candle_belongs_is_no_go_though_there_is_a_later_one() -> None:
    sent = frame(NOON + timedelta(minutes=5)).drop(index=3).reset_index(drop=True)
    assert "has no candle" in fault(sent)


def test_a_hole_before_the_candle_is_told() -> None:
    sent = frame().drop(index=3).reset_index(drop=True)
    assert "600 s apart, expected 300 s" in fault(sent)


def test_candles_of_another_length_are_told() -> None:
    sent = frame(rows=1)
    hourly = pd.concat([sent.assign(date=sent["date"] - timedelta(hours=1)), sent])
    assert "3600 s apart, expected 300 s" in fault(hourly.reset_index(drop=True))


@pytest.mark.parametrize("value", [np.nan, None, np.inf, "buy"], ids=str)
def test_a_column_without_a_number_is_told(value: object) -> None:
    column = pd.Series([1.0, 1.0, 1.0, 1.0, value], dtype=object)
    assert fault(frame(rsi=column)) == "the producer alpha sends no number in rsi for BTC/USDT:USDT"


def test_a_column_that_is_not_sent_is_told() -> None:
    assert "sends no column rsi" in fault(frame().drop(columns="rsi"))


def test_the_close_of_another_market_is_told() -> None:
    said = fault(frame(close=97.0))
    assert "closed at 97, where it closed at 100 here (3.00% apart, limit 1.00%)" in said
    assert fault(frame(close=99.0)) == ""
    assert fault(frame(close=97.0), close=None) == ""


def test_dates_without_a_time_zone_are_no_go() -> None:
    sent = frame()
    assert "without a time zone" in fault(sent.assign(date=sent["date"].dt.tz_localize(None)))


@pytest.mark.parametrize("value", ["40", b"40", 40j, None, 10**400, [40.0], float("inf")])
def test_what_is_no_number_is_no_go_though_it_may_be_read_as_one(value: Any) -> None:
    sent = frame().astype({"rsi": object})
    sent["rsi"] = pd.Series([value] * len(sent), dtype=object)
    assert "sends no number in rsi" in fault(sent)


def test_candles_without_a_time_are_told() -> None:
    sent = frame()
    sent.loc[sent.index[-1], "date"] = pd.NaT
    assert "its newest has no time" in fault(sent)


def test_a_close_of_ones_own_that_is_none_is_no_go() -> None:
    assert "that is another market" in fault(frame(), close=0.0)
    assert "that is another market" in fault(frame(), close=float("nan"))
