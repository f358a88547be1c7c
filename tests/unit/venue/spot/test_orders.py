import pytest

from plimsoll.venue.exchange import Exchange
from plimsoll.venue.spot.orders import fault_name
from tests.unit.venue.markets import NOW_MS, exchange_at, pair_of_coins
from tests.unit.venue.spot.asking import ORDER, buy, call, code_of, near, stop

OPEN, ALL = "/api/v3/openOrders", "/api/v3/allOrders"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at(market=pair_of_coins())


def test_a_market_order_is_answered_with_its_fills(exchange: Exchange) -> None:
    told = buy(exchange, 0.02)
    assert (told["status"], told["executedQty"]) == ("FILLED", "0.02000000")
    assert {fill["commissionAsset"] for fill in told["fills"]} == {"BTC"}
    assert sum(float(fill["qty"]) for fill in told["fills"]) == pytest.approx(0.02)
    assert call(exchange, "GET", ORDER, orderId=told["orderId"])["status"] == "FILLED"
    assert exchange.orders_sent[-1].kind == "MARKET"


def test_a_stop_is_shown_listed_and_cancelled(exchange: Exchange) -> None:
    buy(exchange)
    told = stop(exchange)
    assert set(told) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    shown = call(exchange, "GET", ORDER, origClientOrderId=told["clientOrderId"])
    assert (shown["type"], shown["isWorking"]) == ("STOP_LOSS_LIMIT", False)
    assert float(shown["stopPrice"]) > float(shown["price"])
    assert call(exchange, "GET", OPEN) == call(exchange, "GET", OPEN, symbol=None) == [shown]
    assert call(exchange, "GET", OPEN, symbol="ETHUSDT") == []
    gone = call(exchange, "DELETE", ORDER, orderId=told["orderId"])
    assert (gone["status"], gone["origClientOrderId"]) == ("CANCELED", told["clientOrderId"])
    assert code_of(exchange, "DELETE", ORDER, orderId=told["orderId"]) == -2011
    assert call(exchange, "GET", OPEN) == []


def test_all_orders_of_a_coin_are_cancelled_at_once(exchange: Exchange) -> None:
    assert code_of(exchange, "DELETE", OPEN) == -2011
    buy(exchange)
    stop(exchange, quantity=0.005)
    stop(exchange, quantity=0.005)
    assert [one["status"] for one in call(exchange, "DELETE", OPEN)] == ["CANCELED"] * 2


def test_orders_are_listed_from_the_last_or_from_a_beginning(exchange: Exchange) -> None:
    first = buy(exchange)["orderId"]
    exchange.clock.step(60)
    second = buy(exchange)["orderId"]
    listed = [one["orderId"] for one in call(exchange, "GET", ALL)]
    assert listed == [first, second]
    assert [one["orderId"] for one in call(exchange, "GET", ALL, limit=1)] == [second]
    assert [one["orderId"] for one in call(exchange, "GET", ALL, orderId=0, limit=1)] == [first]
    since = call(exchange, "GET", ALL, startTime=NOW_MS + 1)
    assert [one["orderId"] for one in since] == [second]
    assert call(exchange, "GET", ALL, endTime=NOW_MS - 1) == []
    week = {"startTime": 0, "endTime": 86_400_001}
    assert code_of(exchange, "GET", ALL, **week) == -1127


LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "1"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NONEUSDT"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP_MARKET"}, -1116),
        ({"type": "STOP_LOSS"}, -1116),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "GTX"}, -1115),
        ({"price": None}, -1102),
        ({"quantity": "x"}, -1100),
        ({"quantity": "0.000000001"}, -1111),
        ({"stopPrice": "5"}, -1106),
        ({"type": "MARKET", "price": None, "timeInForce": None, "quantity": None}, -1102),
        ({"type": "MARKET", "price": None, "timeInForce": None, "quoteOrderQty": "9"}, -1102),
        ({"type": "MARKET", "timeInForce": None}, -1106),
        ({"type": "STOP_LOSS_LIMIT"}, -1102),
        ({"price": "1"}, -1013),
        ({"newOrderRespType": "ALL", "type": "MARKET", "price": None, "timeInForce": None}, -1136),
    ],
)
def test_bad_orders_are_refused_as_binance_does(
    exchange: Exchange, changes: dict[str, object], code: int
) -> None:
    assert code_of(exchange, "POST", ORDER, **{**LIMIT, **changes}) == code
    assert exchange.spot.wallet.open_orders() == []


def test_a_test_is_checked_and_does_nothing(exchange: Exchange) -> None:
    good = {**LIMIT, "price": near(exchange, 0.9)}
    assert call(exchange, "POST", f"{ORDER}/test", **good) == {}
    assert code_of(exchange, "POST", f"{ORDER}/test", **LIMIT) == -1013
    assert exchange.spot.wallet.orders == {}


def test_a_coin_that_trades_no_longer_is_closed(exchange: Exchange) -> None:
    exchange.delist("BTCUSDT")
    assert code_of(exchange, "POST", ORDER, **{**LIMIT, "price": near(exchange, 0.9)}) == -1013


@pytest.mark.parametrize(
    ("named", "code"), [({}, -1102), ({"orderId": 77}, -2013), ({"origClientOrderId": "x"}, -2013)]
)
def test_an_order_that_is_not_there(exchange: Exchange, named: dict[str, int], code: int) -> None:
    assert code_of(exchange, "GET", ORDER, **named) == code
    number = buy(exchange)["orderId"]
    assert code_of(exchange, "GET", ORDER, symbol="ETHUSDT", orderId=number) == -2013


def test_a_fault_finds_an_order_by_the_contracts_names() -> None:
    assert fault_name({"type": "MARKET"}) == ("POST", "/fapi/v1/order")
    assert fault_name({"type": "STOP_LOSS_LIMIT"}) == ("POST", "/fapi/v1/algoOrder")
