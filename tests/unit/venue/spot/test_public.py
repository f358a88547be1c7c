import pytest

from plimsoll.venue.exchange import Exchange
from plimsoll.venue.spot.public import PUBLIC
from tests.unit.venue.markets import NOW_MS, exchange_at, pair_of_coins
from tests.unit.venue.markets import ask as futures
from tests.unit.venue.spot.asking import ask, code_of


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return exchange_at(market=pair_of_coins())


def test_the_filters_are_those_by_which_orders_are_judged(exchange: Exchange) -> None:
    info = ask(exchange, "/api/v3/exchangeInfo")
    coins = {one["symbol"]: one for one in info["symbols"]}
    assert set(coins) == {"BTCUSDT", "ETHUSDT"}
    by_kind = {one["filterType"]: one for one in coins["BTCUSDT"]["filters"]}
    assert by_kind["PRICE_FILTER"]["tickSize"] == "0.10000000"
    assert by_kind["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert by_kind["NOTIONAL"]["minNotional"] == "5.00000000"
    assert coins["BTCUSDT"]["status"] == "TRADING"
    assert coins["BTCUSDT"]["permissionSets"] == [["SPOT"]]
    one = ask(exchange, "/api/v3/exchangeInfo", symbols='["ETHUSDT"]')
    assert [coin["symbol"] for coin in one["symbols"]] == ["ETHUSDT"]
    assert code_of(exchange, "PUBLIC", "/api/v3/exchangeInfo", symbol="NONEUSDT") == -1121


def test_a_delisted_coin_is_no_longer_trading() -> None:
    exchange = exchange_at(market=pair_of_coins())
    exchange.delist("BTCUSDT")
    [coin] = ask(exchange, "/api/v3/exchangeInfo", symbol="BTCUSDT")["symbols"]
    assert coin["status"] == "BREAK"


def test_candles_are_the_contracts_own_and_a_thousand_at_most(exchange: Exchange) -> None:
    asked = {"symbol": "BTCUSDT", "interval": "5m", "limit": 1000}
    rows = ask(exchange, "/api/v3/klines", **asked)
    assert rows == futures(exchange, "/fapi/v1/klines", **asked)
    assert len(rows) == 1000
    assert code_of(exchange, "PUBLIC", "/api/v3/klines", **{**asked, "limit": 1001}) == -1130
    assert code_of(exchange, "PUBLIC", "/api/v3/klines", **{**asked, "interval": "7m"}) == -1120


@pytest.mark.parametrize(("limit", "levels"), [(None, 100), (1, 1), (7, 7), (5000, 1000)])
def test_a_book_has_as_many_levels_as_are_asked_for(
    exchange: Exchange, limit: int | None, levels: int
) -> None:
    book = ask(exchange, "/api/v3/depth", symbol="BTCUSDT", limit=limit)
    assert len(book["bids"]) == len(book["asks"]) == levels
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])
    assert set(book) == {"lastUpdateId", "bids", "asks"}


def test_too_deep_a_book_is_refused(exchange: Exchange) -> None:
    assert code_of(exchange, "PUBLIC", "/api/v3/depth", symbol="BTCUSDT", limit=5001) == -1130


@pytest.mark.parametrize("name", ["24hr", "price", "bookTicker"])
def test_tickers_are_of_one_of_some_or_of_all(exchange: Exchange, name: str) -> None:
    path = f"/api/v3/ticker/{name}"
    assert ask(exchange, path, symbol="BTCUSDT")["symbol"] == "BTCUSDT"
    assert [one["symbol"] for one in ask(exchange, path, symbols='["ETHUSDT"]')] == ["ETHUSDT"]
    assert len(ask(exchange, path)) == 2
    assert code_of(exchange, "PUBLIC", path, symbol="NONEUSDT") == -1121


def test_a_days_ticker_has_the_best_prices(exchange: Exchange) -> None:
    day = ask(exchange, "/api/v3/ticker/24hr", symbol="BTCUSDT")
    assert float(day["bidPrice"]) < float(day["askPrice"])
    assert float(day["lowPrice"]) <= float(day["lastPrice"]) <= float(day["highPrice"])


@pytest.mark.parametrize(
    ("path", "field"), [("trades", "isBestMatch"), ("historicalTrades", "isBestMatch"),
                        ("aggTrades", "M")],
)  # fmt: skip
def test_trades_say_what_spots_do(exchange: Exchange, path: str, field: str) -> None:
    rows = ask(exchange, f"/api/v3/{path}", symbol="BTCUSDT", limit=3)
    assert [row[field] for row in rows] == [True] * 3


def test_clock_and_ping() -> None:
    exchange = exchange_at(market=pair_of_coins())
    assert ask(exchange, "/api/v3/time") == {"serverTime": NOW_MS}
    assert ask(exchange, "/api/v3/ping") == {}
    assert all(path.startswith("/api/v3/") for path in PUBLIC)
