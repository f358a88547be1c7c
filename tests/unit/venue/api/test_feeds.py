from itertools import pairwise
from typing import Any

import pytest

from plimsoll.venue.api.feeds import Feed, open_feed
from plimsoll.venue.clock import Clock, parse_utc_ms
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import fresh

START_MS = parse_utc_ms("2025-03-05T14:00:30Z")


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(fresh(), Clock(START_MS, stepped=True))


def _feed(exchange: Exchange, name: str) -> Feed:
    feed = open_feed(exchange, name)
    assert feed is not None
    return feed


def _advance(exchange: Exchange, feed: Feed, seconds: float) -> list[Any]:
    exchange.clock.step(seconds)
    return feed.advance(exchange.clock.now_ms())


@pytest.mark.parametrize("stride", [0.25, 7.0, 61.0, 400.0])
def test_every_closed_candle_is_told_exactly_once(exchange: Exchange, stride: float) -> None:
    feed = _feed(exchange, "btcusdt@kline_1m")
    closed: list[int] = []
    while exchange.clock.now_ms() < START_MS + 1_300_000:
        told = _advance(exchange, feed, stride)
        closed.extend(message["k"]["t"] for message in told if message["k"]["x"])
    first = START_MS // 60_000 * 60_000
    expected = list(range(first, exchange.clock.now_ms() - 60_000 + 1, 60_000))
    assert closed == expected


def test_a_final_candle_is_the_one_that_the_api_serves(exchange: Exchange) -> None:
    feed = _feed(exchange, "ethusdt@kline_5m")
    finals = [m["k"] for m in _advance(exchange, feed, 300) if m["k"]["x"]]
    import orjson

    from plimsoll.venue.api.public import ENDPOINTS

    asked = {"symbol": "ETHUSDT", "interval": "5m", "limit": "2"}
    answer = ENDPOINTS["/fapi/v1/klines"](exchange, asked, exchange.clock.now_ms())
    row = orjson.loads(answer)[0]  # type: ignore[arg-type]
    assert [finals[0][name] for name in "tohlcvT"] == row[:7]


def test_a_standing_clock_says_nothing_new(exchange: Exchange) -> None:
    feed = _feed(exchange, "btcusdt@kline_1m")
    assert _advance(exchange, feed, 1)
    assert feed.advance(exchange.clock.now_ms()) == []


def test_trades_come_once_each(exchange: Exchange) -> None:
    feed = _feed(exchange, "btcusdt@aggTrade")
    ids = [m["a"] for _ in range(20) for m in _advance(exchange, feed, 1.3)]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert len(ids) == 26


def test_mark_prices_come_once_a_second(exchange: Exchange) -> None:
    feed = _feed(exchange, "btcusdt@markPrice@1s")
    told = [m for _ in range(12) for m in _advance(exchange, feed, 0.25)]
    assert len(told) in (3, 4)


def test_depth_differences_chain_and_rebuild_the_book(exchange: Exchange) -> None:
    feed = _feed(exchange, "btcusdt@depth@100ms")
    book: dict[str, float] = {}
    previous = None
    for _ in range(5):
        (message,) = _advance(exchange, feed, 0.4)
        assert previous is None or message["pu"] == previous
        previous = message["u"]
        for price, size in message["b"]:
            book[price] = float(size)
    kept = {float(price) for price, size in book.items() if size > 0}
    now = exchange.book("BTCUSDT", 100, exchange.clock.now_ms())
    assert kept == set(now.bid_prices.tolist())


@pytest.mark.parametrize(
    "name",
    [
        "btcusdt@ticker",
        "btcusdt@miniTicker",
        "btcusdt@bookTicker",
        "btcusdt@depth20@100ms",
        "btcusdt@markPriceKline_1m",
        "btcusdt@indexPriceKline_1h",
        "!markPrice@arr@1s",
        "!ticker@arr",
        "!bookTicker",
    ],
)
def test_a_new_subscriber_gets_the_present_at_once(exchange: Exchange, name: str) -> None:
    assert _feed(exchange, name).current(exchange.clock.now_ms())


def test_a_partial_book_is_whole_and_names_the_one_before_it(exchange: Exchange) -> None:
    feed = _feed(exchange, "btcusdt@depth10@100ms")
    [first] = feed.current(exchange.clock.now_ms())
    chain = [first, *(m for _ in range(8) for m in _advance(exchange, feed, 0.25))]
    assert len(chain) == 9
    for message in chain:
        assert isinstance(message, dict)
        book = exchange.book("BTCUSDT", 10, message["E"])
        assert [float(price) for price, _ in message["b"]] == book.bid_prices.tolist()
        assert [float(size) for _, size in message["a"]] == book.ask_sizes.tolist()
    assert all(later["pu"] == one["u"] < later["U"] for one, later in pairwise(chain))


def test_a_new_subscriber_breaks_no_chain_neither_its_own_nor_that_of_others(
    exchange: Exchange,
) -> None:
    feed = _feed(exchange, "btcusdt@depth5@100ms")
    [before] = _advance(exchange, feed, 1)
    exchange.clock.step(0.5)
    [told] = feed.current(exchange.clock.now_ms())  # to the second one alone
    assert feed.current(exchange.clock.now_ms()) == [told]
    [after] = _advance(exchange, feed, 0.5)
    assert told == before
    assert after["pu"] == before["u"]


@pytest.mark.parametrize(
    ("speed", "most"), [("@100ms", 40), ("", 16), ("@250ms", 16), ("@500ms", 8)]
)
@pytest.mark.parametrize("levels", ["", "5"])
def test_depth_comes_no_more_often_than_its_name_says(
    exchange: Exchange, levels: str, speed: str, most: int
) -> None:
    feed = _feed(exchange, f"btcusdt@depth{levels}{speed}")
    told = [m for _ in range(80) for m in _advance(exchange, feed, 0.05)]
    assert len(told) == most


@pytest.mark.parametrize(
    "name",
    [
        "foousdt@kline_1m",
        "btcusdt@kline_7m",
        "btcusdt@nonsense",
        "!x",
        "btcusdt@depth7",
        "btcusdt@depth50",
        "btcusdt@depths",
        "btcusdt@depth5@50ms",
        "btcusdt@depth@1000ms",
    ],
)
def test_an_unknown_stream_has_no_feed(exchange: Exchange, name: str) -> None:
    assert open_feed(exchange, name) is None
