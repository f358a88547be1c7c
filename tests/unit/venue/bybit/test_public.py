from itertools import pairwise

import pytest

from tests.unit.venue.bybit.asking import ask, code_of
from tests.unit.venue.markets import NOW_MS, exchange_at

KLINE, FUNDING = "/v5/market/kline", "/v5/market/funding/history"
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def test_candles_come_newest_first_with_the_forming_one() -> None:
    exchange = exchange_at()
    rows = ask(exchange, KLINE, interval="5", limit=10)["list"]
    opens = [int(row[0]) for row in rows]
    assert opens[0] == NOW_MS // (5 * MINUTE_MS) * 5 * MINUTE_MS
    assert all(a - b == 5 * MINUTE_MS for a, b in pairwise(opens))
    assert len(rows) == 10
    assert {len(row) for row in rows} == {7}


def test_candles_of_both_ends_are_those_before_the_end() -> None:
    exchange = exchange_at()
    end = NOW_MS - HOUR_MS
    rows = ask(exchange, KLINE, interval="1", start=0, end=end, limit=5)["list"]
    assert int(rows[0][0]) == end // MINUTE_MS * MINUTE_MS
    first = ask(exchange, KLINE, interval="1", start=0, limit=5)["list"]
    assert int(first[-1][0]) == exchange.market.first_candle_ms("BTCUSDT")


def test_the_two_dialects_tell_the_same_candles() -> None:
    from tests.unit.venue.markets import ask as ask_binance

    exchange = exchange_at()
    for bybit, binance in (
        (KLINE, "/fapi/v1/klines"),
        ("/v5/market/mark-price-kline", "/fapi/v1/markPriceKlines"),
    ):
        rows = ask(exchange, bybit, interval="60", limit=50)["list"]
        same = ask_binance(exchange, binance, symbol="BTCUSDT", interval="1h", limit=50)
        assert [[int(row[0]), *row[1:5]] for row in rows] == [row[:5] for row in same][::-1]


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (KLINE, {"interval": "7"}),
        (KLINE, {"interval": "5", "limit": 1001}),
        (KLINE, {"interval": "5", "start": 9, "end": 5}),
        (KLINE, {"interval": "5", "symbol": "NONEUSDT"}),
        (KLINE, {"interval": "5", "category": "spot"}),
        (KLINE, {"interval": "5", "category": None}),
        (FUNDING, {"startTime": 1}),
        (FUNDING, {"limit": 201}),
        ("/v5/market/orderbook", {"limit": 1001}),
        ("/v5/market/open-interest", {"intervalTime": "7min"}),
    ],
)
def test_what_bybit_refuses_is_10001(path: str, changed: dict[str, object]) -> None:
    assert code_of(exchange_at(), "PUBLIC", path, **changed) == 10001


def test_funding_is_told_by_the_end() -> None:
    exchange = exchange_at()
    rows = ask(exchange, FUNDING, limit=3)["list"]
    times = [int(row["fundingRateTimestamp"]) for row in rows]
    assert [a - b for a, b in pairwise(times)] == [8 * HOUR_MS] * 2
    span = {"startTime": times[1], "endTime": times[0]}
    assert [int(row["fundingRateTimestamp"]) for row in ask(exchange, FUNDING, **span)["list"]] == (
        times[:2]
    )


def test_contracts_that_do_not_trade_are_not_listed() -> None:
    exchange = exchange_at()
    path = "/v5/market/instruments-info"
    assert {row["symbol"] for row in ask(exchange, path, symbol=None)["list"]} == {
        "BTCUSDT",
        "ETHUSDT",
    }
    assert ask(exchange, path, symbol=None, status="PreLaunch")["list"] == []
    assert ask(exchange, path, symbol=None, category="inverse")["list"] == []
    exchange.delist("ETHUSDT")
    assert [row["symbol"] for row in ask(exchange, path, symbol=None)["list"]] == ["BTCUSDT"]


def test_filters_that_change_are_told() -> None:
    exchange = exchange_at()
    exchange.change_filters("BTCUSDT", step_size=0.01, min_notional_usd=200)
    [row] = ask(exchange, "/v5/market/instruments-info")["list"]
    assert row["lotSizeFilter"]["qtyStep"] == "0.01"
    assert row["lotSizeFilter"]["minNotionalValue"] == "200"


def test_tickers_book_and_trades_agree_with_the_market() -> None:
    exchange = exchange_at()
    last = exchange.snapshot("BTCUSDT", NOW_MS).last
    [ticker] = ask(exchange, "/v5/market/tickers")["list"]
    assert float(ticker["lastPrice"]) == pytest.approx(last, abs=0.1)
    assert int(ticker["nextFundingTime"]) % (8 * HOUR_MS) == 0
    book = ask(exchange, "/v5/market/orderbook", limit=5)
    assert len(book["b"]) == len(book["a"]) == 5
    assert book["b"][0] == [ticker["bid1Price"], ticker["bid1Size"]] or (
        float(book["b"][0][0]) == float(ticker["bid1Price"])
    )
    trades = ask(exchange, "/v5/market/recent-trade", limit=5)["list"]
    assert [int(a["time"]) - int(b["time"]) for a, b in pairwise(trades)] == [1000] * 4


def test_a_skewed_clock_is_told() -> None:
    exchange = exchange_at()
    exchange.start_fault({"kind": "clock-skew", "skew_seconds": 10})
    told = ask(exchange, "/v5/market/time")
    assert int(told["timeNano"]) == (NOW_MS + 10_000) * 1_000_000


def test_a_stale_book_and_a_wrong_tick_show() -> None:
    exchange = exchange_at()
    exchange.start_fault({"kind": "stale-book", "duration_seconds": 300})
    first = ask(exchange, "/v5/market/orderbook", limit=1)
    exchange.clock.step(60)
    assert ask(exchange, "/v5/market/orderbook", limit=1) == first
    exchange.clock.step(300)
    true = float(ask(exchange, "/v5/market/orderbook", limit=1)["b"][0][0])
    exchange.start_fault({"kind": "wrong-tick", "magnitude": -0.1})
    seen = float(ask(exchange, "/v5/market/orderbook", limit=1)["b"][0][0])
    assert seen == pytest.approx(true * 0.9, abs=0.1)


def test_risk_limits_are_the_brackets_of_every_contract() -> None:
    exchange = exchange_at()
    rows = ask(exchange, "/v5/market/risk-limit", symbol=None)["list"]
    assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["symbol"] for row in rows} == {"BTCUSDT", "ETHUSDT"}
    assert [row["isLowestRisk"] for row in rows].count(1) == 2


def test_open_interest_is_paged_by_period() -> None:
    rows = ask(exchange_at(), "/v5/market/open-interest", intervalTime="1h", limit=4)["list"]
    times = [int(row["timestamp"]) for row in rows]
    assert [a - b for a, b in pairwise(times)] == [HOUR_MS] * 3
