from typing import Any

import pytest

from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS, MINUTE_MS
from tests.unit.venue.markets import NOW_MS, ask, exchange_at


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return exchange_at()


def klines(exchange: Exchange, **parameters: object) -> list[list[Any]]:
    asked = {"symbol": "BTCUSDT", "interval": "5m"} | parameters
    return ask(exchange, "/fapi/v1/klines", **asked)  # type: ignore[no-any-return]


def test_klines_default_to_the_last_500_with_the_forming_one(exchange: Exchange) -> None:
    rows = klines(exchange)
    assert len(rows) == 500
    assert rows[-1][0] <= NOW_MS <= rows[-1][6]
    assert all(isinstance(cell, str) for cell in rows[0][1:6])
    assert rows[0][6] == rows[0][0] + 5 * MINUTE_MS - 1


def test_klines_from_a_start_are_the_first_ones(exchange: Exchange) -> None:
    start = parse_utc_ms("2025-01-01T00:01:00Z")
    rows = klines(exchange, startTime=start, limit=3)
    assert [row[0] for row in rows] == [start + (4 + 5 * n) * MINUTE_MS for n in range(3)]


def test_klines_to_an_end_are_the_last_ones(exchange: Exchange) -> None:
    end = parse_utc_ms("2025-01-01T00:00:00Z")
    rows = klines(exchange, endTime=end, limit=3)
    assert [row[0] for row in rows] == [end - 10 * MINUTE_MS, end - 5 * MINUTE_MS, end]


def test_klines_between_a_start_and_an_end_include_both(exchange: Exchange) -> None:
    start = parse_utc_ms("2025-01-01")
    rows = klines(exchange, startTime=start, endTime=start + 10 * MINUTE_MS)
    assert len(rows) == 3


def test_start_zero_is_the_first_listed_candle_and_the_future_is_empty(exchange: Exchange) -> None:
    listed = ask(exchange, "/fapi/v1/exchangeInfo")["symbols"][0]["onboardDate"]
    assert klines(exchange, startTime=0, limit=1)[0][0] == listed
    assert klines(exchange, startTime=NOW_MS + HOUR_MS) == []


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/fapi/v1/klines", {"interval": "5m"}, -1102),
        ("/fapi/v1/klines", {"symbol": "FOO", "interval": "5m"}, -1121),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 1501}, -1130),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 0}, -1130),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "5m", "startTime": "x"}, -1100),
        (
            "/fapi/v1/klines",
            {"symbol": "BTCUSDT", "interval": "5m", "startTime": 2, "endTime": 1},
            -1023,
        ),
        ("/fapi/v1/indexPriceKlines", {"symbol": "BTCUSDT", "interval": "5m"}, -1102),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 7}, -4021),
        ("/fapi/v1/fundingRate", {"symbol": "BTCUSDT", "limit": 1001}, -1130),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "1m"}, -1130),
        (
            "/futures/data/openInterestHist",
            {"symbol": "BTCUSDT", "period": "5m", "startTime": NOW_MS - 40 * DAY_MS},
            -1130,
        ),
    ],
)
def test_bad_requests_get_binance_s_code(
    exchange: Exchange, path: str, parameters: dict[str, object], code: int
) -> None:
    with pytest.raises(ApiError) as refused:
        ask(exchange, path, **parameters)
    assert refused.value.code == code
    assert refused.value.status == 400


def test_the_book_is_ordered_on_the_tick_and_brackets_the_price(exchange: Exchange) -> None:
    book = ask(exchange, "/fapi/v1/depth", symbol="ETHUSDT", limit=100)
    bids = [float(price) for price, _ in book["bids"]]
    asks = [float(price) for price, _ in book["asks"]]
    last = float(ask(exchange, "/fapi/v1/ticker/price", symbol="ETHUSDT")["price"])
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] <= last <= asks[0]
    assert bids[0] < asks[0]
    assert all(float(size) > 0 for _, size in book["bids"] + book["asks"])
    best = ask(exchange, "/fapi/v1/ticker/bookTicker", symbol="ETHUSDT")
    assert (best["bidPrice"], best["askPrice"]) == (book["bids"][0][0], book["asks"][0][0])


def test_a_spread_scale_of_zero_trades_at_the_last_price() -> None:
    exchange = exchange_at()
    exchange.spread_scale = 0.0
    best = ask(exchange, "/fapi/v1/ticker/bookTicker", symbol="BTCUSDT")
    last = ask(exchange, "/fapi/v1/ticker/price", symbol="BTCUSDT")["price"]
    assert best["bidPrice"] == best["askPrice"] == last


def test_the_day_ticker_covers_24_hours(exchange: Exchange) -> None:
    ticker = ask(exchange, "/fapi/v1/ticker/24hr", symbol="BTCUSDT")
    rows = klines(exchange, interval="1m", startTime=NOW_MS - DAY_MS + 1, limit=1500)
    assert float(ticker["highPrice"]) == max(float(row[2]) for row in rows)
    assert float(ticker["lowPrice"]) == min(float(row[3]) for row in rows)
    assert float(ticker["volume"]) == pytest.approx(sum(float(row[5]) for row in rows))
    assert float(ticker["lastPrice"]) == float(rows[-1][4])


def test_without_a_symbol_every_contract_answers(exchange: Exchange) -> None:
    for path in (
        "/fapi/v1/ticker/24hr",
        "/fapi/v1/ticker/price",
        "/fapi/v1/ticker/bookTicker",
        "/fapi/v1/premiumIndex",
        "/fapi/v1/fundingInfo",
    ):
        symbols = [entry["symbol"] for entry in ask(exchange, path)]
        assert symbols == ["BTCUSDT", "ETHUSDT"], path


def test_trades_page_by_id_and_lie_on_the_price_path(exchange: Exchange) -> None:
    latest = ask(exchange, "/fapi/v1/aggTrades", symbol="BTCUSDT", limit=100)
    assert len(latest) == 100
    assert latest[-1]["T"] <= NOW_MS
    page = ask(exchange, "/fapi/v1/aggTrades", symbol="BTCUSDT", fromId=latest[40]["a"], limit=10)
    assert page == latest[40:50]
    since = ask(exchange, "/fapi/v1/aggTrades", symbol="BTCUSDT", startTime=latest[90]["T"])
    assert since == latest[90:]
    alone = [
        ask(exchange, "/fapi/v1/aggTrades", symbol="BTCUSDT", fromId=trade["a"], limit=1)[0]
        for trade in latest
    ]
    assert alone == latest
    assert {trade["m"] for trade in latest} == {True, False}
    for trade in latest[::7]:
        open_ms = trade["T"] // MINUTE_MS * MINUTE_MS
        row = klines(exchange, interval="1m", startTime=open_ms, limit=1)[0]
        assert float(row[3]) <= float(trade["p"]) <= float(row[2])


def test_filters_are_whole_and_positive(exchange: Exchange) -> None:
    for contract in ask(exchange, "/fapi/v1/exchangeInfo")["symbols"]:
        filters = {entry["filterType"]: entry for entry in contract["filters"]}
        assert float(filters["PRICE_FILTER"]["tickSize"]) > 0
        assert float(filters["LOT_SIZE"]["stepSize"]) > 0
        assert float(filters["MIN_NOTIONAL"]["notional"]) >= 5


def test_a_spread_narrower_than_a_tick_is_still_one_tick(exchange: Exchange) -> None:
    exchange = exchange_at()
    exchange.spread_scale = 1e-9
    best = ask(exchange, "/fapi/v1/ticker/bookTicker", symbol="BTCUSDT")
    assert float(best["askPrice"]) - float(best["bidPrice"]) == pytest.approx(0.1)
