"""The account at every midnight: what is open counts before it is taken."""

import json

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.marked_days import from_record, marked_days, to_record
from plimsoll.performance.windows import Span

FIRST, DAY, HOUR = (
    pd.Timestamp("2025-06-01", tz="UTC"),
    pd.Timedelta(days=1),
    pd.Timedelta(hours=1),
)
PAIR = "BTC/USDT:USDT"
SPAN = Span(FIRST, FIRST + 3 * DAY)


def candles(closes: list[float]) -> pd.DataFrame:
    dates = pd.date_range(FIRST, periods=len(closes), freq="h")
    return pd.DataFrame({"date": dates, "close": closes})


def trade(opened: int, closed: int, rate: float, left: float) -> dict[str, object]:
    """Ten coins bought at a rate and sold at another, hours after the start, for nothing."""
    return {
        "pair": PAIR,
        "is_short": False,
        "open_date": FIRST + opened * HOUR,
        "close_date": FIRST + closed * HOUR,
        "open_rate": rate,
        "close_rate": left,
        "amount": 10.0,
        "profit_abs": 10.0 * (left - rate),
        "fee_open": 0.0,
        "fee_close": 0.0,
        "funding_fees": 0.0,
        "leverage": 1.0,
        "stake_amount": 10.0 * rate,
    }


def test_an_open_loss_is_in_the_days_before_it_is_taken() -> None:
    closes = np.repeat([100.0, 80.0, 110.0], 24).tolist()
    trades = pd.DataFrame([trade(0, 71, 100.0, 110.0)])
    equity = marked_days(trades, {PAIR: candles(closes)}, SPAN, 1000.0)
    assert equity.to_list() == [1000.0, 1000.0, 800.0, 1100.0]
    assert equity.index.to_list() == [FIRST + day * DAY for day in range(4)]


def test_without_a_trade_the_account_stands_still() -> None:
    nothing = pd.DataFrame([trade(0, 1, 1.0, 1.0)]).iloc[:0]
    equity = marked_days(nothing, {PAIR: candles([100.0] * 72)}, SPAN, 1000.0)
    assert equity.to_list() == [1000.0] * 4


def test_a_record_is_read_back_as_it_was() -> None:
    nothing = pd.DataFrame([trade(0, 1, 1.0, 1.0)]).iloc[:0]
    days = marked_days(nothing, {PAIR: candles([100.0] * 72)}, SPAN, 1000.0)
    pd.testing.assert_series_equal(
        from_record(json.loads(json.dumps(to_record(days)))), days, check_freq=False
    )


@pytest.mark.parametrize("fewer", [{}, {PAIR: candles([100.0])}], ids=["none", "one"])
def test_two_candles_are_needed(fewer: dict[str, pd.DataFrame]) -> None:
    nothing = pd.DataFrame([trade(0, 1, 1.0, 1.0)]).iloc[:0]
    with pytest.raises(MeasureError, match="two candles"):
        marked_days(nothing, fewer, SPAN, 1000.0)


@pytest.mark.parametrize(
    "record",
    [{}, {"at_ms": [1, 2], "equity_usd": [1.0]}, {"at_ms": ["x"], "equity_usd": [1.0]}, []],
    ids=["empty", "uneven", "words", "a list"],
)
def test_another_shape_is_refused(record: object) -> None:
    with pytest.raises(MeasureError, match="marked days"):
        from_record(record)  # type: ignore[arg-type]
