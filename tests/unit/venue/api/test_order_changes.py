import json

import pytest

from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import ORDER, buy, call, code_of, near, rest, stop
from tests.unit.venue.markets import exchange_at

BATCH, COUNTDOWN = "/fapi/v1/batchOrders", "/fapi/v1/countdownCancelAll"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def open_ids(exchange: Exchange) -> list[int]:
    return [order.id for order in exchange.matching.open_orders()]


def test_a_modified_order_keeps_its_id_and_rests_elsewhere(exchange: Exchange) -> None:
    placed, price = rest(exchange), near(exchange, 0.85)
    asked = {"orderId": placed["orderId"], "side": "BUY", "quantity": 0.02, "price": price}
    changed = call(exchange, "PUT", ORDER, **asked)
    assert (changed["orderId"], changed["status"]) == (placed["orderId"], "NEW")
    assert (float(changed["origQty"]), float(changed["price"])) == (0.02, price)
    assert code_of(exchange, "PUT", ORDER, **asked) == -5027


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"side": "SELL"}, -5025),
        ({"orderId": 1}, -2013),
        ({"quantity": 0.0005}, -1111),
        ({"price": 50_000.05}, -4014),
        ({"quantity": 100}, -2019),
    ],
)
def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(
    exchange: Exchange, changed: dict[str, object], code: int
) -> None:
    placed = rest(exchange)
    asked = {"orderId": placed["orderId"], "side": "BUY", "quantity": 0.02, "price": 50_000.0}
    assert code_of(exchange, "PUT", ORDER, **{**asked, **changed}) == code
    assert call(exchange, "GET", ORDER, orderId=placed["orderId"]) == placed


def test_orders_of_a_batch_fail_each_for_itself(exchange: Exchange) -> None:
    good = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": 0.01}
    good |= {"price": near(exchange, 0.9), "timeInForce": "GTC", "reduceOnly": False}
    rows = [good, {**good, "side": "HOLD"}, good]
    first, refused, second = call(exchange, "POST", BATCH, batchOrders=json.dumps(rows))
    assert refused["code"] == -1117
    assert open_ids(exchange) == [first["orderId"], second["orderId"]]
    numbers = json.dumps([first["orderId"], 1])
    cancelled, unknown = call(exchange, "DELETE", BATCH, orderidlist=numbers)
    assert (cancelled["status"], unknown["code"]) == ("CANCELED", -2011)
    assert open_ids(exchange) == [second["orderId"]]


@pytest.mark.parametrize("rows", ["", "[]", "{}", "[1]", "nothing", json.dumps([{}] * 6)])
def test_a_batch_holds_one_to_five_orders(exchange: Exchange, rows: str) -> None:
    assert code_of(exchange, "POST", BATCH, batchOrders=rows) in (-4082, -1102)


def test_the_countdown_cancels_orders_when_it_ends_and_leaves_stops(exchange: Exchange) -> None:
    buy(exchange)
    bid, guard = rest(exchange), stop(exchange, 0.1, 0.5)
    other = rest(exchange, 1, symbol="ETHUSDT", price=1000)
    answer = call(exchange, "POST", COUNTDOWN, countdownTime=120_000)
    assert answer == {"symbol": "BTCUSDT", "countdownTime": "120000"}
    exchange.clock.step(119)
    call(exchange, "GET", "/fapi/v1/openOrders")
    assert open_ids(exchange) == [bid["orderId"], guard["algoId"], other["orderId"]]
    exchange.clock.step(600)
    call(exchange, "GET", "/fapi/v1/openOrders")
    assert open_ids(exchange) == [guard["algoId"], other["orderId"]]
    ended = exchange.matching.orders[bid["orderId"]]
    assert (ended.status, ended.updated_ms) == ("CANCELED", bid["updateTime"] + 120_000)


def test_a_countdown_may_take_the_stops_as_well(exchange: Exchange) -> None:
    exchange.countdown_cancels_conditional = True
    buy(exchange)
    rest(exchange)
    stop(exchange, 0.1, 0.5)
    call(exchange, "POST", COUNTDOWN, countdownTime=1000)
    exchange.clock.step(2)
    assert call(exchange, "GET", "/fapi/v1/openAlgoOrders") == []


def test_a_countdown_is_put_off_and_stopped(exchange: Exchange) -> None:
    bid = rest(exchange)
    call(exchange, "POST", COUNTDOWN, countdownTime=10_000)
    exchange.clock.step(8)
    call(exchange, "POST", COUNTDOWN, countdownTime=10_000)
    exchange.clock.step(8)
    assert [one["orderId"] for one in call(exchange, "GET", "/fapi/v1/openOrders")] == [
        bid["orderId"]
    ]
    call(exchange, "POST", COUNTDOWN, countdownTime=0)
    exchange.clock.step(60)
    call(exchange, "GET", "/fapi/v1/openOrders")
    assert open_ids(exchange) == [bid["orderId"]]
    assert code_of(exchange, "POST", COUNTDOWN) == -1102
    assert code_of(exchange, "POST", COUNTDOWN, countdownTime=-1) == -1130
