import pytest

from plimsoll.venue.api.books import books
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, exchange_at, pair_of_coins
from tests.unit.venue.spot.asking import buy, call, code_of, stop

ACCOUNT, TRADES = "/api/v3/account", "/api/v3/myTrades"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at(market=pair_of_coins())


def balances(exchange: Exchange, **parameters: object) -> dict[str, tuple[str, str]]:
    told = call(exchange, "GET", ACCOUNT, **parameters)
    return {one["asset"]: (one["free"], one["locked"]) for one in told["balances"]}


def test_the_account_shows_what_is_free_and_what_orders_hold(exchange: Exchange) -> None:
    none = "0.00000000"
    assert balances(exchange) == {
        "USDT": ("10000.00000000", none),
        "BTC": (none, none),
        "ETH": (none, none),
    }
    assert set(balances(exchange, omitZeroBalances="true")) == {"USDT"}
    buy(exchange, 0.02)
    stop(exchange, quantity=0.01)
    assert balances(exchange)["BTC"] == ("0.00998000", "0.01000000")


def test_what_the_futures_account_holds_is_beside_it(exchange: Exchange) -> None:
    buy(exchange)
    assert exchange.account.wallet_usd == 10_000.0
    assert exchange.account.open_positions() == []


def test_the_exchanges_own_books_hold_both(exchange: Exchange) -> None:
    buy(exchange, 0.02)
    told = books(exchange, {})["spot"]
    assert told["balances"]["BTC"] == {"free": "0.01998000", "locked": "0"}
    assert [one["status"] for one in told["orders"]] == ["FILLED"]
    assert told["fills"][0]["fee_asset"] == "BTC"
    assert books(exchange, {"since_ms": NOW_MS + 1})["spot"]["fills"] == []


def test_trades_are_those_of_an_order_from_an_id_on_or_of_a_day(exchange: Exchange) -> None:
    first = buy(exchange)["orderId"]
    exchange.clock.step(60)
    second = buy(exchange)["orderId"]
    every = call(exchange, "GET", TRADES)
    assert {one["orderId"] for one in every} == {first, second}
    assert {one["orderId"] for one in call(exchange, "GET", TRADES, orderId=first)} == {first}
    later = call(exchange, "GET", TRADES, startTime=NOW_MS + 1)
    assert {one["orderId"] for one in later} == {second}
    assert call(exchange, "GET", TRADES, fromId=every[-1]["id"]) == every[-1:]
    assert call(exchange, "GET", TRADES, limit=1) == every[-1:]
    assert (every[0]["isBuyer"], every[0]["isMaker"]) == (True, False)
    assert code_of(exchange, "GET", TRADES, symbol="NONEUSDT") == -1121
    assert code_of(exchange, "GET", TRADES, startTime=0, endTime=86_400_001) == -1127


def test_fees_coins_and_delistings(exchange: Exchange) -> None:
    [fee] = call(exchange, "GET", "/sapi/v1/asset/tradeFee")
    assert (fee["symbol"], fee["takerCommission"]) == ("BTCUSDT", "0.001")
    assert len(call(exchange, "GET", "/sapi/v1/asset/tradeFee", symbol=None)) == 2
    coins = call(exchange, "GET", "/sapi/v1/capital/config/getall")
    assert [one["coin"] for one in coins] == ["USDT", "BTC", "ETH"]
    delisted = "/sapi/v1/spot/delist-schedule"
    assert call(exchange, "GET", delisted) == []
    exchange.delist("ETHUSDT")
    assert [one["symbols"] for one in call(exchange, "GET", delisted)] == [["ETHUSDT"]]
    assert call(exchange, "GET", "/sapi/v1/margin/allPairs") == []
