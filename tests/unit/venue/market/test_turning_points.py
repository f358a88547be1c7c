"""The path ahead is the path that candles and book are made of."""

import numpy as np

from plimsoll.venue.market.turning_points import turning_points
from tests.unit.venue.markets import NOW_MS, exchange_at, shared, span

MINUTE_MS = 60_000


def test_the_turns_of_an_hour_hold_its_high_and_low() -> None:
    begin = NOW_MS // 3_600_000 * 3_600_000
    turns = turning_points(shared(), "BTCUSDT", begin, begin + 3_600_000)
    minutes = span(shared(), "BTCUSDT", "1m", begin, begin + 3_600_000)
    prices = [turn.price for turn in turns]
    assert (turns[0].time_ms, turns[-1].time_ms) == (begin, begin + 3_600_000)
    assert len(turns) == 3 * 60 + 1
    assert np.isclose(max(prices), minutes["high"].max(), rtol=1e-6)
    assert np.isclose(min(prices), minutes["low"].min(), rtol=1e-6)


def test_between_two_turns_the_price_lies_on_their_line() -> None:
    first, second = turning_points(shared(), "BTCUSDT", NOW_MS, NOW_MS + MINUTE_MS)[1:3]
    middle = (first.time_ms + second.time_ms) // 2
    between = shared().snapshot("BTCUSDT", middle).last
    assert np.isclose(between, (first.price * second.price) ** 0.5, rtol=1e-5)


def test_a_scenario_bends_the_path() -> None:
    exchange = exchange_at()
    before = turning_points(exchange.market, "BTCUSDT", NOW_MS, NOW_MS + MINUTE_MS)
    exchange.start_scenario("move", magnitude=-0.1, duration_seconds=60)
    bent = turning_points(exchange.market, "BTCUSDT", NOW_MS, NOW_MS + MINUTE_MS)
    assert np.isclose(bent[-1].price / before[-1].price, 0.9, rtol=1e-6)
