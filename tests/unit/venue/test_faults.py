import json
from typing import Any

import pytest

from plimsoll.core.errors import UsageError
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
from plimsoll.venue.faults import FAULTS, HTTP_ERROR, STALE_BOOK, STALE_CANDLES
from tests.unit.venue.markets import exchange_at

BTC = {"symbol": "BTCUSDT"}
ORDER = ("POST", "/fapi/v1/order", "BTCUSDT")


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def told(exchange: Exchange, path: str, **asked: str) -> Any:
    """The answer of a public endpoint as a client reads it."""
    answer = distorted_answer(exchange, ENDPOINTS[path], path, asked, exchange.clock.now_ms())
    return json.loads(answer) if isinstance(answer, bytes) else answer


def true(exchange: Exchange, path: str, **asked: str) -> Any:
    """The answer without any fault."""
    answer = ENDPOINTS[path](exchange, asked, exchange.clock.now_ms())
    return json.loads(answer) if isinstance(answer, bytes) else answer


def hits(
    exchange: Exchange, requests: int, asked: tuple[str, str, str | None] = ORDER
) -> list[int]:
    """Which of so many equal requests an http-error hits."""
    now_ms = exchange.clock.now_ms()
    return [n for n in range(requests) if exchange.faults.hit(HTTP_ERROR, *asked, now_ms)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, 'unknown fault "None"'),
        ({"kind": "gremlin"}, 'unknown fault "gremlin"; there are http-error'),
        ({"kind": "stale-book", "share": 0.5}, 'stale-book does not understand "share"'),
        ({"kind": "http-error", "share": 0}, 'expected "share" between'),
        ({"kind": "http-error", "share": float("nan")}, 'expected "share" between'),
        ({"kind": "http-error", "count": 1.5}, "whole number"),
        ({"kind": "http-error", "count": True}, 'expected "count"'),
        ({"kind": "http-error", "status": 200}, 'expected "status" between 400 and 599'),
        ({"kind": "http-error", "paths": "/fapi"}, 'expected "paths" to be a list'),
        ({"kind": "http-error", "symbols": []}, 'expected "symbols" to be a list'),
        ({"kind": "http-error", "symbols": ["FOOUSDT"]}, "unknown symbol FOOUSDT; served are BTC"),
        ({"kind": "no-answer", "after_acceptance": 1}, "true or false"),
        ({"kind": "clock-skew", "duration_seconds": 0}, 'expected "duration_seconds"'),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    exchange: Exchange, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        exchange.start_fault(options)
    assert exchange.faults.started == []


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_lasts_for_its_duration_and_not_longer(exchange: Exchange, kind: str) -> None:
    exchange.start_fault({"kind": kind, "duration_seconds": 60})
    exchange.clock.step(59.999)
    assert exchange.faults.active(kind, exchange.clock.now_ms())
    exchange.clock.step(0.001)
    assert not exchange.faults.active(kind, exchange.clock.now_ms())


def test_a_fault_without_a_duration_lasts_until_it_is_ended(exchange: Exchange) -> None:
    first = exchange.start_fault({"kind": "clock-skew"})
    exchange.start_fault({"kind": "clock-skew"})
    exchange.clock.step(86_400)
    now_ms = exchange.clock.now_ms()
    assert [fault.id for fault in exchange.faults.end(first.id, now_ms)] == [1]
    assert [fault.id for fault in exchange.faults.end(None, now_ms)] == [2]
    assert exchange.faults.end(None, now_ms) == []
    with pytest.raises(UsageError, match="no fault 3; 2 were started"):
        exchange.faults.end(3, now_ms)


def test_a_share_hits_the_same_requests_for_the_same_seed() -> None:
    def run(seed: int) -> list[int]:
        exchange = exchange_at()
        exchange.start_fault({"kind": "http-error", "share": 0.3, "seed": seed})
        return hits(exchange, 400)

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert 80 < len(first) < 160  # 120 expected, 9 is one standard deviation


def test_a_count_ends_a_fault(exchange: Exchange) -> None:
    fault = exchange.start_fault({"kind": "http-error", "count": 2})
    assert hits(exchange, 5) == [0, 1]
    assert (fault.met, fault.hits) == (2, 2)


@pytest.mark.parametrize(
    ("patterns", "hit"),
    [
        (["*"], True),
        (["/fapi/*"], True),
        (["/fapi/v1/order"], True),
        (["POST /fapi/v1/order"], True),
        (["GET /fapi/v1/order"], False),
        (["/fapi/v1/depth", "POST /fapi/*"], True),
        (["/fapi/v1/ord"], False),
    ],
)
def test_paths_choose_the_requests(exchange: Exchange, patterns: list[str], hit: bool) -> None:
    exchange.start_fault({"kind": "http-error", "paths": patterns})
    assert bool(hits(exchange, 1)) is hit


def test_symbols_choose_the_requests_that_name_them(exchange: Exchange) -> None:
    fault = exchange.start_fault({"kind": "http-error", "symbols": ["ETHUSDT"]})
    assert hits(exchange, 1) == []
    assert hits(exchange, 1, ("GET", "/fapi/v1/exchangeInfo", None)) == []
    assert hits(exchange, 1, ("GET", "/fapi/v1/depth", "ETHUSDT")) == [0]
    assert fault.met == 1


@pytest.mark.parametrize(
    ("status", "code", "retry_after"),
    [(500, -1000, None), (503, -1000, None), (429, -1003, "60"), (418, -1003, "60")],
)
def test_a_refusal_looks_as_binance_s(
    exchange: Exchange, status: int, code: int, retry_after: str | None
) -> None:
    fault = exchange.start_fault({"kind": "http-error", "status": status})
    told_status, body, headers = fault.refusal
    assert (told_status, body["code"], headers.get("Retry-After")) == (status, code, retry_after)


def test_stale_candles_stand_still_while_the_book_goes_on(exchange: Exchange) -> None:
    asked = {**BTC, "interval": "1m", "limit": "3"}
    before, book = (
        told(exchange, "/fapi/v1/klines", **asked),
        told(exchange, "/fapi/v1/depth", **BTC),
    )
    exchange.start_fault({"kind": "stale-candles", "symbols": ["BTCUSDT"]})
    exchange.clock.step(600)
    assert told(exchange, "/fapi/v1/klines", **asked) == before
    assert told(exchange, "/fapi/v1/depth", **BTC) != book
    other = {**asked, "symbol": "ETHUSDT"}
    assert told(exchange, "/fapi/v1/klines", **other) == true(exchange, "/fapi/v1/klines", **other)
    exchange.faults.end(None, exchange.clock.now_ms())
    assert told(exchange, "/fapi/v1/klines", **asked) == true(exchange, "/fapi/v1/klines", **asked)


@pytest.mark.parametrize("path", STALE_KINDS)
def test_what_a_stale_kind_covers_is_told_as_at_its_start(exchange: Exchange, path: str) -> None:
    asked = {**BTC, "pair": "BTCUSDT", "interval": "1m", "limit": "5"}
    before = told(exchange, path, **asked)
    exchange.start_fault({"kind": STALE_KINDS[path]})
    exchange.clock.step(300)
    assert told(exchange, path, **asked) == before != true(exchange, path, **asked)


def test_a_stale_book_of_one_contract_leaves_the_others_in_the_list_of_all(
    exchange: Exchange,
) -> None:
    path = "/fapi/v1/ticker/bookTicker"
    before = {entry["symbol"]: entry for entry in told(exchange, path)}
    exchange.start_fault({"kind": "stale-book", "symbols": ["BTCUSDT"]})
    exchange.clock.step(300)
    after = {entry["symbol"]: entry for entry in told(exchange, path)}
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
    assert price(told(exchange, path, **BTC)) == pytest.approx(right * 0.7, rel=1e-4)
    assert price(told(exchange, path, **BTC)) == right


def test_a_wrong_tick_never_enters_candles_nor_matching(exchange: Exchange) -> None:
    asked = {**BTC, "interval": "1m", "limit": "3"}
    exchange.start_fault({"kind": "wrong-tick", "magnitude": -0.5})
    exchange.clock.step(120)
    now_ms = exchange.clock.now_ms()
    assert told(exchange, "/fapi/v1/klines", **asked) == true(exchange, "/fapi/v1/klines", **asked)
    assert float(exchange.book("BTCUSDT", 5, now_ms).bid_prices[0]) == float(
        true(exchange, "/fapi/v1/depth", **BTC)["bids"][0][0]
    )


def test_a_skewed_clock_is_told_and_no_other(exchange: Exchange) -> None:
    now_ms = exchange.clock.now_ms()
    exchange.start_fault({"kind": "clock-skew", "skew_seconds": -30})
    assert told(exchange, "/fapi/v1/time") == {"serverTime": now_ms - 30_000}
    assert told(exchange, "/fapi/v1/exchangeInfo")["serverTime"] == now_ms - 30_000
    assert told(exchange, "/fapi/v1/premiumIndex", **BTC)["time"] == now_ms


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


def test_a_stale_contract_is_left_out_of_the_stream_of_all_books(exchange: Exchange) -> None:
    name = "!bookTicker"
    feed = open_feed(exchange, name)
    assert feed is not None
    exchange.start_fault({"kind": "stale-book", "symbols": ["BTCUSDT"]})
    exchange.clock.step(5)
    updates: Any = distorted_updates(exchange, name, feed, exchange.clock.now_ms())
    assert {message["s"] for message in updates} == {"ETHUSDT"}


def test_dropped_sockets_choose_the_same_connections_for_the_same_seed(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "dropped-sockets", "share": 0.5, "seed": 3})
    now_ms = exchange.clock.now_ms()
    chosen = [number for number in range(1, 41) if exchange.faults.drops(number, now_ms)]
    assert chosen == [number for number in range(1, 41) if exchange.faults.drops(number, now_ms)]
    assert 8 < len(chosen) < 32
