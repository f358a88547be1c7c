"""The market of an agent and its episodes."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning.market import SIGNALS, joined, market_of
from tests.unit.learning.markets import HOUR, market, wild_candles, wild_market


def test_an_episode_is_a_calendar_month() -> None:
    candles = wild_candles(1, rows=24 * 40, begin="2024-01-20")
    found = market_of(candles, HOUR)
    dates = pd.DatetimeIndex(candles["date"])
    begins = dates[found.first_rows()]
    assert [str(one) for one in begins] == [
        "2024-01-20 00:00:00+00:00",
        "2024-02-01 00:00:00+00:00",
    ]
    # Left at the close of 22:00, filled at 23:00: flat when the month ends.
    assert [str(one) for one in dates[found.closing]] == ["2024-01-31 22:00:00+00:00"]
    steps = found.has_step(np.arange(len(found)))
    assert dates[~steps].tolist() == [pd.Timestamp("2024-01-31 23:00", tz="UTC"), dates[-1]]


def test_what_is_charged_is_what_was_settled() -> None:
    candles = wild_candles(2, rows=50)
    candles.loc[8, "funding_paid"] = np.nan
    found = market_of(candles, HOUR)
    assert found.settled[8] == 0
    assert found.settled[0] == candles["funding_paid"][0]
    assert (market_of(candles.drop(columns="funding_paid"), HOUR).settled == 0).all()


def test_pairs_one_after_the_other_share_no_episode() -> None:
    both = joined([wild_market(1, rows=300), wild_market(2, rows=300)])
    assert len(both) == 600
    assert both.first_rows().tolist() == [0, 168, 300, 468]
    assert not both.has_step(np.array([299]))[0]
    with pytest.raises(PlimsollError, match="found none"):
        joined([])


def test_a_month_that_has_only_one_candle_has_no_step() -> None:
    candles = wild_candles(1, rows=169, begin="2024-01-25")
    assert market_of(candles, HOUR).first_rows().tolist() == [0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"close": [1, np.nan, 1]}, "others in close"),
        ({"low": [1, 0, 1]}, "others in low"),
        ({"settled": [0, np.nan, 0]}, "NaN; put 0"),
        ({"settled": [0, 0]}, "3 values of settled"),
        ({"signals": np.zeros((3, 2))}, f"3 × {len(SIGNALS)}"),
    ],
)
def test_what_is_no_market_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(PlimsollError, match=words):
        market([1, 1, 1], **wrong)
