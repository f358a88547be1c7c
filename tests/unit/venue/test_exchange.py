import numpy as np
import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import Clock
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import LAST, Window
from plimsoll.venue.market.intervals import INTERVALS
from plimsoll.venue.market.symbols import LISTED
from tests.unit.venue.markets import NOW_MS, exchange_at, fresh


def test_a_contract_is_listed_from_its_first_candle_on() -> None:
    exchange = exchange_at(market=fresh(symbols="BTCUSDT,XLMUSDT"))
    listed_ms = LISTED["XLMUSDT"].listed_ms
    assert exchange.listed(listed_ms - 1) == ["BTCUSDT"]
    assert exchange.listed(listed_ms) == ["BTCUSDT", "XLMUSDT"]


def test_the_spread_grows_with_its_scale() -> None:
    market = fresh()
    spreads = []
    for scale in (0.0, 1.0, 50.0):
        book = Exchange(market, Clock(NOW_MS, stepped=True), spread_scale=scale).book(
            "BTCUSDT", 5, NOW_MS
        )
        spreads.append(float(book.ask_prices[0] - book.bid_prices[0]))
    assert spreads[0] == 0.0 < spreads[1] < spreads[2]


def test_a_shallow_book_is_the_top_of_a_deep_one() -> None:
    exchange = exchange_at()
    shallow, deep = (exchange.book("BTCUSDT", levels, NOW_MS) for levels in (5, 100))
    assert np.array_equal(shallow.bid_prices, deep.bid_prices[:5])
    assert np.array_equal(shallow.ask_sizes, deep.ask_sizes[:5])


def test_a_scenario_starts_now_and_changes_nothing_before() -> None:
    exchange = exchange_at()
    before = exchange.snapshot("BTCUSDT", NOW_MS).last
    event = exchange.start_scenario("move", magnitude=-0.1, duration_seconds=60)
    assert event.start_ms == NOW_MS
    assert exchange.snapshot("BTCUSDT", NOW_MS).last == before
    untouched = exchange_at().snapshot("BTCUSDT", NOW_MS + 60_000).last
    after = exchange.snapshot("BTCUSDT", NOW_MS + 60_000).last
    assert after == pytest.approx(untouched * 0.9, rel=1e-5)


def test_candles_drawn_before_a_scenario_are_drawn_again() -> None:
    exchange = exchange_at()
    window = Window(NOW_MS, NOW_MS + 180_000, 2)
    minute = INTERVALS["1m"]
    asked = ("BTCUSDT", LAST, minute, window, NOW_MS + 200_000)
    before = exchange.market.candles(*asked)
    exchange.start_scenario("move", magnitude=-0.1, duration_seconds=1)
    after = exchange.market.candles(*asked)
    assert after["close"].tolist() == pytest.approx((before["close"] * 0.9).tolist(), rel=1e-5)


def test_a_fault_of_an_unserved_contract_is_refused() -> None:
    exchange = exchange_at()
    with pytest.raises(UsageError, match="unknown symbol XRPUSDT; served are BTCUSDT, ETHUSDT"):
        exchange.start_fault({"kind": "stale-book", "symbols": ["XRPUSDT"]})
    assert exchange.faults.started == []


def test_the_account_begins_with_its_balance() -> None:
    exchange = Exchange(fresh(), Clock(NOW_MS, stepped=True), balance_usd=250.0)
    assert exchange.account.wallet_usd == exchange.matching.free_usd() == 250.0
