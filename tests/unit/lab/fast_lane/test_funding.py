"""Funding against Freqtrade's own sum."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from freqtrade.exchange import Exchange
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane.funding import begin_funding, book_funding
from plimsoll.lab.fast_lane.records import TRADE
from tests.unit.lab.fast_lane.desk import market

HOUR_S = 3600


@settings(max_examples=100, deadline=None)
@given(
    fees=st.lists(
        st.one_of(st.floats(min_value=-3, max_value=3), st.just(float("nan"))),
        min_size=1,
        max_size=30,
    ),
    opened=st.integers(min_value=0, max_value=30),
    hours=st.lists(st.integers(min_value=0, max_value=20), min_size=1, max_size=4),
    is_short=st.booleans(),
)
def test_funding_is_the_sum_that_freqtrade_makes(fees, opened, hours, is_short):
    stamps = [(number + 1) * HOUR_S for number in range(len(fees))]
    frame = pd.DataFrame(
        {"_ff_date_ns": np.array(stamps) * 10**9, "_ff_fee_per_unit": np.array(fees)}
    )
    asked = market([(1.0, 1.0, 1.0, 1.0)] * 2, funding=(stamps, fees))
    trades = np.zeros(1, TRADE)
    trade = trades[0]
    trade["amount"], trade["is_short"], trade["open_s"] = 1.7, is_short, opened * HOUR_S
    begin_funding(asked, trade, 0)
    now_s = opened * HOUR_S
    for step in hours:
        now_s += step * HOUR_S
        book_funding(asked, trade, 0, now_s)
        theirs = Exchange.calculate_funding_fees(
            None, frame, 1.7, is_short, moment(opened * HOUR_S), moment(now_s)
        )
        assert trade["funding"] == theirs


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
