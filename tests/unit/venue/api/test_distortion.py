import json
from typing import Any

import pytest

from plimsoll.venue.api.distortion import (
    PRICE_PATHS,
    STALE_KINDS,
    distorted_answer,
    distorted_current,
    distorted_updates,
)
from plimsoll.venue.api.feeds import open_feed
from plimsoll.venue.api.public import ENDPOINTS
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import STALE_BOOK, STALE_CANDLES
from tests.unit.venue.markets import exchange_at

BTC = {"symbol": "BTCUSDT"}


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def served(exchange: Exchange, path: str, **asked: str) -> Any:
    """The answer of a public endpoint as a client reads it."""
    answer = distorted_answer(exchange, ENDPOINTS[path], path, asked, exchange.clock.now_ms())
    return json.loads(answer) if isinstance(answer, bytes) else answer


def true(exchange: Exchange, path: str, **asked: str) -> Any:
    """The answer without any fault."""
    answer = ENDPOINTS[path](exchange, asked, exchange.clock.now_ms())
    return json.loads(answer) if isinstance(answer, bytes) else answer


def test_stale_candles_stand_still_while_the_book_goes_on(exchange: Exchange) -> None:
    asked = {**BTC, "interval": "1m", "limit": "3"}
    before, book = (
        served(exchange, "/fapi/v1/klines", **asked),
        served(exchange, "/fapi/v1/depth", **BTC),
    )
    exchange.start_fault({"kind": "stale-candles", "symbols": ["BTCUSDT"]})
    exchange.clock.step(600)
    assert served(exchange, "/fapi/v1/klines", **asked) == before
    assert served(exchange, "/fapi/v1/depth", **BTC) != book
    other = {**asked, "symbol": "ETHUSDT"}
    assert served(exchange, "/fapi/v1/klines", **other) == true(
        exchange, "/fapi/v1/klines", **other
    )
    exchange.faults.end(None, exchange.clock.now_ms())
    assert served(exchange, "/fapi/v1/klines", **asked) == true(
        exchange, "/fapi/v1/klines", **asked
    )


@pytest.mark.parametrize("path", STALE_KINDS)
def test_what_a_stale_kind_covers_is_told_as_at_its_start(exchange: Exchange, path: str) -> None:
    asked = {**BTC, "pair": "BTCUSDT", "interval": "1m", "limit": "5"}
    before = served(exchange, path, **asked)
    exchange.start_fault({"kind": STALE_KINDS[path]})
    exchange.clock.step(300)
    assert served(exchange, path, **asked) == before != true(exchange, path, **asked)


def test_a_stale_book_of_one_contract_leaves_the_others_in_the_list_of_all(
    exchange: Exchange,
) -> None:
    path = "/fapi/v1/ticker/bookTicker"
    before = {entry["symbol"]: entry for entry in served(exchange, path)}
    exchange.start_fault({"kind": "stale-book", "symbols": ["BTCUSDT"]})
    exchange.clock.step(300)
    after = {entry["symbol"]: entry for entry in served(exchange, path)}
    assert after["BTCUSDT"] == before["BTCUSDT"]
    assert after["ETHUSDT"] == true(exchange, path, symbol="ETHUSDT")


@pytest.mark.parametrize("path", sorted(PRICE_PATHS))
def test_a_wrong_tick_shifts_one_answer(exchange: Exchange, path: str) -> None:
    def price(answer: dict[str, Any]) -> float:
        if "bids" in answer:
            return float(answer["bids"][0][0])
        return float(next(answer[n] for n in ("bidPrice", "price", "lastPrice") if n in answer))

    right = price(true(exchange, path, **BTC))
    exchange.start_fault({"kind": "wrong-tick", "magnitude": -0.3, "count": 1})
    assert price(served(exchange, path, **BTC)) == pytest.approx(right * 0.7, rel=1e-4)
    assert price(served(exchange, path, **BTC)) == right


def test_a_wrong_tick_never_enters_candles_nor_matching(exchange: Exchange) -> None:
    asked = {**BTC, "interval": "1m", "limit": "3"}
    exchange.start_fault({"kind": "wrong-tick", "magnitude": -0.5})
    exchange.clock.step(120)
    now_ms = exchange.clock.now_ms()
    assert served(exchange, "/fapi/v1/klines", **asked) == true(
        exchange, "/fapi/v1/klines", **asked
    )
    assert float(exchange.book("BTCUSDT", 5, now_ms).bid_prices[0]) == float(
        true(exchange, "/fapi/v1/depth", **BTC)["bids"][0][0]
    )


def test_a_skewed_clock_is_told_and_no_other(exchange: Exchange) -> None:
    now_ms = exchange.clock.now_ms()
    exchange.start_fault({"kind": "clock-skew", "skew_seconds": -30})
    assert served(exchange, "/fapi/v1/time") == {"serverTime": now_ms - 30_000}
    assert served(exchange, "/fapi/v1/exchangeInfo")["serverTime"] == now_ms - 30_000
    assert served(exchange, "/fapi/v1/premiumIndex", **BTC)["time"] == now_ms


@pytest.mark.parametrize(
    ("kind", "stopped", "going"),
    [
        (STALE_CANDLES, "btcusdt@kline_1m", "btcusdt@bookTicker"),
        (STALE_CANDLES, "btcusdt@markPriceKline_1m", "ethusdt@kline_1m"),
        (STALE_BOOK, "btcusdt@bookTicker", "btcusdt@kline_1m"),
        (STALE_BOOK, "btcusdt@depth5", "btcusdt@ticker"),
    ],
)
def test_a_stale_stream_is_silent_while_others_go_on(
    exchange: Exchange, kind: str, stopped: str, going: str
) -> None:
    feeds = {name: open_feed(exchange, name) for name in (stopped, going)}
    exchange.start_fault({"kind": kind, "symbols": ["BTCUSDT"]})
    exchange.clock.step(150)
    now_ms = exchange.clock.now_ms()
    updates = {
        name: distorted_updates(exchange, name, feed, now_ms)
        for name, feed in feeds.items()
        if feed
    }
    assert updates[stopped] == []
    assert updates[going] != []


def test_a_stale_candle_stream_tells_every_closed_candle_afterwards(exchange: Exchange) -> None:
    name = "btcusdt@kline_1m"
    feed = open_feed(exchange, name)
    assert feed is not None
    began_ms = exchange.clock.now_ms() // 60_000 * 60_000
    distorted_updates(exchange, name, feed, exchange.clock.now_ms())
    exchange.start_fault({"kind": "stale-candles", "duration_seconds": 300})
    frozen_ms = exchange.clock.now_ms()
    exchange.clock.step(200)
    assert distorted_updates(exchange, name, feed, exchange.clock.now_ms()) == []
    current: Any = distorted_current(exchange, name, feed, exchange.clock.now_ms())
    assert [message["E"] for message in current] == [frozen_ms]
    exchange.clock.step(100)
    updates: Any = distorted_updates(exchange, name, feed, exchange.clock.now_ms())
    closed = [message["k"]["t"] for message in updates if message["k"]["x"]]
    assert closed == [began_ms + minute * 60_000 for minute in range(5)]


def test_a_wrong_tick_shifts_a_stream_s_message(exchange: Exchange) -> None:
    name = "btcusdt@bookTicker"
    feed = open_feed(exchange, name)
    assert feed is not None
    exchange.start_fault({"kind": "wrong-tick", "magnitude": 0.2, "count": 1})
    first: Any = distorted_current(exchange, name, feed, exchange.clock.now_ms())
    second: Any = distorted_current(exchange, name, feed, exchange.clock.now_ms())
    assert float(first[0]["b"]) == pytest.approx(float(second[0]["b"]) * 1.2, rel=1e-4)


@pytest.mark.parametrize("name", ["btcusdt@depth10", "btcusdt@depth10@100ms"])
def test_a_wrong_tick_shifts_the_levels_of_a_partial_book(exchange: Exchange, name: str) -> None:
    feed = open_feed(exchange, name)
    assert feed is not None
    exchange.start_fault({"kind": "wrong-tick", "magnitude": 0.2, "count": 1})
    first: Any = distorted_current(exchange, name, feed, exchange.clock.now_ms())
    second: Any = distorted_current(exchange, name, feed, exchange.clock.now_ms())
    wrong, right = ([float(price) for price, _ in told[0]["b"]] for told in (first, second))
    assert wrong == pytest.approx([price * 1.2 for price in right], rel=1e-4)


def test_a_stale_contract_is_left_out_of_the_stream_of_all_books(exchange: Exchange) -> None:
    name = "!bookTicker"
    feed = open_feed(exchange, name)
    assert feed is not None
    exchange.start_fault({"kind": "stale-book", "symbols": ["BTCUSDT"]})
    exchange.clock.step(5)
    updates: Any = distorted_updates(exchange, name, feed, exchange.clock.now_ms())
    assert {message["s"] for message in updates} == {"ETHUSDT"}


def test_wrong_candles_spoil_the_newest_alone(exchange: Exchange) -> None:
    asked = {**BTC, "interval": "1m", "limit": "4"}
    right = true(exchange, "/fapi/v1/klines", **asked)
    exchange.start_fault({"kind": "wrong-candles", "magnitude": -0.9})
    wrong = served(exchange, "/fapi/v1/klines", **asked)
    assert wrong[:2] == right[:2]
    for seen, real in zip(wrong[2:], right[2:], strict=True):
        assert [float(seen[place]) for place in (3, 4)] == pytest.approx(
            [float(real[place]) * 0.1 for place in (3, 4)], rel=1e-4
        )
        assert (seen[:3], seen[5:]) == (real[:3], real[5:])
    assert exchange.faults.started[-1].hits == 1


def test_a_stale_kind_counts_whom_it_hit(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "stale-book", "symbols": ["BTCUSDT"]})
    served(exchange, "/fapi/v1/depth", symbol="ETHUSDT")
    assert exchange.faults.started[-1].hits == 0
    served(exchange, "/fapi/v1/depth", **BTC)
    assert exchange.faults.started[-1].hits == 1
