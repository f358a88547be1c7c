"""Stops and profits against Freqtrade's own trade object."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import Side
from plimsoll.lab.fast_lane.records import TRADE
from plimsoll.lab.fast_lane.stops import KEEP, REFRESH, adjust_stop, follow, profit_ratio
from plimsoll.risk.stops import nearest_stop_price
from tests.unit.lab.fast_lane.desk import TICK, freqtrades, market

PRICES = st.decimals(min_value=1, max_value=1000, places=2).map(float)
FRACTIONS = st.floats(min_value=0.001, max_value=0.99)
CANDLES = [(100.0, 101.0, 99.0, 100.5)] * 3


def open_trade(*, price: float, is_short: bool, leverage: float, funding: float = 0.0):
    trades = np.zeros(1, TRADE)
    trade = trades[0]
    trade["is_open"], trade["is_short"], trade["leverage"] = 1, is_short, leverage
    trade["open_rate"] = trade["ordered_rate"] = price
    trade["amount"], trade["funding"] = 1.234, funding
    trade["price_precision"], trade["price_mode"] = TICK, 4
    trade["initial_fraction"] = trade["liquidation"] = np.nan
    trade["open_value"] = freqtrades(trade, fee=0.001).open_trade_value
    return trades


@settings(max_examples=150, deadline=None)
@given(
    price=PRICES,
    is_short=st.booleans(),
    leverage=st.sampled_from([1.0, 3.0, 20.0]),
    moves=st.lists(st.tuples(PRICES, FRACTIONS, st.booleans()), min_size=1, max_size=6),
)
def test_a_stop_moves_as_freqtrades_does(price, is_short, leverage, moves):
    trades = open_trade(price=price, is_short=is_short, leverage=leverage)
    theirs = freqtrades(trades[0], fee=0.001)
    for rate, fraction, refresh in moves:
        one_by_one(trades, rate, -fraction, REFRESH if refresh else KEEP)
        theirs.adjust_stop_loss(rate, -fraction, allow_refresh=refresh)
        assert trades[0]["stop"] == theirs.stop_loss
        assert trades[0]["stop_fraction"] == theirs.stop_loss_pct
        assert trades[0]["initial_stop"] == theirs.initial_stop_loss
        assert bool(trades[0]["is_trailing"]) is theirs.is_stop_loss_trailing


@settings(max_examples=200, deadline=None)
@given(
    price=PRICES,
    rate=PRICES,
    is_short=st.booleans(),
    leverage=st.sampled_from([1.0, 5.0]),
    funding=st.floats(min_value=-2, max_value=2),
)
def test_profit_is_freqtrades(price, rate, is_short, leverage, funding):
    trades = open_trade(price=price, is_short=is_short, leverage=leverage, funding=funding)
    theirs = freqtrades(trades[0], fee=0.001)

    assert profit_ratio(market(CANDLES), trades[0], rate) == theirs.calc_profit_ratio(rate)


@settings(max_examples=100, deadline=None)
@given(
    price=PRICES,
    distance=st.floats(min_value=0.01, max_value=50),
    is_short=st.booleans(),
    leverage=st.sampled_from([1.0, 3.0]),
)
def test_a_declared_stop_lies_where_the_risk_kit_puts_it(price, distance, is_short, leverage):
    asked = market(CANDLES, use_custom_stop=1, declares_stop=1, after_fill=1)
    asked.stop_distance[:] = distance
    trades = open_trade(price=price, is_short=is_short, leverage=leverage)
    follow(asked, trades[0], price, 0.0, 0.0, 1)
    wanted = nearest_stop_price(
        [(price, distance)],
        side=Side.SHORT if is_short else Side.LONG,
        widest_fraction=0.1,
        leverage=leverage,
    )

    assert abs(trades[0]["stop"] - wanted) <= TICK * 1.001


def one_by_one(trades, rate, fraction, refresh):
    adjust_stop(trades[0], rate, fraction, refresh)
