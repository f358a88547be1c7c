from typing import Any

import pytest

from plimsoll.venue.api.orders import ORDERS
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, exchange_at

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def call(exchange: Exchange, method: str, path: str, **parameters: object) -> Any:
    texts = {"symbol": "BTCUSDT"} | {name: str(value) for name, value in parameters.items()}
    return ORDERS[method, path](exchange, texts, NOW_MS)


def resting(exchange: Exchange, **more: object) -> Any:
    price = round(exchange.snapshot("BTCUSDT", NOW_MS).last * 0.9, 1)
    limit = {"side": "BUY", "type": "LIMIT", "quantity": 0.01, "price": price}
    return call(exchange, "POST", ORDER, **{**limit, **more})


def stop(exchange: Exchange) -> Any:
    trigger = round(exchange.snapshot("BTCUSDT", NOW_MS).last * 0.9, 1)
    asked = {"side": "SELL", "type": "STOP_MARKET", "quantity": 0.01, "triggerPrice": trigger}
    return call(exchange, "POST", ALGO, algoType="CONDITIONAL", **asked)


def test_a_placed_order_is_shown_by_either_of_its_ids(exchange: Exchange) -> None:
    placed = resting(exchange, newClientOrderId="mine")
    assert (placed["status"], placed["origQty"], placed["executedQty"]) == ("NEW", "0.010", "0.000")
    assert call(exchange, "GET", ORDER, orderId=placed["orderId"]) == placed
    assert call(exchange, "GET", ORDER, origClientOrderId="mine") == placed


def test_a_conditional_order_has_a_list_of_its_own(exchange: Exchange) -> None:
    waiting, order = stop(exchange), resting(exchange)
    assert waiting["algoStatus"] == "NEW"
    assert [one["algoId"] for one in call(exchange, "GET", "/fapi/v1/openAlgoOrders")] == [
        waiting["algoId"]
    ]
    assert [one["orderId"] for one in call(exchange, "GET", "/fapi/v1/openOrders")] == [
        order["orderId"]
    ]
    with pytest.raises(ApiError, match="does not exist"):
        call(exchange, "GET", ORDER, orderId=waiting["algoId"])


def test_a_cancelled_order_is_no_longer_open_but_still_listed(exchange: Exchange) -> None:
    placed = resting(exchange)
    assert call(exchange, "DELETE", ORDER, orderId=placed["orderId"])["status"] == "CANCELED"
    assert call(exchange, "GET", "/fapi/v1/openOrders") == []
    assert len(call(exchange, "GET", "/fapi/v1/allOrders")) == 1
    with pytest.raises(ApiError) as refused:
        call(exchange, "DELETE", ORDER, orderId=placed["orderId"])
    assert refused.value.code == -2011


def test_all_open_orders_of_one_contract_are_cancelled_at_once(exchange: Exchange) -> None:
    other = resting(exchange, symbol="ETHUSDT", quantity=1, price=1000)
    resting(exchange)
    call(exchange, "DELETE", "/fapi/v1/allOpenOrders")
    assert [order.id for order in exchange.matching.open_orders()] == [other["orderId"]]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"side": "HOLD"}, -1117),
        ({"type": "ICEBERG"}, -1116),
        ({"quantity": 0}, -4003),
        ({"quantity": 0.0005}, -1111),
        ({"price": 50_000.05}, -4014),
        ({"price": "nan"}, -1100),
        ({"quantity": 0.001, "price": 30_000}, -2010),
        ({"symbol": "NONEUSDT"}, -1121),
    ],
)
def test_an_order_outside_the_filters_is_refused(
    exchange: Exchange, changed: dict[str, object], code: int
) -> None:
    with pytest.raises(ApiError) as refused:
        resting(exchange, **changed)
    assert refused.value.code == code
    assert exchange.matching.orders == {}


def test_the_newest_orders_are_kept_at_the_limit(exchange: Exchange) -> None:
    numbers = [resting(exchange)["orderId"] for _ in range(3)]
    listed = call(exchange, "GET", "/fapi/v1/allOrders", limit=2)
    assert [one["orderId"] for one in listed] == numbers[1:]


def bought(exchange: Exchange) -> None:
    call(exchange, "POST", ORDER, side="BUY", type="MARKET", quantity=0.01)


CLOSE = {"side": "SELL", "type": "MARKET", "quantity": 0.01, "reduceOnly": "true"}


def test_a_rejected_exit_leaves_the_position_and_no_order(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "reject-order", "reduce_only": True, "count": 1})
    bought(exchange)
    with pytest.raises(ApiError, match=r"^ReduceOnly Order is rejected\.$") as caught:
        call(exchange, "POST", ORDER, **CLOSE)
    assert (caught.value.code, caught.value.status) == (-2022, 400)
    assert len(exchange.matching.orders) == 1
    assert exchange.account.position("BTCUSDT").amount == pytest.approx(0.01)
    assert call(exchange, "POST", ORDER, **CLOSE)["status"] == "FILLED", "it counted one"


def test_an_exit_that_expires_is_known_and_has_filled_nothing(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "expire-order", "reduce_only": True})
    bought(exchange)
    placed = call(exchange, "POST", ORDER, **CLOSE)
    assert (placed["status"], placed["executedQty"]) == ("EXPIRED", "0.000")
    assert call(exchange, "GET", ORDER, orderId=placed["orderId"]) == placed
    assert exchange.account.position("BTCUSDT").amount == pytest.approx(0.01)


def test_an_order_that_would_reduce_nothing_is_refused(exchange: Exchange) -> None:
    reducing = {"type": "MARKET", "quantity": 0.01, "reduceOnly": "true"}
    for position, side in ((0.0, "SELL"), (0.01, "BUY")):
        assert exchange.account.position("BTCUSDT").amount == pytest.approx(position)
        with pytest.raises(ApiError, match="ReduceOnly Order is rejected"):
            call(exchange, "POST", ORDER, side=side, **reducing)
        if not position:
            call(exchange, "POST", ORDER, side="BUY", type="MARKET", quantity=0.01)
    call(exchange, "POST", ORDER, side="SELL", **reducing | {"quantity": 0.5})
    assert exchange.account.position("BTCUSDT").amount == 0.0
